#include "sentinel/watch.h"

#include <algorithm>

#include "common/defects.h"

namespace onggi {

void Watch::attend(Instant now) {
  const Duration most = 2 * Duration(options_->heartbeat);
  awake_ += std::clamp(now - last_step_, Duration{0}, most);
  last_step_ = std::max(last_step_, now);
}

void Watch::heard(const NodeStatus& status, const Configuration& stored) {
  if (nodes_.size() >= kMaxSeen && !nodes_.contains(status.id)) return;
  auto [it, fresh] = nodes_.try_emplace(status.id);
  NodeSeen& seen = it->second;
  if (fresh || seen.status.is_master != status.is_master) seen.role_since = awake_;
  seen.status = status;
  seen.answered = awake_;
  if (status.is_master && status.writable && !status.fenced) {
    writable_ = Writable{status.id, status.run, status.master_epoch, awake_};
  }
  if (status.is_master && status.id == stored.master && status.master_epoch == stored.epoch) {
    master_run_ = status.run;
    master_run_dead_ = false;
  }
}

void Watch::heard(const SentinelHeartbeat& heartbeat) {
  if (sentinels_.size() >= kMaxSeen && !sentinels_.contains(heartbeat.sender)) return;
  SentinelSeen& seen = sentinels_[heartbeat.sender];
  if (seen.run != heartbeat.run) seen.since = awake_;
  seen.id = heartbeat.sender;
  seen.run = heartbeat.run;
  seen.address = heartbeat.address;
  seen.epoch = heartbeat.epoch;
  seen.stored = heartbeat.stored;
  seen.finds_master_down = static_cast<bool>(heartbeat.master_seen_down);
  seen.forced_sentinels = heartbeat.forced_sentinels;
  seen.answered = awake_;
}

void Watch::voted(const SentinelId& voter, Epoch epoch, const SentinelId& leader) {
  auto found = sentinels_.find(voter);
  if (found == sentinels_.end() || found->second.voted_epoch > epoch) return;
  found->second.voted_epoch = epoch;
  found->second.voted_leader = leader;
}

void Watch::run_died(const RunId& run) {
  if (run == master_run_) master_run_dead_ = true;
  if (writable_ && writable_->run == run) writable_.reset();
  std::erase_if(nodes_, [&](const auto& entry) { return entry.second.status.run == run; });
}

void Watch::configuration_stored(const Configuration& stored) {
  stored_at_ = awake_;
  master_run_ = {};
  master_run_dead_ = false;
  isolated_since_.reset();
  const NodeSeen* seen = node(stored.master);
  if (seen != nullptr && seen->status.is_master && seen->status.master_epoch == stored.epoch) {
    master_run_ = seen->status.run;
  }
}

void Watch::forget_others() {
  nodes_.clear();
  sentinels_.clear();
}

const NodeSeen* Watch::node(const NodeId& id) const {
  auto found = nodes_.find(id);
  return found == nodes_.end() ? nullptr : &found->second;
}

const SentinelSeen* Watch::sentinel(const SentinelId& id) const {
  auto found = sentinels_.find(id);
  return found == sentinels_.end() ? nullptr : &found->second;
}

bool Watch::alive(const NodeId& id, const Peers& peers) const {
  const NodeSeen* seen = node(id);
  if (seen == nullptr || awake_ - seen->answered >= Duration(options_->down_after)) return false;
  const Peer* peer = peers.by_node(id);
  return peer != nullptr && peer->refused < 2;
}

bool Watch::alive(const SentinelId& id) const {
  const SentinelSeen* seen = sentinel(id);
  return seen != nullptr && awake_ - seen->answered < Duration(options_->down_after);
}

bool Watch::writable_heard(const Configuration& stored) const {
  return writable_ && writable_->epoch >= stored.epoch;
}

const NodeStatus* Watch::writable_master(const Configuration& stored) const {
  if (!writable_heard(stored)) return nullptr;
  const NodeSeen* seen = node(writable_->node);
  if (seen == nullptr || !seen->status.writable || seen->status.fenced || seen->status.run != writable_->run)
    return nullptr;
  return awake_ - seen->answered < Duration(options_->down_after) ? &seen->status : nullptr;
}

std::optional<Duration> Watch::until_silent(const Configuration& stored) const {
  const Duration since = writable_heard(stored) ? std::max(writable_->at, stored_at_) : stored_at_;
  const Duration left = since + Duration(options_->down_after) - awake_;
  return left.count() > 0 ? std::optional(left) : std::nullopt;
}

Finding Watch::master(const Configuration& stored, const Peers& peers) const {
  if (has_defect(Defect::kDownIfGone)) {
    if (alive(stored.master, peers)) return {};
    return {true, "it doesn't answer"};
  }
  // A writable master of a later epoch is the master, whatever became of the one we know.
  const bool later = writable_ && writable_->epoch > stored.epoch && writable_master(stored) != nullptr;
  if (later) return {};
  if (master_run_dead_) return {true, "its run is proven dead"};
  const Member* member = find_member(stored, stored.master);
  const Peer* answering = peers.by_node(stored.master);
  const bool elsewhere = answering != nullptr && answering->linked();  // who has moved refuses at its old address
  for (const auto& [address, peer] : peers.all()) {
    if (elsewhere) break;
    const bool here = peer.node == stored.master || (member != nullptr && address == member->address);
    if (!here || peer.kind != PeerKind::kNode || peer.idle) continue;
    if (peer.refused >= 2) return {true, "it refuses connections"};
    if (peer.linked() && peer.node && peer.node != stored.master && master_run_) {
      return {true, "another node answers at its address"};
    }
  }
  if (const NodeSeen* seen = node(stored.master)) {
    if (master_run_ && seen->status.run != master_run_) return {true, "it was restarted"};
    if (seen->status.promise > stored.epoch) return {true, "it is fenced"};
  }
  if (until_silent(stored)) return {};
  return {true, "no node answers as a writable master"};
}

bool Watch::isolated(const Configuration& stored, const Peers& peers) {
  const NodeStatus* master = writable_master(stored);
  bool cut = false;
  if (master != nullptr && master->id == stored.master && stored.write_acks > 0) {
    size_t following = 0, cannot_reach = 0;
    for (const Member& member : stored.members) {
      if (member.id == stored.master) continue;
      following += std::count(master->following.begin(), master->following.end(), member.id) > 0;
      const NodeSeen* seen = node(member.id);
      cannot_reach += seen != nullptr && alive(member.id, peers) && !seen->status.hears_master;
    }
    const size_t needed =
        std::max<size_t>(fence_quorum(stored.members.size(), stored.write_acks), stored.write_acks + 1);
    cut = following < stored.write_acks && cannot_reach >= needed;
    if (following >= stored.write_acks) {
      if (!in_reach_since_) in_reach_since_ = awake_;
    } else {
      in_reach_since_.reset();
    }
  }
  const Duration wait = Duration(options_->down_after) * (1 << std::min(isolation_wait_doublings_, kMaxDoublings));
  if (in_reach_since_ && awake_ - *in_reach_since_ >= wait) isolation_wait_doublings_ = 0;
  if (!cut) {
    isolated_since_.reset();
    return false;
  }
  if (!isolated_since_) isolated_since_ = awake_;
  return awake_ - *isolated_since_ >= wait;
}

}  // namespace onggi
