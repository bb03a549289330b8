// One simulated run: a cluster, clients and faults from a seed; then everything heals and the checkers look.
//
// The fault budget (what the cluster must survive without losing an acknowledged write, k = 1, N = 3): any process
// killed, paused and started at any time, any links cut; and one node at a time may lose bytes (a power cut, a wiped
// folder), once the others are alive and have followed the master since the last such loss.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <vector>

namespace onggi::sim {

struct RunOptions {
  uint64_t seed = 1;
  bool trace = false;
  int nodes = 3;
  int sentinels = 3;
  int clients = 3;
  uint32_t write_acks = 1;
  double seconds = 20;               // of faults; then healing and checking
};

struct RunResult {
  std::vector<std::string> failures;  // empty: all promises held
  std::map<std::string, uint64_t> faults;
  std::deque<std::string> tail;       // of the trace
  uint64_t trace_hash = 0;
  double simulated_seconds = 0;
  uint64_t acknowledged = 0;
  uint64_t refused = 0;
  uint64_t epochs = 0;
};

RunResult run(const RunOptions& options);

}  // namespace onggi::sim
