#include "tests/simulation/checkers/monitors.h"

namespace onggi::sim {

namespace {
// A lease is 600 ms long, on a clock that may be 4 % slow; a little for what was under way.
constexpr int64_t kLeaseIsOver = 660'000;
constexpr std::string_view kElected = "elected leader of epoch ";
}  // namespace

void LeasesInTheirEpoch::look(const Look& look, Failures& failures) {
  for (const SentinelLook& sentinel : look.sentinels) {
    if (!sentinel.id) continue;
    auto& [epoch, since] = epochs_[sentinel.id];
    if (epoch != sentinel.epoch) since = look.now;
    epoch = sentinel.epoch;
    if (sentinel.stored != nullptr) stored_[sentinel.id] = sentinel.stored->epoch.value;
  }
  for (const NodeLook& node : look.nodes) {
    if (!node.alive || !node.leased) continue;
    size_t gone_on = 0;
    size_t stored = 0;
    const auto& grantors = node.configuration->sentinels;
    for (const SentinelPeer& grantor : grantors) {
      const auto& [epoch, since] = epochs_[grantor.id];
      gone_on += epoch > node.epoch && look.now - since > kLeaseIsOver;
      stored += stored_[grantor.id] >= node.epoch;
    }
    const std::string who = node.name + " has a lease of epoch " + std::to_string(node.epoch);
    if (gone_on >= majority(grantors.size())) {
      failures.push_back("L3: " + who + " long after a majority of the sentinels voted in a later one");
    }
    if (stored < majority(grantors.size())) {
      failures.push_back("L6: " + who + ", whose configuration only " + std::to_string(stored) + " sentinels stored");
    }
  }
}

void LeasesInTheirEpoch::hear(const Said& said, const Look& look, Failures& failures) {
  if (!said.what.starts_with(kElected)) return;
  if (said.what.find("(the master is down") == std::string::npos) return;
  const uint64_t epoch = std::stoull(said.what.substr(kElected.size()));
  for (const NodeLook& node : look.nodes) {
    if (node.alive && node.leased && node.epoch < epoch) {
      failures.push_back("L4: " + said.who + " is elected in epoch " + std::to_string(epoch) + " while " + node.name +
                         " still has a lease of epoch " + std::to_string(node.epoch));
    }
  }
}

}  // namespace onggi::sim
