// Quoting, and which commands hold secrets.
#include "cli/words.h"

#include <algorithm>
#include <array>
#include <utility>

namespace onggi {
namespace {

bool is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// The escapes that stand for one byte; the same table serves both directions.
constexpr std::array<std::pair<char, char>, 5> kEscapes{
    {{'n', '\n'}, {'r', '\r'}, {'t', '\t'}, {'b', '\b'}, {'a', '\a'}}};

// Reads what follows a backslash inside "...": appends the byte, returns the place after it.
size_t unescape(std::string_view line, size_t at, std::string& word) {
  if (line[at] == 'x' && at + 2 < line.size() && hex_digit(line[at + 1]) >= 0 && hex_digit(line[at + 2]) >= 0) {
    word += static_cast<char>(hex_digit(line[at + 1]) * 16 + hex_digit(line[at + 2]));
    return at + 3;
  }
  const auto* escape = std::find_if(kEscapes.begin(), kEscapes.end(), [&](auto e) { return e.first == line[at]; });
  word += escape != kEscapes.end() ? escape->second : line[at];
  return at + 1;
}

// Reads a quoted part that opened before `at`; returns the place after its closing quote, or npos if it never closes.
size_t read_quoted(std::string_view line, size_t at, char quote, std::string& word) {
  while (at < line.size()) {
    if (line[at] == quote) return at + 1 == line.size() || is_blank(line[at + 1]) ? at + 1 : std::string_view::npos;
    if (line[at] == '\\' && at + 1 < line.size() && (quote == '"' || line[at + 1] == '\'')) {
      at = quote == '"' ? unescape(line, at + 1, word) : at + 2;
      if (quote == '\'') word += '\'';
    } else {
      word += line[at++];
    }
  }
  return std::string_view::npos;
}

}  // namespace

Result<Words> split_words(std::string_view line) {
  Words words;
  size_t at = 0;
  for (;;) {
    while (at < line.size() && is_blank(line[at])) at++;
    if (at == line.size()) return words;
    std::string word;
    while (at < line.size() && !is_blank(line[at])) {
      if (line[at] != '"' && line[at] != '\'') {
        word += line[at++];
        continue;
      }
      at = read_quoted(line, at + 1, line[at], word);
      if (at == std::string_view::npos) return Error{"Invalid argument(s)"};
    }
    words.push_back(std::move(word));
  }
}

std::string quoted(std::string_view bytes) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string out = "\"";
  for (char c : bytes) {
    const auto* escape = std::find_if(kEscapes.begin(), kEscapes.end(), [&](auto e) { return e.second == c; });
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (escape != kEscapes.end()) {
      out += '\\';
      out += escape->first;
    } else if (c >= ' ' && c <= '~') {
      out += c;
    } else {
      auto byte = static_cast<unsigned char>(c);
      out += "\\x";
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    }
  }
  return out + '"';
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

bool holds_secret(const Words& words) {
  if (words.empty()) return false;
  auto has = [&](std::string_view wanted, size_t from) {
    return std::any_of(words.begin() + static_cast<ptrdiff_t>(std::min(from, words.size())), words.end(),
                       [&](const std::string& word) { return lower(word) == wanted; });
  };
  std::string name = lower(words[0]);
  if (name == "auth") return true;
  if (name == "hello" || name == "migrate") return has("auth", 1) || has("auth2", 1);
  if (name == "acl") return has("setuser", 1);
  if (name == "config" && has("set", 1)) return has("requirepass", 2) || has("masterauth", 2);
  if (name == "sentinel") {
    return has("auth-pass", 1) || has("sentinel-pass", 1) || has("requirepass", 1);
  }
  return false;
}

}  // namespace onggi
