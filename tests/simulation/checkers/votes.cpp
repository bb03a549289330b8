#include <algorithm>

#include "tests/simulation/checkers/monitors.h"

namespace onggi::sim {

namespace {
constexpr std::string_view kVote = "+vote-for-leader ";
}

void Votes::hear(const Said& said, const Look& look, Failures& failures) {
  if (!said.what.starts_with(kVote)) return;
  const size_t space = said.what.rfind(' ');
  const std::string candidate = said.what.substr(kVote.size(), space - kVote.size());
  const uint64_t epoch = std::stoull(said.what.substr(space + 1));
  const std::string where = said.who + " votes in epoch " + std::to_string(epoch);
  const auto [vote, first] = votes_[epoch].try_emplace(said.who, candidate);
  if (!first) failures.push_back("E2: " + where + " a second time");
  for (const SentinelLook& sentinel : look.sentinels) {
    if (sentinel.name == said.who && sentinel.vote_epoch < epoch) {
      failures.push_back("E2: " + where + ", and has not stored it");
    }
  }
}

void Votes::look(const Look& look, Failures& failures) {
  for (const NodeLook& node : look.nodes) {
    if (!node.alive || !node.is_master || node.epoch == 0 || !promoted_.insert(node.epoch).second) continue;
    std::map<std::string, size_t> counts;
    size_t most = 0;
    for (const auto& [sentinel, candidate] : votes_[node.epoch]) most = std::max(most, ++counts[candidate]);
    if (most >= majority(look.sentinels.size())) continue;
    failures.push_back("E2: " + node.name + " is promoted in epoch " + std::to_string(node.epoch) +
                       " by a leader with " + std::to_string(most) + " votes");
  }
}

}  // namespace onggi::sim
