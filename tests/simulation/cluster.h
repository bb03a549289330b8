// The processes of one run, and what is true of all of them together.
#pragma once

#include <memory>
#include <vector>

#include "tests/simulation/run.h"
#include "tests/simulation/sim_client.h"
#include "tests/simulation/sim_node.h"
#include "tests/simulation/sim_sentinel.h"

namespace onggi::sim {

struct Cluster {
  Cluster(World& world, const Shape& shape);

  // Those that were taken away stay where they are in these, retired.
  std::vector<std::unique_ptr<SimNode>> nodes;
  std::vector<std::unique_ptr<SimSentinel>> sentinels;
  std::vector<std::unique_ptr<SimClient>> clients;
  checkers::Recording recording;  // of all clients

  SimNode& add_node(const Address& address);
  SimSentinel& add_sentinel(const Address& address);
  void name_others_to(SimSentinel& sentinel) const;  // in its file: those who are there now
  const std::vector<Process*>& servers() const { return servers_; }
  std::vector<SimNode*> working_nodes() const;
  std::vector<SimSentinel*> working_sentinels() const;
  // What a majority of its own sentinels have stored; nullptr: nothing.
  const Configuration* agreed() const;
  const Configuration& newest() const;  // that any sentinel has stored: one that lost its folder takes away its part
  // The members and sentinels that everybody is to know in the end: those who work, where they are. Empty: so it is.
  std::string wrong_membership() const;
  SimNode* writable_master() const;  // with a lease, by its own clock; nullptr: none
  // Takes what only tiers have into the nodes' memory, for the next two; all nodes must be alive.
  void warm() const;
  checkers::Contents contents(SimNode& node) const;        // of the keys of the recording
  void compare(std::vector<std::string>& failures) const;  // P3: the same bytes everywhere
  bool in_step() const;  // one master; everybody alive, a member, sure, and where the master is
  static bool is_member(SimNode& master, SimNode& node);  // both alive

 private:
  World& world_;
  Shape shape_;
  HostId next_host_ = 1;
  std::vector<Process*> servers_;
};

}  // namespace onggi::sim
