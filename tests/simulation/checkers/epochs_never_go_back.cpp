#include "tests/simulation/checkers/monitors.h"

namespace onggi::sim {

void EpochsNeverGoBack::look(const Look& look, Failures& failures) {
  const auto back = [&](const std::string& what, uint64_t from, uint64_t to) {
    failures.push_back(what + " went back from " + std::to_string(from) + " to " + std::to_string(to));
  };
  for (const NodeLook& node : look.nodes) {
    if (!node.alive) continue;
    uint64_t& known = promises_[node.id];  // a wiped folder makes another node of it
    if (node.promise < known) back("N1: the promise of " + node.name, known, node.promise);
    known = node.promise;
    if (node.end.epoch.value > node.promise) {
      failures.push_back("N1: " + node.name + " has records of epoch " + std::to_string(node.end.epoch.value) +
                         " and promised only " + std::to_string(node.promise));
    }
  }
  for (const SentinelLook& sentinel : look.sentinels) {
    if (!sentinel.id) continue;
    auto& [epoch, vote] = sentinels_[sentinel.id];
    if (sentinel.epoch < epoch) back("E2: the epoch of " + sentinel.name, epoch, sentinel.epoch);
    if (sentinel.vote_epoch < vote) back("E2: the vote of " + sentinel.name, vote, sentinel.vote_epoch);
    epoch = sentinel.epoch;
    vote = sentinel.vote_epoch;
  }
}

}  // namespace onggi::sim
