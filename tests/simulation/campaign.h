// Many seeds on several processors: children run them, this process counts.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "tests/simulation/run.h"

namespace onggi::sim {

struct Tally {
  uint64_t runs = 0;
  uint64_t undecided = 0;
  uint64_t acknowledged = 0;
  uint64_t refused = 0;
  uint64_t epochs = 0;
  double simulated_seconds = 0;
  std::map<std::string, uint64_t> faults;
  std::map<std::string, std::vector<int64_t>> first_writes;  // by how the master was lost, us
  std::map<uint64_t, std::vector<std::string>> failed;       // by seed
  std::vector<uint64_t> order_of_failures;

  void add(uint64_t seed, const RunResult& result);
};

// `progress` is called after each run, in the order in which they end; false ends the campaign.
void run_many(RunOptions options, uint64_t first_seed, uint64_t seeds, unsigned jobs, Tally& tally,
              const std::function<bool()>& progress);

}  // namespace onggi::sim
