// Keeps the facts about every process up to date and shows them to the monitors, whenever something happened.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tests/simulation/checkers/monitors.h"
#include "tests/simulation/cluster.h"

namespace onggi::sim {

class Observer {
 public:
  Observer(Cluster& cluster, World& world);

  void look(Failures& failures);                           // after each event
  void hear(const Process& who, const std::string& what);  // as it is said
  bool take_touched();                                     // something happened since
  uint64_t epochs() const { return highest_epoch_; }

 private:
  void refresh(size_t index);
  void meet_new_ones();

  Cluster& cluster_;
  World& world_;
  Look look_;
  std::vector<std::unique_ptr<Monitor>> monitors_;
  Failures heard_;
  uint64_t highest_epoch_ = 0;
};

}  // namespace onggi::sim
