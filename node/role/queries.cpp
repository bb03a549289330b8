// What others may ask of the role: what a write meets, what may be released, and N9's status (PROTOCOL L1, L6, N3,
// N7-N9).
#include <algorithm>

#include "node/role/core.h"

namespace onggi {

uint32_t RoleCore::required_acks() const {
  return managed() ? context_.durable().configuration.write_acks : context_.options.write_acks;
}

bool RoleCore::lease_valid(Now now) const {
  return !managed() || (is_master() && lease_.valid(now.instant));
}

// N2: its folder is new, and it has been neither master nor in step with one; or its tier can't be read (N6). What it
// lacks, others may have.
bool RoleCore::knows_nothing() const {
  if (follower_.lacks_records()) return true;
  return managed() && began_empty_ && mastered_ == Epoch{} && !follower_.was_in_step();
}

WriteGate RoleCore::gate(Now now) const {
  if (!is_master()) return WriteGate::kReadonly;
  if (handover_.paused(now.instant)) return WriteGate::kHoldPause;
  if (!lease_valid(now)) return WriteGate::kHoldLease;
  if (context_.log.failed()) return WriteGate::kHoldDisk;
  if (acks_.following() < required_acks()) return WriteGate::kHoldReplicas;
  return WriteGate::kOpen;
}

Offset RoleCore::released() const {
  return released_;
}

// N3, L6: what this node's own durability asks, and k members of this epoch. It never goes back in an epoch: that a
// member acknowledged stays true when its connection is gone.
void RoleCore::recompute_released() {
  if (!is_master() || (managed() && !lease_.had_one())) return;
  const Log& log = context_.log;
  const uint32_t k = required_acks();
  Offset offset = log.end().offset;
  if (context_.options.durability == Durability::kDisk) offset = std::min(offset, log.synced());
  if (context_.options.durability == Durability::kOs || k > 0) offset = std::min(offset, log.written());
  if (k > 0) {
    const Offset passed = acks_.passed_by(k);
    tier_frozen_ = std::max(tier_frozen_, std::min(passed, offset));
    offset = std::min(offset, passed);
  }
  released_ = std::max(released_, offset);
}

// N7. A follower's tier goes as far as it acknowledged; one that is nobody's, no further than it was.
Offset RoleCore::tier_limit() const {
  const Offset end = context_.log.end().offset;
  if (is_master()) {
    const uint32_t k = required_acks();
    return k == 0 ? end : std::min(end, std::max(tier_frozen_, acks_.passed_by(k)));
  }
  const Offset acknowledged = follower_.in_step() ? follower_.acknowledged() : Offset{};
  return std::min(end, std::max(tier_frozen_, acknowledged));
}

void RoleCore::freeze_tier() {
  tier_frozen_ = tier_limit();
}

std::optional<Address> RoleCore::master_address() const {
  if (is_master()) return context_.options.announce;
  if (follower_.active() && !follower_.catching_up()) return follower_.target()->address;
  const Configuration& configuration = context_.durable().configuration;
  for (const Member& member : configuration.members) {
    if (managed() && member.id == configuration.master && member.id != context_.id()) return member.address;
  }
  return std::nullopt;
}

Epoch RoleCore::epoch() const {
  return mastership_ ? mastership_->epoch : last_epoch_;
}

bool RoleCore::can_lead(Now now) const {
  return !context_.log.failed() && now.instant >= cant_lead_until_ && context_.options.priority > 0 &&
         !follower_.rebuilding() && !follower_.lacks_records();
}

NodeStatus RoleCore::status(Now now) const {
  const DurableState& durable = context_.durable();
  NodeStatus status;
  status.id = durable.id;
  status.run = context_.run;
  status.address = context_.options.announce;
  status.managed = managed();
  status.is_master = is_master();
  status.writable = is_master() && lease_valid(now);
  status.fenced = managed() && !is_master() && durable.promise > last_epoch_;
  status.promise = durable.promise;
  status.promised_to = durable.promised_to;
  status.master_epoch = epoch();
  status.configuration = durable.configuration;
  status.position = context_.log.end();
  status.sure = durable.sure;
  status.can_lead = can_lead(now);
  status.priority = context_.options.priority;
  status.cluster = durable.cluster;
  status.id_file = context_.options.id_file;
  status.version = context_.options.version;
  if (is_master()) {
    status.wants_handover = mastership_->wants_handover || context_.log.failed();
    if (managed()) status.token = lease_.token(now.instant);
    status.following = acks_.following_ids();
    status.holding_start.assign(acks_.held_start().begin(), acks_.held_start().end());
  } else if (!follower_.catching_up()) {
    status.hears_master = follower_.hears(now, context_);
    status.following_master = follower_.compared();
    status.in_step = follower_.in_step();
  }
  return status;
}

}  // namespace onggi
