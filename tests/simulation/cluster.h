// The processes of one run, and what is true of all of them together.
#pragma once

#include <memory>
#include <vector>

#include "tests/simulation/history.h"
#include "tests/simulation/run.h"
#include "tests/simulation/sim_client.h"
#include "tests/simulation/sim_node.h"
#include "tests/simulation/sim_sentinel.h"

namespace onggi::sim {

struct Cluster {
  Cluster(World& world, const Shape& shape);

  std::vector<std::unique_ptr<SimNode>> nodes;
  std::vector<std::unique_ptr<SimSentinel>> sentinels;
  std::vector<std::unique_ptr<SimClient>> clients;
  Operations history;  // of all clients

  std::vector<Process*> servers() const;  // nodes, then sentinels
  SimNode* writable_master() const;       // with a lease, by its own clock; nullptr: none
  // Takes what only tiers have into the nodes' memory, for the next two; all nodes must be alive.
  void warm() const;
  Contents contents(SimNode& node) const;                  // of the keys of the history
  void compare(std::vector<std::string>& failures) const;  // P3: the same bytes everywhere
  bool in_step() const;  // one master; everybody alive, a member, sure, and where the master is
  static bool is_member(SimNode& master, SimNode& node);  // both alive
};

}  // namespace onggi::sim
