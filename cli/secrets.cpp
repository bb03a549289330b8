#include "cli/secrets.h"

#include <algorithm>
#include <string_view>

#include "common/text.h"

namespace onggi {

bool holds_secret(const Words& words) {
  if (words.empty()) return false;
  auto has = [&](std::string_view wanted) {
    return std::any_of(words.begin() + 1, words.end(),
                       [&](const std::string& word) { return equals_ignore_case(word, wanted); });
  };
  std::string name = lower(words[0]);
  if (name == "auth") return true;
  if (name == "hello" || name == "migrate") return has("auth") || has("auth2");
  if (name == "acl") return has("setuser");
  if (name == "config") return has("set") && (has("requirepass") || has("masterauth"));
  if (name == "sentinel") return has("auth-pass") || has("sentinel-pass") || has("requirepass");
  return false;
}

}  // namespace onggi
