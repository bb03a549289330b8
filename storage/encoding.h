// Bytes of numbers as the log and the tier hold them: little endian, and LEB128 varints. A Reader is for bytes that
// somebody else wrote: it never reads past its end, and once something was missing or wrong it stays failed.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace onggi {

static_assert(std::endian::native == std::endian::little, "numbers are copied as they lie in memory");

inline constexpr size_t varint_size(uint64_t value) {
  return value == 0 ? 1 : (static_cast<size_t>(std::bit_width(value)) + 6) / 7;
}

inline char* put_varint(char* at, uint64_t value) {
  for (; value >= 0x80; value >>= 7) *at++ = static_cast<char>(value | 0x80);
  *at++ = static_cast<char>(value);
  return at;
}

inline char* put_i64(char* at, int64_t value) {
  std::memcpy(at, &value, sizeof value);
  return at + sizeof value;
}

inline char* put_bytes(char* at, std::string_view bytes) {
  if (!bytes.empty()) std::memcpy(at, bytes.data(), bytes.size());
  return at + bytes.size();
}

// A length as a varint, then the bytes.
inline size_t counted_size(size_t bytes) {
  return varint_size(bytes) + bytes;
}
inline size_t counted_size(std::string_view bytes) {
  return counted_size(bytes.size());
}
inline char* put_counted(char* at, std::string_view bytes) {
  return put_bytes(put_varint(at, bytes.size()), bytes);
}

class Reader {
 public:
  explicit Reader(std::string_view bytes) : at_(bytes.data()), end_(bytes.data() + bytes.size()) {}

  bool failed() const { return failed_; }
  bool at_end() const { return at_ == end_; }
  const char* position() const { return at_; }
  std::string_view rest() const { return {at_, static_cast<size_t>(end_ - at_)}; }

  uint8_t u8() {
    if (at_ == end_) return fail<uint8_t>();
    return static_cast<uint8_t>(*at_++);
  }

  int64_t i64() {
    if (end_ - at_ < 8) return fail<int64_t>();
    int64_t value;
    std::memcpy(&value, at_, sizeof value);
    at_ += sizeof value;
    return value;
  }

  // Only the shortest form of a number is right, so that equal values are equal bytes.
  uint64_t varint() {
    uint64_t value = 0;
    for (int shift = 0; shift < 64 && at_ != end_; shift += 7) {
      const uint8_t byte = static_cast<uint8_t>(*at_++);
      if (shift == 63 && byte > 1) break;
      value |= static_cast<uint64_t>(byte & 0x7f) << shift;
      if (byte >= 0x80) continue;
      if (byte == 0 && shift > 0) break;
      return value;
    }
    return fail<uint64_t>();
  }

  std::string_view bytes(uint64_t size) {
    if (size > static_cast<uint64_t>(end_ - at_)) return fail<std::string_view>();
    const std::string_view view(at_, size);
    at_ += size;
    return view;
  }

  std::string_view counted() { return bytes(varint()); }

 private:
  template <class T>
  T fail() {
    failed_ = true;
    at_ = end_;
    return T{};
  }

  const char* at_;
  const char* end_;
  bool failed_ = false;
};

}  // namespace onggi
