// Numbers in disk formats: fixed width, little endian, unaligned.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string>

namespace onggi {

static_assert(std::endian::native == std::endian::little, "disk formats are little endian: swap here for others");

template <class Number>
void store_le(char* at, Number value) {
  std::memcpy(at, &value, sizeof(value));
}

template <class Number>
Number load_le(const char* at) {
  Number value;
  std::memcpy(&value, at, sizeof(value));
  return value;
}

template <class Number>
void append_le(std::string& to, Number value) {
  char bytes[sizeof(value)];
  store_le(bytes, value);
  to.append(bytes, sizeof(value));
}

}  // namespace onggi
