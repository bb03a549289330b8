#include "common/quoting.h"

namespace onggi {

namespace {

bool is_blank(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

char unescaped(char c) {
  switch (c) {
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    case 'b':
      return '\b';
    case 'a':
      return '\a';
    default:
      return c;
  }
}

// Reads what stands between quotes; `at` is after the opening one, and after the closing one on success.
bool read_double_quoted(std::string_view line, size_t& at, std::string& word) {
  while (at < line.size()) {
    const char c = line[at];
    if (c == '"') {
      at++;
      return at == line.size() || is_blank(line[at]);
    }
    if (c == '\\' && at + 1 < line.size()) {
      if (line[at + 1] == 'x' && at + 3 < line.size() && hex_digit(line[at + 2]) >= 0 && hex_digit(line[at + 3]) >= 0) {
        word.push_back(static_cast<char>(hex_digit(line[at + 2]) * 16 + hex_digit(line[at + 3])));
        at += 4;
        continue;
      }
      word.push_back(unescaped(line[at + 1]));
      at += 2;
      continue;
    }
    word.push_back(c);
    at++;
  }
  return false;
}

bool read_single_quoted(std::string_view line, size_t& at, std::string& word) {
  while (at < line.size()) {
    const char c = line[at];
    if (c == '\'') {
      at++;
      return at == line.size() || is_blank(line[at]);
    }
    if (c == '\\' && at + 1 < line.size() && line[at + 1] == '\'') {
      word.push_back('\'');
      at += 2;
      continue;
    }
    word.push_back(c);
    at++;
  }
  return false;
}

}  // namespace

std::optional<std::vector<std::string>> split_words(std::string_view line) {
  std::vector<std::string> words;
  size_t at = 0;
  for (;;) {
    while (at < line.size() && is_blank(line[at])) at++;
    if (at == line.size()) return words;
    std::string word;
    while (at < line.size() && !is_blank(line[at])) {
      const char c = line[at++];
      if (c == '"') {
        if (!read_double_quoted(line, at, word)) return std::nullopt;
      } else if (c == '\'') {
        if (!read_single_quoted(line, at, word)) return std::nullopt;
      } else {
        word.push_back(c);
      }
    }
    words.push_back(std::move(word));
  }
}

std::string quoted(std::string_view text) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string result = "\"";
  for (const char c : text) {
    switch (c) {
      case '\\':
        result += "\\\\";
        break;
      case '"':
        result += "\\\"";
        break;
      case '\n':
        result += "\\n";
        break;
      case '\r':
        result += "\\r";
        break;
      case '\t':
        result += "\\t";
        break;
      case '\a':
        result += "\\a";
        break;
      case '\b':
        result += "\\b";
        break;
      default:
        if (c >= ' ' && c <= '~') {
          result.push_back(c);
        } else {
          const auto byte = static_cast<unsigned char>(c);
          result += "\\x";
          result.push_back(kHex[byte >> 4]);
          result.push_back(kHex[byte & 15]);
        }
    }
  }
  return result + "\"";
}

}  // namespace onggi
