// How each change begins: what the operator does to processes, and what the sentinels are to be told.
#include <algorithm>

#include "tests/simulation/changes.h"

namespace onggi::sim {

namespace {
constexpr uint64_t kLongestAway = 2'000'000;
constexpr size_t kFewestSentinels = 3;
}  // namespace

Address Changes::new_address(Random& random, bool of_node) {
  const int number = addresses_++;
  if (!of_node) return {"10.0.2." + std::to_string(number), 27001};
  const bool again = !left_.empty() && random.below(3) == 0;
  if (!again) return {"10.0.1." + std::to_string(number), 7001};
  Address address = left_.front();
  left_.erase(left_.begin());
  return address;
}

void Changes::revive(Random& random, Process& process) {
  const auto away = static_cast<Micros>(random.below(random.below(2) == 0 ? 20'000 : kLongestAway));
  world_.timeline.after(away, [&process] { process.start(); });
}

bool Changes::change_nodes(Random& random, Change& change) {
  const size_t working = cluster_.working_nodes().size();
  const size_t most = static_cast<size_t>(shape_.nodes) + 1;
  const uint64_t draw = random.below(10);
  if (draw >= 8) return set_write_acks(change);
  if (draw < 3 && working < most) {
    add_node(random, change);
    return true;
  }
  // Who goes leaves those who are whole: members all of them, and as many as are counted on.
  const Configuration& agreed = *cluster_.agreed();
  if (!rules_.all_whole() || agreed.members.size() != working) return false;
  if (draw < 6) return remove_node(random, change);
  move_node(random, change);
  return true;
}

void Changes::add_node(Random& random, Change& change) {
  change.joins = true;
  change.command = "ADD-NODE";
  std::vector<SimNode*> retired;
  for (const auto& node : cluster_.nodes) {
    if (node->retired()) retired.push_back(node.get());
  }
  const Address address = new_address(random, true);
  if (!retired.empty() && random.below(2) == 0) {
    SimNode& again = *retired[random.below(retired.size())];
    change.what = "a node that was removed comes back";
    if (random.below(3) == 0) again.wipe();
    again.call_back();
    again.move_to(address);
    change.who = &again;
  } else {
    change.what = "node added";
    change.who = &cluster_.add_node(address);
  }
  change.who->start();
}

bool Changes::remove_node(Random& random, Change& change) {
  const auto working = cluster_.working_nodes();
  if (working.size() <= std::max<size_t>(2, cluster_.agreed()->write_acks + 1)) return false;
  SimNode* master = cluster_.writable_master();
  SimNode& victim = master != nullptr && random.below(4) == 0 ? *master : *working[random.below(working.size())];
  change.what = "node removed";
  change.command = "REMOVE-NODE";
  change.goes = true;
  change.who = &victim;
  change.gone = victim.id().hex.str();
  victim.retire();
  return true;
}

void Changes::move_node(Random& random, Change& change) {
  const auto working = cluster_.working_nodes();
  SimNode& node = *working[random.below(working.size())];
  change.what = "node moved";
  change.command = "ADD-NODE";
  change.joins = true;
  change.goes = true;
  change.who = &node;
  node.kill();
  const Address before = node.address();
  node.move_to(new_address(random, true));
  left_.push_back(before);
  revive(random, node);
}

// Above 0 it stays there: clients take their writes for durable.
bool Changes::set_write_acks(Change& change) {
  const Configuration& agreed = *cluster_.agreed();
  const size_t members = std::min(agreed.members.size(), cluster_.working_nodes().size());
  if (agreed.write_acks == 0 || (agreed.write_acks == 1 && members < 3)) return false;
  change.write_acks = agreed.write_acks == 1 ? 2 : 1;
  change.what = "write-acks changed";
  change.command = "SET";
  change.joins = true;
  return true;
}

bool Changes::change_sentinels(Random& random, Change& change) {
  const size_t working = cluster_.working_sentinels().size();
  if (cluster_.agreed()->sentinels.size() != working) return false;
  const uint64_t draw = random.below(8);
  if (draw < 2 && working <= static_cast<size_t>(shape_.sentinels)) {
    add_sentinel(random, change);
  } else if (draw < 4 && working > kFewestSentinels) {
    remove_sentinel(random, change);
  } else if (draw < 7) {
    replace_sentinel(random, change);
  } else {
    move_sentinel(random, change);
  }
  return true;
}

void Changes::add_sentinel(Random& random, Change& change) {
  change.what = "sentinel added";
  change.command = "ADD-SENTINEL";
  change.joins = true;
  change.who = &cluster_.add_sentinel(new_address(random, false));
  change.who->start();
}

void Changes::remove_sentinel(Random& random, Change& change) {
  const auto working = cluster_.working_sentinels();
  SimSentinel& victim = *working[random.below(working.size())];
  change.what = "sentinel removed";
  change.command = "REMOVE-SENTINEL";
  change.goes = true;
  change.who = &victim;
  change.gone = victim.durable().id.hex.str();
  victim.retire();
}

// By itself: its new id joins, and the old one leaves.
void Changes::replace_sentinel(Random& random, Change& change) {
  const auto working = cluster_.working_sentinels();
  SimSentinel& victim = *working[random.below(working.size())];
  change.what = "sentinel loses its folder";
  change.joins = true;
  change.goes = true;
  change.who = &victim;
  change.gone = victim.durable().id.hex.str();
  victim.kill();
  victim.wipe();
  cluster_.name_others_to(victim);
  revive(random, victim);
}

// By itself too: it announces where it is.
void Changes::move_sentinel(Random& random, Change& change) {
  const auto working = cluster_.working_sentinels();
  SimSentinel& sentinel = *working[random.below(working.size())];
  change.what = "sentinel moved";
  change.joins = true;
  change.goes = true;
  change.who = &sentinel;
  sentinel.kill();
  sentinel.move_to(new_address(random, false));
  revive(random, sentinel);
}

}  // namespace onggi::sim
