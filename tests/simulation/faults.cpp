#include "tests/simulation/faults.h"

namespace onggi::sim {

namespace {
constexpr Micros kMostBetween = 1'500'000;
constexpr Micros kMostDown = 2'500'000;
}  // namespace

void Faults::begin(Micros until) {
  until_ = until;
  next();
}

void Faults::next() {
  world_.timeline.after(static_cast<Micros>(world_.random.below(kMostBetween)), [this] {
    if (world_.timeline.now() >= until_) return;
    strike();
    next();
  });
}

Process& Faults::any_server() {
  const auto all = cluster_.servers();
  return *all[world_.random.below(all.size())];
}

void Faults::strike() {
  const uint64_t draw = world_.random.below(100);
  if (draw < 35) {
    kill_some();
  } else if (draw < 50) {
    pause_some();
  } else if (draw < 80) {
    cut_some();
  } else if (draw < 90) {
    lose_bytes();
  } else {
    hand_over();
  }
}

void Faults::kill_some() {
  // The master more often than the others: that is what it is all about.
  SimNode* master = cluster_.writable_master();
  Process& victim = master != nullptr && world_.random.below(2) == 0 ? *master : any_server();
  if (!victim.alive()) return;
  note("kill");
  victim.kill();
  world_.timeline.after(static_cast<Micros>(world_.random.below(kMostDown)), [&victim] { victim.start(); });
}

void Faults::pause_some() {
  Process& victim = any_server();
  if (!victim.alive() || victim.is_paused()) return;
  note("pause");
  victim.pause();
  world_.timeline.after(static_cast<Micros>(world_.random.below(kMostDown)), [&victim] { victim.resume(); });
}

void Faults::cut_some() {
  const auto all = cluster_.servers();
  const bool one_way = world_.random.below(2) == 0;
  const HostId alone = any_server().host();
  note(one_way ? "cut one-way" : "cut");
  world_.trace.say(world_.timeline.now(), "network", std::string(one_way ? "one-way cut" : "cut") + " around host " + std::to_string(alone));
  for (const Process* other : all) {
    if (other->host() == alone || world_.random.below(3) == 0) continue;
    world_.network.cut(alone, other->host());
    if (!one_way) world_.network.cut(other->host(), alone);
    const auto heal = [this, alone, other = other->host()] {
      world_.network.heal(alone, other);
      world_.network.heal(other, alone);
    };
    world_.timeline.after(static_cast<Micros>(world_.random.below(kMostDown)), heal);
  }
}

// Within the budget: only one holder of bytes is lost, while all hold everything.
void Faults::lose_bytes() {
  if (!cluster_.in_step() || world_.timeline.now() - last_loss_ < 2'000'000) return;
  SimNode& victim = *cluster_.nodes[world_.random.below(cluster_.nodes.size())];
  last_loss_ = world_.timeline.now();
  if (world_.random.below(2) == 0) {
    note("power cut");
    victim.power_cut();
  } else {
    note("wiped");
    victim.kill();
    victim.wipe();
    epochs_.forgets(victim);
  }
  world_.timeline.after(static_cast<Micros>(world_.random.below(kMostDown)), [&victim] { victim.start(); });
}

void Faults::hand_over() {
  SimNode* master = cluster_.writable_master();
  if (master == nullptr || master->is_paused()) return;
  note("hand-over");
  (void)master->node()->role().want_handover(master->clocks(), true);
}

void Faults::heal() {
  world_.network.heal_all();
  for (Process* server : cluster_.servers()) {
    server->resume();
    server->start();
  }
}

}  // namespace onggi::sim
