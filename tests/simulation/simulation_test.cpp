// The simulator in the test run: a bounded number of seeds, every seed that ever failed, and that a seed replays.
#include <doctest/doctest.h>

#include <fstream>
#include <string>

#include "tests/simulation/run.h"

namespace {

void must_hold(uint64_t seed, std::optional<bool> changes = {}) {
  onggi::sim::RunOptions options;
  options.seed = seed;
  options.changes = changes;
  const auto result = onggi::sim::run(options);
  INFO("seed ", seed, " (onggi sim --seed ", seed, " --trace)");
  for (const std::string& failure : result.failures) MESSAGE(failure);
  CHECK(result.failures.empty());
  CHECK(result.acknowledged > 100);
}

}  // namespace

TEST_CASE("the promises hold under faults, whatever the seed") {
  for (uint64_t seed = 1; seed <= 80; seed++) must_hold(seed);
}

TEST_CASE("every seed that ever failed holds now") {
  std::ifstream file(ONGGI_SOURCE_DIR "/chaos/seeds.txt");
  REQUIRE(file);
  std::string line;
  while (std::getline(file, line)) {
    if (line.empty() || line[0] == '#') continue;
    const bool changes = line.ends_with(" changes");
    must_hold(std::stoull(line), changes);
  }
}

TEST_CASE("the same seed gives the same story") {
  onggi::sim::RunOptions options;
  options.seed = 42;
  options.seconds = 5;
  CHECK(onggi::sim::run(options).trace_hash == onggi::sim::run(options).trace_hash);
  const auto first = onggi::sim::run(options);
  options.seed = 43;
  CHECK(onggi::sim::run(options).trace_hash != first.trace_hash);
}
