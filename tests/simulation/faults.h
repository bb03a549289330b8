// The hand of fate: picks faults from the seed, within the budget that run.h declares.
#pragma once

#include <map>
#include <string>

#include "tests/simulation/checkers.h"
#include "tests/simulation/cluster.h"

namespace onggi::sim {

class Faults {
 public:
  Faults(World& world, Cluster& cluster, EpochsNeverGoBack& epochs) : world_(world), cluster_(cluster), epochs_(epochs) {}

  void begin(Micros until);
  // Everything alive, connected and awake.
  void heal();
  const std::map<std::string, uint64_t>& counts() const { return counts_; }

 private:
  void next();
  void strike();
  void kill_some();
  void pause_some();
  void cut_some();
  void lose_bytes();
  void hand_over();
  Process& any_server();
  void note(const std::string& what) { counts_[what]++; }

  World& world_;
  Cluster& cluster_;
  EpochsNeverGoBack& epochs_;
  Micros until_ = 0;
  Micros last_loss_ = -10'000'000;
  std::map<std::string, uint64_t> counts_;
};

}  // namespace onggi::sim
