// Numbers as Redis reads and writes them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace onggi {

// Strict: an optional '-', no '+', no blanks, no leading zeros, no overflow ("-0" is refused).
std::optional<int64_t> parse_int64(std::string_view text);
std::optional<uint64_t> parse_uint64(std::string_view text);

// Any form strtod takes (but no blanks, no NaN), the whole text.
std::optional<double> parse_double(std::string_view text);
std::optional<long double> parse_long_double(std::string_view text);

// As INCRBYFLOAT's result: %.17Lf without trailing zeros.
std::string format_long_double(long double value);
// As Redis 7.0 replies a double: %.17g, inf, -inf.
std::string format_double(double value);

// The decimal digits of `value` into `out`, which has room for kMaxInt64Digits; returns how many.
inline constexpr size_t kMaxInt64Digits = 20;
size_t format_int64(int64_t value, char* out);
size_t format_uint64(uint64_t value, char* out);
void append_int64(std::string& out, int64_t value);

}  // namespace onggi
