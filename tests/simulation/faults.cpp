#include "tests/simulation/faults.h"

#include <array>

namespace onggi::sim {

namespace {
constexpr Micros kMostBetween = 1'500'000;
constexpr Micros kUsual = 2'500'000;  // the longest, mostly
constexpr Micros kLong = 9'000'000;   // and sometimes
constexpr Micros kAtOnce = 30'000;
// What a process says when it has just done something that must not be forgotten, or is about to.
constexpr std::array<std::string_view, 9> kMoments{
    "+vote-for-leader", "promised epoch", "master of epoch", "elected leader",    "stored the configuration",
    "told to follow",   "following ",     "gave up ",        "adopts a full copy"};
}  // namespace

void Faults::begin(Micros until) {
  until_ = until;
  world_.on_say = [this](Process& process, const std::string& what) { at_the_worst_moment(process, what); };
  next();
}

void Faults::next() {
  world_.timeline.after(static_cast<Micros>(world_.random.below(kMostBetween)), [this] {
    if (world_.timeline.now() >= until_) return;
    const int strikes = chance(12) ? 4 : 1;  // a storm
    for (int i = 0; i < strikes; i++) strike();
    next();
  });
}

Micros Faults::duration() {
  return static_cast<Micros>(world_.random.below(chance(6) ? kLong : kUsual));
}
Micros Faults::downtime() {
  return chance(4) ? static_cast<Micros>(world_.random.below(kAtOnce)) : duration();
}

Process& Faults::any_server() {
  const auto all = cluster_.servers();
  return *all[world_.random.below(all.size())];
}

void Faults::strike() {
  const uint64_t draw = world_.random.below(100);
  if (draw < 24) {
    kill_some();
  } else if (draw < 27) {
    kill_all();
  } else if (draw < 40) {
    pause_some();
  } else if (draw < 45) {
    stop_some();
  } else if (draw < 60) {
    cut_some();
  } else if (draw < 64) {
    cut_one_link();
  } else if (draw < 69) {
    wall_off();
  } else if (draw < 77) {
    spoil_disk();
  } else if (draw < 80) {
    jump_clock();
  } else if (draw < 90) {
    lose_bytes();
  } else {
    hand_over();
  }
}

void Faults::at_the_worst_moment(Process& process, const std::string& what) {
  if (world_.timeline.now() >= until_) return;
  const auto is_moment = [&](std::string_view moment) { return what.starts_with(moment); };
  if (std::none_of(kMoments.begin(), kMoments.end(), is_moment) || !chance(25)) return;
  note("kill at the worst moment");
  world_.timeline.after(static_cast<Micros>(world_.random.below(3'000)), [this, &process] {
    process.kill();
    revive(process);
  });
}

void Faults::kill_some() {
  // The master more often than the others: that is what it is all about.
  SimNode* master = cluster_.writable_master();
  Process& victim = master != nullptr && chance(2) ? *master : any_server();
  if (!victim.alive()) return;
  note("kill");
  victim.kill();
  revive(victim);
}

void Faults::kill_all() {
  const bool sentinels_too = chance(2);
  note(sentinels_too ? "kill of everything" : "kill of all nodes");
  for (auto& node : cluster_.nodes) {
    node->kill();
    revive(*node);
  }
  if (!sentinels_too) return;
  for (auto& sentinel : cluster_.sentinels) {
    sentinel->kill();
    revive(*sentinel);
  }
}

void Faults::pause_some() {
  Process& victim = any_server();
  if (!victim.alive() || victim.is_paused()) return;
  note("pause");
  victim.pause();
  world_.timeline.after(duration(), [&victim] { victim.resume(); });
}

void Faults::stop_some() {
  SimNode* master = cluster_.writable_master();
  SimNode& victim = master != nullptr && chance(2) ? *master : any_node();
  if (!victim.alive() || victim.is_paused()) return;
  note("SIGTERM");
  victim.stop();
  for (int i = 1; i <= 4; i++) world_.timeline.after(i * 1'000'000, [&victim] { victim.start(); });
}

void Faults::cut_some() {
  std::vector<HostId> others;
  for (const Process* other : cluster_.servers()) others.push_back(other->host());
  if (chance(3)) {
    for (const auto& client : cluster_.clients) others.push_back(client->host());
  }
  const uint64_t direction = world_.random.below(4);  // 0: nothing leaves it, 1: nothing reaches it
  const HostId alone = any_server().host();
  note(direction < 2 ? "one-way cut" : "cut");
  world_.trace.say(world_.timeline.now(), "network",
                   std::string(direction < 2 ? "one-way " : "") + "cut around host " + std::to_string(alone));
  for (const HostId other : others) {
    if (other == alone || chance(4)) continue;
    if (direction != 1) world_.network.cut(alone, other);
    if (direction != 0) world_.network.cut(other, alone);
    world_.timeline.after(duration(), [this, alone, other] {
      world_.network.heal(alone, other);
      world_.network.heal(other, alone);
    });
  }
}

void Faults::cut_one_link() {
  const HostId from = any_server().host();
  const HostId to = any_server().host();
  if (from == to) return;
  note("one link cut");
  world_.network.cut(from, to);
  if (chance(2)) world_.network.cut(to, from);
  world_.timeline.after(duration(), [this, from, to] {
    world_.network.heal(from, to);
    world_.network.heal(to, from);
  });
}

// A firewall refuses sentinels' connections to a node that lives on: a reason to suspect, no proof of death (L4).
void Faults::wall_off() {
  SimNode* master = cluster_.writable_master();
  const HostId node = (master != nullptr ? *master : any_node()).host();
  note("firewall");
  world_.trace.say(world_.timeline.now(), "network", "a firewall refuses connections to host " + std::to_string(node));
  for (const auto& sentinel : cluster_.sentinels) {
    if (chance(4)) continue;
    const HostId from = sentinel->host();
    world_.network.refuse(from, node);
    world_.timeline.after(duration() / 2, [this, from, node] { world_.network.admit(from, node); });
  }
}

void Faults::spoil_disk() {
  SimNode& victim = any_node();
  if (chance(2)) {
    note("slow disk");
    victim.set_slow_disk(400'000);
    world_.timeline.after(duration(), [&victim] { victim.set_slow_disk(SimNode::kUsualDisk); });
  } else {
    note("full disk");
    victim.set_disk_room(world_.random.below(20'000));
    world_.timeline.after(duration(), [&victim] { victim.set_disk_room(UINT64_MAX); });
  }
}

void Faults::jump_clock() {
  note("wall clock jumps");
  any_server().jump_wall(static_cast<int64_t>(world_.random.below(10'001)) - 5'000);
}

void Faults::hand_over() {
  SimNode* master = cluster_.writable_master();
  if (master == nullptr || master->is_paused()) return;
  note("hand-over");
  (void)master->node()->role().want_handover(master->clocks(), true);
}

void Faults::heal() {
  world_.on_say = nullptr;
  world_.network.heal_all();
  for (auto& node : cluster_.nodes) {
    node->set_slow_disk(SimNode::kUsualDisk);
    node->set_disk_room(UINT64_MAX);
  }
  for (Process* server : cluster_.servers()) {
    server->resume();
    server->start();
  }
}

}  // namespace onggi::sim
