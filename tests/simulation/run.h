// One simulated run: a cluster, clients and faults from a seed; then everything heals and the checkers look.
//
// The fault budget, that is, what the cluster must survive without losing an acknowledged write: any processes killed,
// paused, stopped and started at any time, all of them at once; any links cut, one way or both, and firewalls; slow and
// full disks, and ones whose fsync fails; clocks that drift by 4 %, wall clocks that jump. One node at a time may lose
// bytes (a power cut, a wiped folder, a bit that turns in the log or the tier): the next loss waits until that one is
// sure again (N4), and a member (M4), and no node leaves or moves meanwhile. Under `durability disk` all may lose power
// at once. The operator takes a node away only while the others are whole, and leaves more than k; one sentinel at a
// time loses its folder, and as many as make a majority of those who are known keep theirs.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "chaos/checkers/history.h"
#include "node/durability.h"

namespace onggi::sim {

struct RunOptions {
  uint64_t seed = 1;
  bool trace = false;
  // Not set: the seed decides.
  std::optional<int> nodes;
  std::optional<int> sentinels;
  std::optional<uint32_t> write_acks;
  std::optional<Durability> durability;
  std::optional<bool> changes;
  double seconds = 20;  // of faults; then healing and checking
  // Of the faults that the seed brings, by number: these alone. Not set: all.
  std::optional<std::set<uint32_t>> keep;
};

// What kind of cluster it is.
struct Shape {
  int nodes = 3;
  int sentinels = 3;
  int clients = 3;
  uint32_t write_acks = 1;
  Durability durability = Durability::kOs;
  uint32_t heartbeat_ms = 100;
  bool true_clocks = false;  // wall clocks agree and never jump: what expires can be told exactly
  bool changes = false;      // nodes and sentinels come, go and move
  bool announced = true;     // nodes say where they are reached
  uint32_t think_ms = 25;    // the longest pause of a client in peaceful times; shortly after an error it is in a hurry
};

Shape shape_of(const RunOptions& options);
std::string to_string(const Shape& shape);

// A fault as it came.
struct Struck {
  uint32_t number = 0;  // the same in every run of the seed
  int64_t at = 0;       // us
  std::string what;
};

struct RunResult {
  std::vector<std::string> failures;  // empty: all promises held
  std::vector<Struck> struck;
  checkers::Recording recording;
  uint64_t undecided = 0;  // histories that were too much for the search
  std::map<std::string, uint64_t> faults;
  std::map<std::string, int64_t>
      first_write;               // how the master was lost in the end, and when a write was acknowledged: us
  std::deque<std::string> tail;  // of the trace
  uint64_t trace_hash = 0;
  double simulated_seconds = 0;
  uint64_t acknowledged = 0;
  uint64_t refused = 0;
  uint64_t epochs = 0;
};

RunResult run(const RunOptions& options);

}  // namespace onggi::sim
