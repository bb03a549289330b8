#include "common/glob.h"

#include <cstddef>
#include <utility>

#include "common/text.h"

namespace onggi {

namespace {

char folded(char c, GlobCase how) {
  return how == GlobCase::kIgnore ? to_lower(c) : c;
}

// Whether `c` is in the class that starts after '[' at `at`; moves `at` behind the ']'. A class without ']' ends with
// the pattern, as in Redis.
bool in_class(std::string_view pattern, size_t& at, char c, GlobCase how) {
  const bool negated = at < pattern.size() && pattern[at] == '^';
  if (negated) at++;
  c = folded(c, how);
  bool found = false;
  while (at < pattern.size() && pattern[at] != ']') {
    if (pattern[at] == '\\' && at + 1 < pattern.size()) {
      found |= folded(pattern[at + 1], how) == c;
      at += 2;
    } else if (at + 2 < pattern.size() && pattern[at + 1] == '-') {
      auto low = static_cast<unsigned char>(folded(pattern[at], how));
      auto high = static_cast<unsigned char>(folded(pattern[at + 2], how));
      if (low > high) std::swap(low, high);
      const auto byte = static_cast<unsigned char>(c);
      found |= low <= byte && byte <= high;
      at += 3;
    } else {
      found |= folded(pattern[at], how) == c;
      at++;
    }
  }
  if (at < pattern.size()) at++;
  return found != negated;
}

// Whether one element of the pattern, not a '*', takes `c`; moves `at` behind the element.
bool takes(std::string_view pattern, size_t& at, char c, GlobCase how) {
  const char p = pattern[at++];
  if (p == '?') return true;
  if (p == '[') return in_class(pattern, at, c, how);
  if (p == '\\' && at < pattern.size()) return folded(pattern[at++], how) == folded(c, how);
  return folded(p, how) == folded(c, how);
}

}  // namespace

// Only the last '*' is ever tried again: what an earlier one took can stay as it is, since a later one can take the
// rest.
bool glob_match(std::string_view pattern, std::string_view text, GlobCase how) {
  size_t at = 0;
  size_t in_text = 0;
  bool has_star = false;
  size_t after_star = 0;
  size_t star_text = 0;
  while (in_text < text.size()) {
    if (at < pattern.size() && pattern[at] == '*') {
      has_star = true;
      after_star = ++at;
      star_text = in_text;
      if (at == pattern.size()) return true;
      continue;
    }
    if (at < pattern.size() && takes(pattern, at, text[in_text], how)) {
      in_text++;
      continue;
    }
    if (!has_star) return false;
    at = after_star;
    in_text = ++star_text;
  }
  while (at < pattern.size() && pattern[at] == '*') at++;
  return at == pattern.size();
}

}  // namespace onggi
