// onggi-sim: runs seeds of the simulator, many or one.
#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <map>

#include "tests/simulation/run.h"

int main(int argc, char** argv) {
  onggi::sim::RunOptions options;
  uint64_t seeds = 1000;
  uint64_t first_seed = 1;
  uint64_t one_seed = 0;
  bool until_failure = false;
  bool must_fail = false;
  CLI::App app{"Runs simulated clusters of Onggi: faults from a seed, promises checked after each run."};
  app.add_option("--seeds", seeds, "how many seeds to run")->capture_default_str();
  app.add_option("--first-seed", first_seed, "the first of them")->capture_default_str();
  app.add_option("--seed", one_seed, "run this seed alone");
  app.add_option("--seconds", options.seconds, "simulated seconds of faults in each run")->capture_default_str();
  app.add_option("--nodes", options.nodes, "how many nodes, whatever the seed says");
  app.add_option("--sentinels", options.sentinels, "how many sentinels, whatever the seed says");
  app.add_option("--write-acks", options.write_acks, "replicas that acknowledge each write, whatever the seed says");
  app.add_flag("--until-failure", until_failure, "stop at the first seed that fails");
  app.add_flag("--must-fail", must_fail, "it is an error if none fails: for builds with a known defect");
  app.add_flag("--trace", options.trace, "print everything that happens");
  CLI11_PARSE(app, argc, argv);
  if (one_seed != 0) {
    first_seed = one_seed;
    seeds = 1;
  }
  std::map<std::string, uint64_t> faults;
  double simulated = 0;
  uint64_t acknowledged = 0;
  uint64_t failed = 0;
  const auto started = std::chrono::steady_clock::now();
  for (uint64_t seed = first_seed; seed < first_seed + seeds; seed++) {
    options.seed = seed;
    const auto result = onggi::sim::run(options);
    simulated += result.simulated_seconds;
    acknowledged += result.acknowledged;
    for (const auto& [name, count] : result.faults) faults[name] += count;
    if (!result.failures.empty()) {
      failed++;
      std::printf("seed %llu FAILED (%s)\n", static_cast<unsigned long long>(seed),
                  to_string(onggi::sim::shape_of(options)).c_str());
      for (const std::string& failure : result.failures) std::printf("  %s\n", failure.c_str());
      if (!options.trace) {
        std::printf("  see it: onggi sim --seed %llu --trace\n", static_cast<unsigned long long>(seed));
      }
    }
    if (failed > 0 && until_failure) break;
    const double real = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
    if (seeds > 1 && ((seed - first_seed + 1) % 100 == 0 || seed + 1 == first_seed + seeds)) {
      std::printf("%llu runs, %llu failed, %.1f runs/s, %.2f simulated hours, %llu acknowledged writes and reads\n",
                  static_cast<unsigned long long>(seed - first_seed + 1), static_cast<unsigned long long>(failed),
                  static_cast<double>(seed - first_seed + 1) / real, simulated / 3600,
                  static_cast<unsigned long long>(acknowledged));
      std::fflush(stdout);
    }
  }
  std::printf("faults:");
  for (const auto& [name, count] : faults)
    std::printf(" %s %llu;", name.c_str(), static_cast<unsigned long long>(count));
  std::printf("\n");
  return (failed == 0) != must_fail ? 0 : 1;
}
