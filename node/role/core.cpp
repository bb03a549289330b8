// Becoming master, ceasing to be, and what an unmanaged node does instead (PROTOCOL N1, N2, N8, F5).
#include "node/role/core.h"

#include <algorithm>

#include "common/defects.h"

namespace onggi {

Result<void> RoleCore::take_up(Now now) {
  began_empty_ = context_.log.end().offset == Offset{};
  if (!context_.durable().sure) {
    context_.out.warn("this node may have lost records that it acknowledged: it is not sure until it is in step again");
  }
  if (has_defect(Defect::kResumesAsMaster) && managed() && context_.durable().configuration.master == context_.id()) {
    return become_master(now, context_.durable().configuration.epoch, {});
  }
  if (managed()) return {};  // N2
  if (context_.options.replica_of) {
    follower_.follow(now, context_, {*context_.options.replica_of, {}, {}, std::nullopt}, false);
    return {};
  }
  return replica_of(now, std::nullopt);
}

// F5: the epoch-start and all before it are on the disk before anything else happens in the epoch.
Result<void> RoleCore::become_master(Now now, Epoch epoch, const SentinelId& by) {
  Log& log = context_.log;
  const Position before = log.end();
  mastered_ = epoch;
  const Offset start_end = log.append_epoch_start(epoch, BranchId{context_.random.next()}, now.wall);
  if (Result<void> synced = has_defect(Defect::kStartNotSynced) ? Result<void>() : log.sync_now(); !synced) {
    if (!log.truncate(before)) context_.out.error("the log can't be cut back to before the epoch-start");
    return synced;
  }
  sources_.close_all(context_, acks_, "this node became master");  // whoever caught up from it
  mastership_ = Mastership{epoch, start_end, by};
  last_epoch_ = epoch;
  released_ = {};
  forward_ = false;
  acks_.begin(epoch, start_end);
  if (managed()) lease_.begin(context_.run, context_.durable().configuration);
  context_.counters.promotions++;
  context_.out.promoted = epoch;
  context_.out.info("master of epoch " + std::to_string(epoch.value) + " from offset " +
                    std::to_string(before.offset.value));
  return {};
}

void RoleCore::demote(Now now, bool close_clients, const std::string& why, bool planned) {
  freeze_tier();
  Demoted demoted{mastership_->epoch, close_clients, planned || handover_.paused(now.instant)};
  forward_ = demoted.planned;
  context_.out.demoted = demoted;
  context_.out.promoted.reset();
  context_.out.warn("no longer master of epoch " + std::to_string(mastership_->epoch.value) + ": " + why);
  context_.counters.demotions++;
  mastership_.reset();
  handover_.cancel();
  lease_.end();
  released_ = {};
  sources_.close_all(context_, acks_, why);
  acks_.end();
}

void RoleCore::leave_master_or_link(Now now, const std::string& why, bool planned) {
  if (is_master()) {
    demote(now, true, why, planned);
  } else {
    freeze_tier();
    follower_.stop(context_, why);
  }
}

Result<void> RoleCore::replica_of(Now now, std::optional<Address> master) {
  if (managed()) return Error{"the sentinels decide who is master of a managed node"};
  if (!master) {
    if (is_master()) return {};
    if (follower_.lacks_records()) return Error{"the tier could not be read (see the log): a full copy is needed"};
    // What is written now would be gone when the copy is swapped in, or memory is made anew.
    if (follower_.rebuilding()) return Error{"a full copy is being swapped in: try again in a moment"};
    freeze_tier();
    follower_.stop(context_, "REPLICAOF NO ONE");
    const Epoch epoch = std::max({Epoch{1}, context_.log.end().epoch});
    return become_master(now, epoch, {});
  }
  if (is_master()) {
    demote(now, false, "REPLICAOF");
  } else {
    freeze_tier();
  }
  follower_.follow(now, context_, {*master, {}, {}, std::nullopt}, true);
  return {};
}

Result<void> RoleCore::want_handover(bool wanted) {
  if (!managed()) return Error{"there are no sentinels to hand over by"};
  if (!mastership_) return Error{"this node is not master"};
  mastership_->wants_handover = wanted;
  return {};
}

void RoleCore::connected(Now now, ConnId conn) {
  if (follower_.owns(conn)) follower_.connected(now, context_);
}

void RoleCore::lost(Now now, ConnId conn, const std::string& why) {
  if (follower_.owns(conn)) {
    freeze_tier();
    follower_.lost(now, context_, why);
  }
  sources_.forget(context_, acks_, conn);
}

void RoleCore::drained(Now now, ConnId conn, size_t pending) {
  sources_.drained(now, context_, acks_, conn, pending);
}

// The page cache (end of a batch) or the disk has more.
void RoleCore::flushed(Now now, bool pump) {
  follower_.flushed(now, context_);
  if (pump) sources_.pump(now, context_, acks_);
  recompute_released();
  look_at_handover(now);
}

void RoleCore::tick(Now now) {
  follower_.tick(now, context_);
  sources_.tick(now, context_, acks_);
  look_at_handover(now);
}

std::optional<Instant> RoleCore::next_deadline() const {
  std::optional<Instant> first;
  for (const auto& next :
       {follower_.next_deadline(context_), sources_.next_deadline(context_), handover_.next_deadline()}) {
    if (next && (!first || *next < *first)) first = next;
  }
  return first;
}

void RoleCore::reconfigure(RoleOptions options) {
  options.managed = context_.options.managed;
  options.replica_of = context_.options.replica_of;
  options.id_file = context_.options.id_file;
  // N4: what is acknowledged from now on may be lost more easily; known before it happens.
  if (!context_.saved(context_.promise.weaken(options.durability))) options.durability = context_.options.durability;
  context_.options = std::move(options);
}

bool RoleCore::counts(const NodeId& node) const {
  if (!managed()) return true;
  const auto& members = context_.durable().configuration.members;
  return std::any_of(members.begin(), members.end(), [&](const Member& member) { return member.id == node; });
}

}  // namespace onggi
