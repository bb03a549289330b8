// What sentinels ask of a node: PROTOCOL N1, N9, L2, F1, F4, F5, F6, C8's catch-up, H2.
#include "node/role/core.h"

#include "common/defects.h"

namespace onggi {
namespace {

constexpr seconds kAfterFailedPromotion{10};

}  // namespace

void RoleCore::heartbeat(Now now, ConnId conn, const Heartbeat& heartbeat) {
  if (heartbeat.echo) {
    lease_.echo(heartbeat.sender, *heartbeat.echo, now.instant);
    recompute_released();
  }
  if (!heartbeat.watcher_targets.empty() && heartbeat.watcher_targets != watcher_targets_) {
    watcher_targets_ = heartbeat.watcher_targets;
    context_.out.watcher_targets = watcher_targets_;
  }
  context_.out.send(conn, HeartbeatAnswer{heartbeat.sequence, status(now)});
}

// F1, C9. A promise of the same epoch to the same leader is only said again: it stops nobody.
void RoleCore::fence(Now now, ConnId conn, const Fence& fence) {
  bool promised = false;
  const DurableState& durable = context_.durable();
  if (managed() && fence.epoch == durable.promise) {
    promised = fence.leader && durable.promised_to == fence.leader;
  } else if (managed() && fence.leader && fence.epoch > durable.promise &&
             context_.saved(context_.promise.swear(fence.epoch, fence.leader))) {
    promised = true;
    context_.out.info("promised epoch " + std::to_string(fence.epoch.value) + " to sentinel " + fence.leader.hex);
    sources_.close_catch_ups_below(context_, acks_, fence.epoch);
    leave_master_or_link(now, "fenced for epoch " + std::to_string(fence.epoch.value), fence.planned);
  }
  context_.out.send(conn, FenceAnswer{fence.epoch, promised, status(now)});
}

void RoleCore::catch_up(Now now, const CatchUp& catch_up) {
  const DurableState& durable = context_.durable();
  if (!managed() || is_master() || follower_.lacks_records()) return;
  if (catch_up.epoch != durable.promise || catch_up.leader != durable.promised_to) return;
  if (catch_up.source == durable.id || context_.log.end() >= catch_up.until) return;
  if (follower_.active() && !follower_.catching_up()) return;  // it follows the master of this epoch already
  follower_.follow(now, context_, {catch_up.source_address, catch_up.source, catch_up.epoch, catch_up.until}, false);
}

std::string RoleCore::objection(Now now, const Promote& promote) const {
  const DurableState& durable = context_.durable();
  const Configuration& next = promote.configuration;
  if (!managed()) return "it is not managed";
  if (has_defect(Defect::kPromoteAnyRun)) return next.epoch != durable.promise ? "another epoch was promised" : "";
  if (promote.run != context_.run) return "another run of the node was meant";
  if (next.master != durable.id) return "the configuration names another master";
  if (next.epoch != durable.promise || promote.leader != durable.promised_to || !promote.leader) {
    return "epoch " + std::to_string(durable.promise.value) + " was promised, perhaps to another";
  }
  if (mastered_ >= next.epoch || context_.log.end().epoch >= next.epoch) return "it was master in this epoch already";
  if (follower_.active() && !follower_.catching_up()) return "it follows the master of this epoch";
  if (context_.log.end() != promote.position) {
    return "its log ends at (" + std::to_string(context_.log.end().epoch.value) + ", " +
           std::to_string(context_.log.end().offset.value) + ")";
  }
  if (durable.cluster && durable.cluster != next.cluster) return "it belongs to another cluster";
  if (follower_.rebuilding()) return "its memory is being rebuilt";
  if (!can_lead(now)) return "it can't lead: disk, memory or priority";
  return "";
}

void RoleCore::promote(Now now, ConnId conn, const Promote& promote) {
  const Epoch epoch = promote.configuration.epoch;
  // Said twice, done once: the answer may have been lost.
  if (mastership_ && mastership_->epoch == epoch && mastership_->by == promote.leader && promote.run == context_.run) {
    context_.out.send(conn, PromoteAnswer{epoch, true, "", status(now)});
    return;
  }
  std::string why = objection(now, promote);
  if (why.empty()) {
    follower_.stop(context_, "promoted");
    cant_lead_until_ = now.instant + kAfterFailedPromotion;
    if (!context_.saved(context_.promise.promoted(promote.configuration))) {
      why = "its state can't be saved";
    } else if (const Result<void> started = become_master(now, epoch, promote.leader); !started) {
      why = "its epoch-start can't be made durable: " + started.error().message;
    } else {
      cant_lead_until_ = now.instant;
      // N4: only now, a promotion that failed changes nothing.
      if (!context_.durable().sure) (void)context_.saved(context_.promise.set_sure(true));
    }
  }
  if (!why.empty()) context_.out.warn("not promoted in epoch " + std::to_string(epoch.value) + ": " + why);
  context_.out.send(conn, PromoteAnswer{epoch, why.empty(), why, status(now)});
}

// F6, N1: ignored below the promise; a promise of the configuration's epoch comes first.
void RoleCore::follow(Now now, const Follow& follow) {
  const Configuration& next = follow.configuration;
  const DurableState& durable = context_.durable();
  if (!managed() || next.epoch < durable.promise || next.epoch == Epoch{} || next.master == durable.id) return;
  if (mastership_ && mastership_->epoch >= next.epoch) return;
  if (durable.cluster && durable.cluster != next.cluster) {
    context_.out.error("told to follow a master of another cluster: refused");
    return;
  }
  const Member* master = nullptr;
  for (const Member& member : next.members) {
    if (member.id == next.master) master = &member;
  }
  if (master == nullptr) return;
  FollowTarget target{master->address, master->id, next.epoch, std::nullopt};
  if (follower_.target() == target) return;
  if (!context_.saved(context_.promise.swear_by_following(next.epoch))) return;
  if (!context_.saved(context_.promise.adopt(next))) return;
  if (is_master()) demote(now, true, "another node is master of epoch " + std::to_string(next.epoch.value));
  sources_.close_all(context_, acks_, "this node follows another");
  freeze_tier();
  last_epoch_ = next.epoch;
  context_.out.info("told to follow " + to_string(target.address) + " in epoch " + std::to_string(next.epoch.value));
  if (forward_) context_.out.new_master = target.address;
  forward_ = false;
  follower_.follow(now, context_, std::move(target), false);
}

void RoleCore::pause(Now now, ConnId conn, const Pause& pause) {
  if (!is_master() || !managed()) {
    context_.out.send(conn, PauseAnswer{pause.handover, false, context_.log.end(), "it is not master"});
    return;
  }
  handover_.ask(now.instant, conn, pause, context_.options.hold);
  look_at_handover(now);
}

void RoleCore::look_at_handover(Now now) {
  const std::optional<NodeId> target = handover_.target();
  if (!target) return;
  if (auto answer = handover_.look(now.instant, context_.log.end(), acks_.passed_by_node(*target))) {
    context_.out.send(answer->conn, answer->answer);
  }
}

}  // namespace onggi
