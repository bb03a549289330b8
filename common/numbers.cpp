#include "common/numbers.h"

#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace onggi {

namespace {

// "00" to "99": two digits at a time.
struct DigitPairs {
  char text[200];
  constexpr DigitPairs() : text() {
    for (int i = 0; i < 100; i++) {
      text[2 * i] = static_cast<char>('0' + i / 10);
      text[2 * i + 1] = static_cast<char>('0' + i % 10);
    }
  }
};
constexpr DigitPairs kPairs;

size_t count_digits(uint64_t value) {
  size_t digits = 1;
  while (value >= 10000) {
    value /= 10000;
    digits += 4;
  }
  if (value >= 1000) return digits + 3;
  if (value >= 100) return digits + 2;
  return value >= 10 ? digits + 1 : digits;
}

constexpr size_t kMaxFloatText = 5 * 1024;  // Redis's bound on the text of a long double

// strtold wants a terminator; what it skips or accepts beyond Redis's rules is refused first.
template <class T, class Parse>
std::optional<T> parse_floating(std::string_view text, Parse parse) {
  if (text.empty() || text.size() >= kMaxFloatText) return std::nullopt;
  if (std::strchr(" \t\n\v\f\r", text[0]) != nullptr) return std::nullopt;  // also a leading NUL
  const std::string copy(text);
  char* end = nullptr;
  errno = 0;
  const T value = parse(copy.c_str(), &end);
  // Out of range: too large, or so small that nothing is left of it.
  if (errno == ERANGE && (std::isinf(value) || value == 0)) return std::nullopt;
  if (end != copy.c_str() + copy.size() || std::isnan(value)) return std::nullopt;
  return value;
}

}  // namespace

std::optional<uint64_t> parse_uint64(std::string_view text) {
  if (text.empty() || text.size() > 20) return std::nullopt;
  if (text.size() > 1 && text[0] == '0') return std::nullopt;
  uint64_t value = 0;
  for (const char c : text) {
    const auto digit = static_cast<unsigned char>(c - '0');
    if (digit > 9) return std::nullopt;
    if (value > (UINT64_MAX - digit) / 10) return std::nullopt;
    value = value * 10 + digit;
  }
  return value;
}

std::optional<int64_t> parse_int64(std::string_view text) {
  const bool negative = !text.empty() && text[0] == '-';
  const std::optional<uint64_t> size = parse_uint64(negative ? text.substr(1) : text);
  if (!size) return std::nullopt;
  if (!negative) {
    if (*size > INT64_MAX) return std::nullopt;
    return static_cast<int64_t>(*size);
  }
  if (*size == 0 || *size > uint64_t{1} << 63) return std::nullopt;
  return static_cast<int64_t>(~*size + 1);
}

std::optional<double> parse_double(std::string_view text) {
  return parse_floating<double>(text, [](const char* s, char** end) { return std::strtod(s, end); });
}

std::optional<long double> parse_long_double(std::string_view text) {
  return parse_floating<long double>(text, [](const char* s, char** end) { return std::strtold(s, end); });
}

std::string format_long_double(long double value) {
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  char text[kMaxFloatText];
  int size = std::snprintf(text, sizeof text, "%.17Lf", value);
  if (size < 0 || static_cast<size_t>(size) >= sizeof text) return "0";
  if (std::memchr(text, '.', static_cast<size_t>(size)) != nullptr) {
    while (text[size - 1] == '0') size--;
    if (text[size - 1] == '.') size--;
  }
  if (size == 2 && text[0] == '-' && text[1] == '0') return "0";
  return std::string(text, static_cast<size_t>(size));
}

std::string format_double(double value) {
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  char text[64];
  const int size = std::snprintf(text, sizeof text, "%.17g", value);
  return std::string(text, static_cast<size_t>(size));
}

size_t format_uint64(uint64_t value, char* out) {
  const size_t size = count_digits(value);
  size_t at = size;
  while (value >= 100) {
    at -= 2;
    std::memcpy(out + at, kPairs.text + 2 * (value % 100), 2);
    value /= 100;
  }
  if (value >= 10) {
    std::memcpy(out, kPairs.text + 2 * value, 2);
  } else {
    out[0] = static_cast<char>('0' + value);
  }
  return size;
}

size_t format_int64(int64_t value, char* out) {
  if (value >= 0) return format_uint64(static_cast<uint64_t>(value), out);
  out[0] = '-';
  return 1 + format_uint64(~static_cast<uint64_t>(value) + 1, out + 1);
}

void append_int64(std::string& out, int64_t value) {
  char digits[kMaxInt64Digits];
  out.append(digits, format_int64(value, digits));
}

}  // namespace onggi
