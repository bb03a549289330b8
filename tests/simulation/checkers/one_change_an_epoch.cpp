#include <algorithm>

#include "tests/simulation/checkers/monitors.h"

namespace onggi::sim {

namespace {

// How many of the one the other doesn't have, by what tells them apart; one that is exchanged counts once.
template <class Entry, class Key>
size_t changes(const std::vector<Entry>& before, const std::vector<Entry>& after, Key key) {
  const auto without = [&](const std::vector<Entry>& one, const std::vector<Entry>& other) {
    return static_cast<size_t>(std::count_if(one.begin(), one.end(), [&](const Entry& entry) {
      return std::none_of(other.begin(), other.end(), [&](const Entry& e) { return key(e) == key(entry); });
    }));
  };
  return std::max(without(before, after), without(after, before));
}

// Addresses bind nobody: who moved is written down whenever an epoch comes.
size_t changes(const Configuration& before, const Configuration& after) {
  const auto id = [](const auto& entry) { return entry.id; };
  return changes(before.members, after.members, id) + changes(before.sentinels, after.sentinels, id);
}

bool same(const Configuration& one, const Configuration& other) {
  const auto all = [](const auto& entry) { return std::pair(entry.id, entry.address); };
  return one.master == other.master && one.cluster == other.cluster && one.write_acks == other.write_acks &&
         one.lease_ms == other.lease_ms && changes(one.members, other.members, all) == 0 &&
         changes(one.sentinels, other.sentinels, all) == 0;
}

}  // namespace

void OneChangeAnEpoch::look(const Look& look, Failures& failures) {
  for (const SentinelLook& sentinel : look.sentinels) {
    if (sentinel.stored != nullptr) meet(sentinel.name, *sentinel.stored, failures);
  }
  for (const NodeLook& node : look.nodes) {
    if (node.alive) meet(node.name, *node.configuration, failures);
  }
}

void OneChangeAnEpoch::meet(const std::string& who, const Configuration& next, Failures& failures) {
  const uint64_t epoch = next.epoch.value;
  if (epoch == 0 || std::exchange(seen_[who], epoch) == epoch) return;
  const auto [known, first] = known_.try_emplace(epoch, next);
  if (!first) {
    if (same(known->second, next)) return;
    failures.push_back("M1: " + who + " has another configuration of epoch " + std::to_string(epoch) + " than others");
    return;
  }
  const auto leads_to_it = [&](const auto& before) { return changes(before.second, next) <= 1; };
  const bool is_first = known == known_.begin();
  if (is_first || std::any_of(known_.begin(), known, leads_to_it)) return;
  failures.push_back("M1: the configuration of epoch " + std::to_string(epoch) + ", which " + who +
                     " has, differs from each before it by more than one member or sentinel");
}

}  // namespace onggi::sim
