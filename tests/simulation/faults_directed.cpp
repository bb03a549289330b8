// Sequences of faults that one rule alone stands against: chance would need long to find them.
#include <algorithm>

#include "tests/simulation/faults.h"

namespace onggi::sim {

std::vector<SimNode*> Faults::others_than(const SimNode& node) const {
  std::vector<SimNode*> others;
  for (const auto& other : cluster_.nodes) {
    if (other.get() != &node) others.push_back(other.get());
  }
  return others;
}

void Faults::cut(HostId one, HostId other, Micros how_long) {
  world_.network.cut(one, other);
  world_.network.cut(other, one);
  after(how_long, [this, one, other] {
    world_.network.heal(one, other);
    world_.network.heal(other, one);
  });
}

// All that a write is acknowledged by loses it, or is gone, while those who answer have never heard of it (N4, F2).
void Faults::squeeze() {
  SimNode* master = cluster_.writable_master();
  if (master == nullptr) return;
  std::vector<SimNode*> others = others_than(*master);
  std::swap(others.front(), others[random_.below(others.size())]);
  SimNode& holder = *others.front();
  if (!may_lose(holder)) return;
  note("squeeze");
  const Micros loss = between(100'000, 900'000);
  for (SimNode* laggard : others) {
    if (laggard != &holder) cut(master->host(), laggard->host(), loss + between(0, 1'000'000));
  }
  const Micros back = loss + (chance(2) ? 1'000 : between(0, 500'000));
  after(loss, [this, &holder] {
    if (!may_lose(holder)) return;
    lost_ = &holder;
    power_cut(holder);
  });
  revive(holder, back);
  after(loss + between(0, 30'000), [master] { master->kill(); });
  revive(*master, back + between(500'000, 4'000'000));
}

// An old master with a long tail of its own meets the others just when the new one goes (F3, N5).
void Faults::fork() {
  SimNode* master = cluster_.writable_master();
  if (master == nullptr) return;
  note("fork");
  const Micros apart = between(1'200'000, 3'500'000);
  for (const Process* other : cluster_.servers()) {
    if (other != master) cut(master->host(), other->host(), apart);
  }
  after(apart - between(0, 200'000), [this, old = master, down = between(500'000, 4'000'000)] {
    SimNode* next = cluster_.writable_master();
    if (next == nullptr || next == old) return;
    next->kill();
    revive(*next, down);
  });
}

// The master comes and goes for its sentinels, again and again: each time somebody asks for votes while others have
// just granted it a lease (L3, L4, W2).
void Faults::bounce() {
  SimNode* master = cluster_.writable_master();
  if (master == nullptr) return;
  note("bounce");
  Micros at = 0;
  for (int i = 0; i < 6; i++) {
    at += between(50'000, 900'000);
    Process& sentinel = *cluster_.sentinels[random_.below(cluster_.sentinels.size())];
    const Micros how_long = between(50'000, 1'500'000);
    switch (random_.below(4)) {
      case 0:
        after(at, [&sentinel] { sentinel.pause(); });
        after(at + how_long, [&sentinel] { sentinel.resume(); });
        break;
      case 1:
        after(at, [&sentinel] { sentinel.kill(); });
        revive(sentinel, at + how_long / 8);
        break;
      case 2:
        after(at, [this, one = master->host(), &sentinel, how_long] { cut(one, sentinel.host(), how_long); });
        break;
      default:
        after(at, [master] { master->pause(); });
        after(at + how_long, [master] { master->resume(); });
    }
  }
}

// A leader has its votes for a hand-over, and the master that paused for it is not to be reached any more (H1).
void Faults::cut_off_the_paused() {
  cut_before_fence_ = false;
  for (const auto& master : cluster_.nodes) {
    if (world_.leased_epoch(master->address()) == 0) continue;
    note("cut between pause and fence");
    for (const Process* other : cluster_.servers()) {
      if (other != master.get()) cut(master->host(), other->host(), 1'000'000);
    }
    return;
  }
}

// All sentinels start anew, and a firewall lets none of them hear the master that they have just granted leases (L4).
void Faults::forget() {
  SimNode* master = cluster_.writable_master();
  if (master == nullptr) return;
  note("sentinels forget");
  for (const auto& sentinel : cluster_.sentinels) {
    sentinel->kill();
    world_.network.refuse(sentinel->host(), master->host());
    revive(*sentinel, between(0, 20'000));
    after(between(300'000, 2'000'000),
          [this, from = sentinel->host(), to = master->host()] { world_.network.admit(from, to); });
  }
}

}  // namespace onggi::sim
