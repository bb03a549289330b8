#include "tests/simulation/observer.h"

#include <algorithm>

namespace onggi::sim {

Observer::Observer(Cluster& cluster, World& world) : cluster_(cluster), world_(world), monitors_(all_monitors()) {
  meet_new_ones();
  world.leased_epoch = [this](const Address& address) -> uint64_t {
    for (const auto& node : cluster_.nodes) {
      if (node->address() != address || !node->alive() || node->node() == nullptr) continue;
      const Role& role = std::as_const(*node->node()).role();
      return role.is_master() && role.lease_valid(node->clocks()) ? role.epoch().value : 0;
    }
    return 0;
  };
}

void Observer::meet_new_ones() {
  for (size_t i = look_.nodes.size(); i < cluster_.nodes.size(); i++) {
    look_.nodes.emplace_back();
    look_.nodes.back().name = cluster_.nodes[i]->name();
  }
  for (size_t i = look_.sentinels.size(); i < cluster_.sentinels.size(); i++) {
    look_.sentinels.emplace_back();
    look_.sentinels.back().name = cluster_.sentinels[i]->name();
  }
}

void Observer::refresh(size_t index) {
  SimNode& node = *cluster_.nodes[index];
  NodeLook& seen = look_.nodes[index];
  seen.alive = node.alive() && node.node() != nullptr;
  seen.just_started = node.take_just_started();
  if (!seen.alive) return;
  const Role& role = std::as_const(*node.node()).role();
  const Log& log = std::as_const(*node.node()).log();
  seen.id = role.id();
  seen.run = node.run();
  seen.is_master = role.is_master();
  seen.epoch = role.epoch().value;
  seen.promise = role.promise().value;
  seen.end = log.end();
  seen.written = log.written().value;
  seen.synced = log.synced().value;
  seen.history = &log.history();
  seen.configuration = &role.configuration();
  seen.released = seen.is_master ? role.released().value : 0;
  const size_t n = seen.configuration->members.size();
  const bool enough = seen.configuration->write_acks > 0 || (seen.is_master && role.acked({seen.released}) >= n / 2);
  seen.covered = enough ? seen.released : 0;
  highest_epoch_ = std::max(highest_epoch_, seen.epoch);
}

bool Observer::take_touched() {
  meet_new_ones();
  bool touched = false;
  for (size_t i = 0; i < cluster_.nodes.size(); i++) {
    if (!cluster_.nodes[i]->take_touched()) continue;
    refresh(i);
    touched = true;
  }
  for (size_t i = 0; i < cluster_.sentinels.size(); i++) {
    SimSentinel& sentinel = *cluster_.sentinels[i];
    SentinelLook& seen = look_.sentinels[i];
    seen.alive = sentinel.alive();
    if (!sentinel.take_changed()) continue;
    touched = true;
    const SentinelState& durable = sentinel.durable();
    seen.id = durable.id;
    seen.epoch = durable.epoch.value;
    seen.vote_epoch = durable.vote_epoch.value;
    seen.vote = durable.vote;
    seen.stored = &durable.configuration;
  }
  return touched;
}

void Observer::look(Failures& failures) {
  look_.now = world_.timeline.now();
  for (size_t i = 0; i < cluster_.nodes.size(); i++) {
    SimNode& node = *cluster_.nodes[i];
    NodeLook& seen = look_.nodes[i];
    seen.alive = node.alive() && node.node() != nullptr;
    seen.leased = seen.alive && seen.is_master && std::as_const(*node.node()).role().lease_valid(node.clocks());
    seen.lost_bytes_at = node.lost_bytes_at();
    seen.stopped = node.is_paused();
    seen.paused = seen.alive && seen.is_master && std::as_const(*node.node()).role().paused(node.clocks());
  }
  for (const auto& monitor : monitors_) monitor->look(look_, failures);
  failures.insert(failures.end(), heard_.begin(), heard_.end());
  heard_.clear();
}

void Observer::hear(const Process& who, const std::string& what) {
  if (what.empty() || (what[0] != '+' && what[0] != 'e')) return;  // what monitors listen to begins so
  meet_new_ones();
  for (const auto& sentinel : cluster_.sentinels) {
    if (sentinel.get() != &who) continue;
    SentinelLook& seen = look_.sentinels[static_cast<size_t>(&sentinel - cluster_.sentinels.data())];
    seen.id = sentinel->durable().id;
    seen.vote_epoch = sentinel->durable().vote_epoch.value;
  }
  look_.now = world_.timeline.now();
  for (size_t i = 0; i < cluster_.nodes.size(); i++) {
    const SimNode& node = *cluster_.nodes[i];
    NodeLook& seen = look_.nodes[i];
    seen.alive = node.alive() && cluster_.nodes[i]->node() != nullptr;
    if (!seen.alive) continue;
    const Role& role = std::as_const(*cluster_.nodes[i]->node()).role();
    seen.is_master = role.is_master();
    seen.leased = role.is_master() && role.lease_valid(node.clocks());
    seen.epoch = role.epoch().value;
  }
  for (const auto& monitor : monitors_) monitor->hear({look_.now, who.name(), what}, look_, heard_);
}

}  // namespace onggi::sim
