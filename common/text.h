// Small things about text. ASCII only: Redis's names are.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace onggi {

constexpr char to_lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}
constexpr char to_upper(char c) {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - ('a' - 'A')) : c;
}

bool equals_ignore_case(std::string_view a, std::string_view b);
std::string lower(std::string_view text);
std::string upper(std::string_view text);

// "a,b,,c" -> a b "" c. The empty text gives nothing.
std::vector<std::string_view> split(std::string_view text, char separator);
std::string join(const std::vector<std::string>& parts, std::string_view separator);
std::string_view trim(std::string_view text);

// As Redis's INFO: 512B, 1.00K, 2.50M.
std::string human_bytes(uint64_t bytes);

// quoted() (common/quoting.h), at most `most` characters of the text, with ... after a cut.
std::string quoted_for_log(std::string_view text, size_t most = 64);

}  // namespace onggi
