#include "tests/simulation/faults.h"

#include <algorithm>
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
  next();
}

void Faults::next() {
  world_.timeline.after(static_cast<Micros>(times_.below(kMostBetween)), [this] {
    if (world_.timeline.now() >= until_) return;
    const int strikes = times_.below(12) == 0 ? 4 : 1;  // a storm
    for (int i = 0; i < strikes; i++) {
      if (take(next_number_++)) strike();
    }
    next();
  });
}

bool Faults::take(uint32_t number) {
  number_ = number;
  random_ = Random(options_.seed * 1'000'003 + number);
  return kept(number);
}

void Faults::note(const std::string& what) {
  note(number_, what);
}

void Faults::note(uint32_t number, const std::string& what) {
  counts_[what]++;
  struck_.push_back({number, world_.timeline.now(), what});
  world_.trace.say(world_.timeline.now(), "fault " + std::to_string(number), what);
}

Micros Faults::duration() {
  return static_cast<Micros>(random_.below(chance(6) ? kLong : kUsual));
}
Micros Faults::downtime() {
  return chance(4) ? static_cast<Micros>(random_.below(kAtOnce)) : duration();
}

Process& Faults::any_server() {
  const auto all = cluster_.servers();
  return *all[random_.below(all.size())];
}

void Faults::strike() {
  struct Kind {
    uint64_t weight;
    void (Faults::*strike)();
  };
  static constexpr std::array<Kind, 15> kKinds{{{20, &Faults::kill_some},
                                                {3, &Faults::kill_all},
                                                {12, &Faults::pause_some},
                                                {5, &Faults::stop_some},
                                                {13, &Faults::cut_some},
                                                {4, &Faults::cut_one_link},
                                                {5, &Faults::wall_off},
                                                {7, &Faults::spoil_disk},
                                                {3, &Faults::jump_clock},
                                                {8, &Faults::lose_bytes},
                                                {8, &Faults::hand_over},
                                                {4, &Faults::squeeze},
                                                {4, &Faults::fork},
                                                {3, &Faults::bounce},
                                                {1, &Faults::forget}}};
  uint64_t draw = random_.below(100);
  for (const Kind& kind : kKinds) {
    if (draw < kind.weight) return (this->*kind.strike)();
    draw -= kind.weight;
  }
}

void Faults::hear(Process& process, const std::string& what) {
  if (world_.timeline.now() >= until_) return;
  if (cut_before_fence_ && what.find("(hand-over") != std::string::npos) cut_off_the_paused();
  const auto is_moment = [&](std::string_view moment) { return what.starts_with(moment); };
  if (std::none_of(kMoments.begin(), kMoments.end(), is_moment)) return;
  if (!take(next_moment_++) || !chance(20)) return;
  const Micros soon = between(0, 3'000);
  const uint64_t draw = random_.below(8);
  if (draw < 5) {
    note("kill at the worst moment");
    after(soon, [&process] { process.kill(); });
    return revive(process, soon + downtime());
  }
  if (draw == 5) {
    note("pause at the worst moment");
    after(soon, [&process] { process.pause(); });
    return after(soon + duration(), [&process] { process.resume(); });
  }
  if (draw == 6) {
    SimNode* master = cluster_.writable_master();
    return cut_around(master != nullptr && chance(2) ? *master : process);
  }
  hand_over();
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
  cut_around(any_server());
}

void Faults::cut_around(Process& victim) {
  std::vector<HostId> others;
  for (const Process* other : cluster_.servers()) others.push_back(other->host());
  if (chance(3)) {
    for (const auto& client : cluster_.clients) others.push_back(client->host());
  }
  const uint64_t direction = random_.below(4);  // 0: nothing leaves it, 1: nothing reaches it
  const HostId alone = victim.host();
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
  const uint64_t draw = random_.below(5);
  if (draw < 2) {
    note("slow disk");
    victim.set_slow_disk(400'000);
    after(duration(), [&victim] { victim.set_slow_disk(SimNode::kUsualDisk); });
  } else if (draw < 4) {
    note("full disk");
    victim.set_disk_room(random_.below(20'000));
    after(duration(), [&victim] { victim.set_disk_room(UINT64_MAX); });
  } else {
    note("failing fsync");
    victim.fail_syncs(true);
    after(duration(), [&victim] { victim.fail_syncs(false); });
    // Only a restart finds out what the kernel dropped: soon after everything heals at the latest.
    const Micros latest = until_ - world_.timeline.now() + 1'000'000;
    after(std::min(duration() + 1'000'000, latest), [&victim] {
      victim.kill();
      victim.start();
    });
  }
}

void Faults::jump_clock() {
  if (shape_.true_clocks) return;
  note("wall clock jumps");
  any_server().jump_wall(static_cast<int64_t>(random_.below(10'001)) - 5'000);
}

void Faults::hand_over() {
  SimNode* master = cluster_.writable_master();
  if (master == nullptr || master->is_paused()) return;
  note("hand-over");
  cut_before_fence_ = chance(3);
  (void)master->node()->role().want_handover(master->clocks(), true);
}

void Faults::heal() {
  until_ = 0;
  world_.network.heal_all();
  for (auto& node : cluster_.nodes) {
    node->set_slow_disk(SimNode::kUsualDisk);
    node->set_disk_room(UINT64_MAX);
    node->fail_syncs(false);
    node->mend_tier();
  }
  for (Process* server : cluster_.servers()) {
    server->resume();
    server->start();
  }
}

}  // namespace onggi::sim
