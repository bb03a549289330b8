// Faults that take away what was written: within the budget, one holder at a time.
#include "tests/simulation/faults.h"

namespace onggi::sim {

// Another may lose bytes only when the last that did is whole again: its node says it is sure, and counts as a member.
bool Faults::all_whole() {
  if (lost_ == nullptr) return true;
  SimNode* master = cluster_.writable_master();
  if (master == nullptr || !lost_->alive() || lost_->node() == nullptr) return false;
  if (!lost_->node()->role().sure() || lost_->spoilt() || !Cluster::is_member(*master, *lost_)) return false;
  if (lost_ != master && !lost_->node()->role().master_link(lost_->clocks())) return false;
  lost_ = nullptr;
  return true;
}

bool Faults::may_lose(const SimNode& victim) {
  if (victim.retired() || (bytes_must_stay && bytes_must_stay())) return false;
  return lost_ == &victim || all_whole();
}

void Faults::lose_bytes() {
  if (shape_.durability == Durability::kDisk && chance(3)) return lose_all_power();
  SimNode* master = cluster_.writable_master();
  if (master == nullptr) return;  // there must have been a first promotion
  SimNode& victim = chance(2) ? *master : any_node();
  if (!may_lose(victim)) return;
  lost_ = &victim;
  const uint64_t draw = random_.below(8);
  // Of two members each is needed for a failover (F2): none may be lost for good.
  const bool two_are_left = master->node()->role().configuration().members.size() < 3;
  if (draw < 4 || two_are_left) {
    note("power cut");
    power_cut(victim);
  } else if (draw < 6) {
    flip_bit(victim);
  } else {
    note("wiped");
    wipe(victim);
  }
  revive(victim);
}

void Faults::lose_all_power() {
  note("power cut of all nodes");
  for (auto& node : cluster_.nodes) {
    power_cut(*node);
    revive(*node);
  }
}

void Faults::power_cut(SimNode& victim) {
  victim.power_cut();
}

void Faults::wipe(SimNode& victim) {
  victim.kill();
  victim.wipe();
}

// Bad bytes are found when they are read: the node starts without what they spoiled, or not at all, and is emptied.
void Faults::flip_bit(SimNode& victim) {
  const bool in_tier = chance(3);
  victim.kill();
  if (in_tier && !chance(4)) return spoil_tier(victim);
  if (victim.flip_bit(random_, in_tier)) note(in_tier ? "bit flipped in the tier" : "bit flipped in the log");
}

// Bad bytes that are found only when their key is asked for. The disk recovers, or the operator reads of it in the log.
void Faults::spoil_tier(SimNode& victim) {
  note("tier can't be read in part");
  victim.spoil_tier(random_);
  const bool recovers = chance(2);
  after(between(1'000'000, 10'000'000), [&victim, recovers] {
    if (recovers) return victim.mend_tier();
    if (victim.spoilt() && !victim.retired()) victim.repair();
  });
}

}  // namespace onggi::sim
