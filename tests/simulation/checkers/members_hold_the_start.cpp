#include <algorithm>

#include "tests/simulation/checkers/monitors.h"

namespace onggi::sim {

namespace {
constexpr int64_t kLossIsFresh = 10'000'000;  // what it said of its log before may still be believed
}

// A sentinel compares with what it stored before. One that is new has nothing to compare with: who it may be told of by
// others was looked at then.
bool MembersHoldTheStart::changes(const SentinelLook& by, const Seen& next) const {
  const auto before = by_whom_.find(by.id);
  if (before != by_whom_.end()) return before->second != next;
  return !ever_.empty() && !ever_.contains(next);
}

void MembersHoldTheStart::look(const Look& look, Failures& failures) {
  for (const SentinelLook& sentinel : look.sentinels) {
    if (sentinel.stored == nullptr || sentinel.stored->epoch.value == 0) continue;
    const Configuration& next = *sentinel.stored;
    const auto known = epochs_.find(sentinel.id);
    if (known != epochs_.end() && known->second == next.epoch.value) continue;
    epochs_[sentinel.id] = next.epoch.value;
    Seen seen{next.write_acks, {}};
    for (const Member& member : next.members) seen.members.insert(member.id);
    const std::set<NodeId>& members = seen.members;
    const bool changed = next.epoch.value > newest_ && changes(sentinel, seen);
    newest_ = std::max(newest_, next.epoch.value);
    by_whom_[sentinel.id] = seen;
    ever_.insert(seen);
    if (!changed) continue;
    size_t holders = 0;
    for (const NodeLook& node : look.nodes) {
      if (node.id == next.master || !members.contains(node.id)) continue;
      const auto knows = [&](const EpochStart& start) { return start.epoch.value >= next.epoch.value; };
      holders += !node.alive || (node.lost_bytes_at >= 0 && look.now - node.lost_bytes_at < kLossIsFresh) ||
                 std::any_of(node.history->begin(), node.history->end(), knows);
    }
    const size_t n = next.members.size();
    const size_t needed = std::min(next.write_acks > 0 ? next.write_acks : n - majority(n), n - 1);
    if (holders >= needed) continue;
    failures.push_back("M2: " + sentinel.name + " stores other members in epoch " + std::to_string(next.epoch.value) +
                       ", and only " + std::to_string(holders) + " of them hold its start");
  }
}

std::vector<std::unique_ptr<Monitor>> all_monitors() {
  std::vector<std::unique_ptr<Monitor>> all;
  all.push_back(std::make_unique<OneWriter>());
  all.push_back(std::make_unique<CompleteLeader>());
  all.push_back(std::make_unique<HeldByEnough>());
  all.push_back(std::make_unique<LeasesInTheirEpoch>());
  all.push_back(std::make_unique<Votes>());
  all.push_back(std::make_unique<EpochsNeverGoBack>());
  all.push_back(std::make_unique<StartIsDurable>());
  all.push_back(std::make_unique<StartsAsFollower>());
  all.push_back(std::make_unique<MembersHoldTheStart>());
  all.push_back(std::make_unique<OneChangeAnEpoch>());
  all.push_back(std::make_unique<PausesEnd>());
  return all;
}

}  // namespace onggi::sim
