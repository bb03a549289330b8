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
  for (const SentinelLook& sentinel : look.sentinels) {
    if (sentinel.name != said.who) continue;
    const bool first = votes_[epoch].try_emplace(sentinel.id, candidate).second;
    if (!first) failures.push_back("E2: " + where + " a second time");
    if (sentinel.vote_epoch < epoch) failures.push_back("E2: " + where + ", and has not stored it");
  }
}

// One candidate had the votes of most of them.
bool Votes::elected(uint64_t epoch, const Sentinels& sentinels) const {
  const auto votes = votes_.find(epoch);
  if (votes == votes_.end()) return false;
  std::map<std::string, size_t> counts;
  size_t most = 0;
  for (const auto& [sentinel, candidate] : votes->second) {
    if (sentinels.contains(sentinel)) most = std::max(most, ++counts[candidate]);
  }
  return most >= majority(sentinels.size());
}

void Votes::look(const Look& look, Failures& failures) {
  const auto ids = [](const Configuration& configuration) {
    Sentinels all;
    for (const SentinelPeer& peer : configuration.sentinels) all.insert(peer.id);
    return all;
  };
  for (const SentinelLook& sentinel : look.sentinels) {
    if (sentinel.stored == nullptr || sentinel.stored->epoch.value == 0) continue;
    const uint64_t epoch = sentinel.stored->epoch.value;
    if (!stored_.contains(epoch)) stored_[epoch] = ids(*sentinel.stored);
  }
  for (const NodeLook& node : look.nodes) {
    if (!node.alive || !node.is_master || node.epoch == 0 || !promoted_.insert(node.epoch).second) continue;
    const std::string who = node.name + " is promoted in epoch " + std::to_string(node.epoch);
    const Sentinels now = ids(*node.configuration);
    if (!elected(node.epoch, now)) failures.push_back("E2: " + who + " by a leader with too few votes");
    // Made from a configuration with the same sentinels, or from the one right before it, whose sentinels agree.
    bool from_one = stored_.empty() || stored_.begin()->first >= node.epoch;
    for (const auto& [epoch, sentinels] : stored_) {
      if (epoch >= node.epoch) break;
      from_one = from_one || sentinels == now || (epoch + 1 == node.epoch && elected(node.epoch, sentinels));
    }
    if (!from_one) failures.push_back("M1: " + who + " with sentinels that those before them didn't vote for");
  }
}

}  // namespace onggi::sim
