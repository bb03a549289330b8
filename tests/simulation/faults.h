// The hand of fate: faults from the seed, within the budget that run.h declares.
//
// Each has a number and draws from a source of its own, so that a run with fewer of them leaves the others as they are
// (as far as the story allows): that is how a failure is shrunk. Numbers from kFirstMoment on are strikes at the worst
// moment, counted by moments.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "tests/simulation/cluster.h"
#include "tests/simulation/run.h"

namespace onggi::sim {

class Faults {
 public:
  static constexpr uint32_t kFirstMoment = 100'000;

  Faults(World& world, Cluster& cluster, const Shape& shape, const RunOptions& options)
      : world_(world), cluster_(cluster), shape_(shape), options_(options), times_(options.seed ^ 0x71), random_(0) {}

  void begin(Micros until);
  void hear(Process& process, const std::string& what);
  // Everything alive, connected and awake.
  void heal();
  // For faults of others: whether one is left out, that one struck, and whether nobody is behind for lost bytes.
  bool kept(uint32_t number) const { return !options_.keep || options_.keep->contains(number); }
  void note(uint32_t number, const std::string& what);
  bool all_whole();
  std::function<bool()> bytes_must_stay;  // nobody may lose any now
  const std::map<std::string, uint64_t>& counts() const { return counts_; }
  const std::vector<Struck>& struck() const { return struck_; }

 private:
  void next();
  bool take(uint32_t number);  // draws from now on are of this fault; false: it is left out
  void strike();
  void kill_some();
  void kill_all();
  void pause_some();
  void stop_some();
  void cut_some();
  void cut_around(Process& victim);
  void cut_one_link();
  void wall_off();
  void spoil_disk();
  void jump_clock();
  void hand_over();
  // ---- directed: what one rule alone stands against
  void squeeze();
  void fork();
  void bounce();
  void forget();
  void cut_off_the_paused();
  // ---- bytes are lost
  void lose_bytes();
  void lose_all_power();
  bool may_lose(const SimNode& victim);
  void power_cut(SimNode& victim);
  void wipe(SimNode& victim);
  void flip_bit(SimNode& victim);
  void spoil_tier(SimNode& victim);

  // How long a fault lasts: mostly short, sometimes long.
  Micros duration();
  // How long something stays dead: sometimes it is back at once.
  Micros downtime();
  Micros between(Micros least, Micros most) {
    return least + static_cast<Micros>(random_.below(static_cast<uint64_t>(most - least)));
  }
  Process& any_server();
  SimNode& any_node() { return *cluster_.nodes[random_.below(cluster_.nodes.size())]; }
  std::vector<SimNode*> others_than(const SimNode& node) const;
  void cut(HostId one, HostId other, Micros how_long);
  void revive(Process& victim) { revive(victim, downtime()); }
  void revive(Process& victim, Micros after) {
    world_.timeline.after(after, [&victim] { victim.start(); });
  }
  void after(Micros delay, std::function<void()> what) { world_.timeline.after(delay, std::move(what)); }
  bool chance(uint64_t one_in) { return random_.below(one_in) == 0; }
  void note(const std::string& what);

  World& world_;
  Cluster& cluster_;
  Shape shape_;
  const RunOptions& options_;
  Random times_;   // when faults come
  Random random_;  // of the fault that strikes
  uint32_t number_ = 0;
  uint32_t next_number_ = 1;
  uint32_t next_moment_ = kFirstMoment;
  Micros until_ = 0;
  bool cut_before_fence_ = false;  // the master of the hand-over that was asked for last (H1)
  SimNode* lost_ = nullptr;        // the last that lost bytes, until it is sure again, and a member
  std::map<std::string, uint64_t> counts_;
  std::vector<Struck> struck_;
};

}  // namespace onggi::sim
