#include "tests/sentinel/fake_node.h"

#include <algorithm>

#include "common/run_id.h"

namespace onggi::test {

void FakeNode::start() {
  lives++;
  id = {name + (wipes == 0 ? "" : "." + std::to_string(wipes))};
  secret = "secret of " + id.hex + " life " + std::to_string(lives);
  run = run_id_of(secret);
  up = true;
  stopped = false;
  wants_handover = false;
  step_down();
  fenced = false;
  master_epoch = {};
  configuration = {};
  if (!log.empty()) promise = std::max(promise, log.back().epoch);
}

void FakeNode::wipe() {
  wipes++;
  promise = {};
  promised_to = {};
  cluster = {};
  log.clear();
  was_master_in.clear();
}

void FakeNode::step_down() {
  is_master = false;
  hears_master = following_master = in_step = false;
  leases.clear();
  stored.clear();
  followers.clear();
  holders.clear();
  paused_until.reset();
}

Position FakeNode::position() const {
  if (log.empty()) return {};
  return {log.back().epoch, {log.size()}};
}

bool FakeNode::writable(Instant now) const {
  if (!is_master || fenced) return false;
  size_t granted = 0, stored_by = 0;
  for (const SentinelPeer& s : configuration.sentinels) {
    auto lease = leases.find(s.id);
    granted += lease != leases.end() && now < lease->second;
    auto epoch = stored.find(s.id);
    stored_by += epoch != stored.end() && epoch->second >= master_epoch;
  }
  const size_t majority = configuration.sentinels.size() / 2 + 1;
  return granted >= majority && stored_by >= majority;
}

NodeStatus FakeNode::status(Instant now) const {
  NodeStatus s;
  s.id_file = id_file;
  s.id = id;
  s.run = run;
  s.address = address;
  s.managed = managed;
  s.is_master = is_master && !fenced;
  s.writable = writable(now);
  s.fenced = fenced;
  s.promise = promise;
  s.promised_to = promised_to;
  s.master_epoch = master_epoch;
  s.configuration = configuration;
  s.position = position();
  s.sure = sure;
  s.can_lead = can_lead;
  s.priority = priority;
  s.wants_handover = wants_handover;
  if (s.is_master) s.token = LeaseToken{run, master_epoch, now};
  s.cluster = cluster;
  s.following.assign(followers.begin(), followers.end());
  s.holding_start.assign(holders.begin(), holders.end());
  s.hears_master = hears_master;
  s.following_master = following_master;
  s.in_step = in_step;
  return s;
}

void FakeNode::become_master(const Promote& promote) {
  step_down();
  configuration = promote.configuration;
  master_epoch = configuration.epoch;
  cluster = configuration.cluster;
  is_master = true;
  fenced = false;
  sure = true;
  was_master_in.insert(master_epoch);
  log.push_back({master_epoch, 0});
}

std::optional<Message> FakeNode::handle(const Message& message, Instant now) {
  if (const auto* beat = std::get_if<Heartbeat>(&message)) {
    stored[beat->sender] = beat->stored;
    const bool counts =
        beat->echo && is_master && !fenced && beat->echo->run == run && beat->echo->epoch == master_epoch;
    if (counts) leases[beat->sender] = beat->echo->made + Duration(milliseconds(configuration.lease_ms));
    return HeartbeatAnswer{beat->sequence, status(now)};
  }
  if (const auto* fence = std::get_if<Fence>(&message)) {
    if (promise < fence->epoch) {
      promise = fence->epoch;
      promised_to = fence->leader;
      step_down();
      fenced = true;
    }
    return FenceAnswer{fence->epoch, promise == fence->epoch && promised_to == fence->leader, status(now)};
  }
  if (const auto* promote = std::get_if<Promote>(&message)) {
    const Epoch epoch = promote->configuration.epoch;
    std::string why;
    if (promote->run != run) why = "another run";
    if (promise != epoch || promised_to != promote->leader) why = "not promised";
    if (was_master_in.contains(epoch)) why = "was master in it";
    if (position() != promote->position) why = "another position";
    if (why.empty()) become_master(*promote);
    return PromoteAnswer{epoch, why.empty(), why, status(now)};
  }
  if (const auto* follow = std::get_if<Follow>(&message)) {
    const Configuration& c = follow->configuration;
    if (c.epoch < promise || c.epoch <= configuration.epoch || c.master == id) return std::nullopt;
    if (cluster && cluster != c.cluster) return std::nullopt;
    step_down();
    promise = c.epoch;
    configuration = c;
    master_epoch = c.epoch;
    cluster = c.cluster;
    fenced = false;
    return std::nullopt;
  }
  if (const auto* tail = std::get_if<CatchUp>(&message)) {
    if (promise == tail->epoch) wants_tail = *tail;
    return std::nullopt;
  }
  if (const auto* pause = std::get_if<Pause>(&message)) {
    if (!is_master || fenced) return PauseAnswer{pause->handover, false, position(), "not master"};
    paused_until = now + Duration(milliseconds(1500));
    pause_target = pause->target;
    return PauseAnswer{pause->handover, followers.contains(pause->target), position(), "the target doesn't follow"};
  }
  return std::nullopt;
}

}  // namespace onggi::test
