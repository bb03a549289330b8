// The promises as checks. Each says what it found broken, in words; nothing: the promise held.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "tests/simulation/cluster.h"

namespace onggi::sim {

// P2, at every moment: at most one node accepts writes, and in an epoch only ever one.
class OneWriter {
 public:
  void look(const Cluster& cluster, Micros now, std::vector<std::string>& failures);
  uint64_t epochs() const { return writers_.size(); }

 private:
  std::map<uint64_t, std::string> writers_;  // epoch -> node
};

// The promise and the epoch of a node that keeps its folder never go back.
class EpochsNeverGoBack {
 public:
  void look(const Cluster& cluster, std::vector<std::string>& failures);
  void forgets(const SimNode& node) { promises_.erase(&node); }  // its folder was wiped

 private:
  std::map<const SimNode*, uint64_t> promises_;
};

// Takes the keys that only the tier of a node has into its memory: the other checks look there alone.
void warm_up(const Cluster& cluster);

// P1: what clients were told is there, read from the master after everything healed.
void acknowledged_survives(const Cluster& cluster, std::vector<std::string>& failures);

// P3: the same bytes everywhere.
void same_everywhere(const Cluster& cluster, std::vector<std::string>& failures);

}  // namespace onggi::sim
