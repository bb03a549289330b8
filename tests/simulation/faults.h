// The hand of fate: picks faults from the seed, within the budget that run.h declares.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "tests/simulation/checkers.h"
#include "tests/simulation/cluster.h"

namespace onggi::sim {

class Faults {
 public:
  Faults(World& world, Cluster& cluster, EpochsNeverGoBack& epochs, const Shape& shape)
      : world_(world), cluster_(cluster), epochs_(epochs), shape_(shape) {}

  void begin(Micros until);
  // Everything alive, connected and awake.
  void heal();
  const std::map<std::string, uint64_t>& counts() const { return counts_; }

 private:
  void next();
  void strike();
  void at_the_worst_moment(Process& process, const std::string& what);
  void kill_some();
  void kill_all();
  void pause_some();
  void stop_some();
  void cut_some();
  void cut_one_link();
  void wall_off();
  void spoil_disk();
  void jump_clock();
  void hand_over();
  // ---- bytes are lost
  void lose_bytes();
  void lose_all_power();
  bool may_lose(const SimNode& victim);
  void power_cut(SimNode& victim);
  void wipe(SimNode& victim);

  // How long a fault lasts: mostly short, sometimes long.
  Micros duration();
  // How long something stays dead: sometimes it is back at once.
  Micros downtime();
  Process& any_server();
  SimNode& any_node() { return *cluster_.nodes[world_.random.below(cluster_.nodes.size())]; }
  void revive(Process& victim) {
    world_.timeline.after(downtime(), [&victim] { victim.start(); });
  }
  bool chance(uint64_t one_in) { return world_.random.below(one_in) == 0; }
  void note(const std::string& what) { counts_[what]++; }

  World& world_;
  Cluster& cluster_;
  EpochsNeverGoBack& epochs_;
  Shape shape_;
  Micros until_ = 0;
  SimNode* lost_ = nullptr;  // the last that lost bytes, until it is sure again, and a member
  std::map<std::string, uint64_t> counts_;
};

}  // namespace onggi::sim
