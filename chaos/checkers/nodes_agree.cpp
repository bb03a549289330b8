#include <set>

#include "chaos/checkers/of_history.h"
#include "chaos/checkers/survivors.h"

namespace onggi::checkers {

namespace {

std::set<std::string> lasting_keys(const Operations& operations) {
  std::set<std::string> keys;
  for (const Operation& operation : operations) {
    if (operation.family != Family::kSession) keys.insert(operation.key);
  }
  return keys;
}

std::string shown(const std::string& node, const std::string& value) {
  return node + " holds " + (value.empty() ? "nothing" : value);
}

}  // namespace

Verdict nodes_agree(const Recording& recording) {
  Verdict verdict{"nodes hold the same"};
  const std::set<std::string> keys = lasting_keys(recording.operations);
  for (const std::string& key : keys) {
    if (recording.contents.empty()) break;
    const auto& [first, of_first] = *recording.contents.begin();
    for (const auto& [node, contents] : recording.contents) {
      const std::string one = value_of(of_first, key);
      const std::string other = value_of(contents, key);
      if (one == other) continue;
      verdict.violations.push_back({key, "of " + key + " " + shown(first, one) + ", " + shown(node, other), {}});
      break;
    }
  }
  if (std::string why = not_looked_at(recording); !why.empty()) verdict.undecided.push_back(std::move(why));
  verdict.counts = {
      {"nodes", recording.contents.size()}, {"keys", keys.size()}, {"different", verdict.violations.size()}};
  return verdict;
}

}  // namespace onggi::checkers
