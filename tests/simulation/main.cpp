// onggi-sim: runs seeds of the simulator, many or one.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <thread>

#include "chaos/checkers/history_file.h"
#include "tests/simulation/campaign.h"
#include "tests/simulation/shrink.h"

namespace {

using onggi::sim::RunOptions;
using onggi::sim::RunResult;
using onggi::sim::Tally;

constexpr double kProgressEvery = 5;  // s
constexpr size_t kTailLines = 40;

struct Wishes {
  uint64_t seeds = 1000;
  uint64_t first_seed = 1;
  uint64_t one_seed = 0;
  unsigned jobs = std::max(1u, std::thread::hardware_concurrency());
  int shrink_runs = 150;
  bool until_failure = false;
  bool must_fail = false;
  std::string history;
  std::vector<uint32_t> keep;
};

double seconds_since(std::chrono::steady_clock::time_point started) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
}

void print_progress(const Tally& tally, double real) {
  std::printf("%llu runs, %zu failed, %.1f runs/s, %.2f simulated hours, %llu operations acknowledged\n",
              static_cast<unsigned long long>(tally.runs), tally.failed.size(), static_cast<double>(tally.runs) / real,
              tally.simulated_seconds / 3600, static_cast<unsigned long long>(tally.acknowledged));
  std::fflush(stdout);
}

void print_end(const Tally& tally) {
  std::printf("epochs %llu; registers too long to decide %llu; faults:", static_cast<unsigned long long>(tally.epochs),
              static_cast<unsigned long long>(tally.undecided));
  for (const auto& [name, count] : tally.faults)
    std::printf(" %s %llu;", name.c_str(), static_cast<unsigned long long>(count));
  std::printf("\n");
  for (auto times : tally.first_writes) {
    std::sort(times.second.begin(), times.second.end());
    std::printf("first write after a master was %s: %zu times, median %.0f ms, longest %.0f ms\n", times.first.c_str(),
                times.second.size(), static_cast<double>(times.second[times.second.size() / 2]) / 1000,
                static_cast<double>(times.second.back()) / 1000);
  }
}

// The failure, few faults that bring it about, and what happened around it.
void explain(RunOptions options, const RunResult& failed, int shrink_runs) {
  for (const std::string& failure : failed.failures) std::printf("  %s\n", failure.c_str());
  const RunResult small = shrink_runs > 0 ? onggi::sim::shrink(options, failed, shrink_runs) : failed;
  std::printf("  %zu of %zu faults are enough:\n", small.struck.size(), failed.struck.size());
  std::string keep;
  for (const auto& struck : small.struck) {
    std::printf("    %7.3f s  %u  %s\n", static_cast<double>(struck.at) / 1e6, struck.number, struck.what.c_str());
  }
  if (options.keep) {
    for (const uint32_t number : *options.keep) keep += (keep.empty() ? "" : ",") + std::to_string(number);
  }
  std::printf("  the last of the story:\n");
  const size_t skip = small.tail.size() > kTailLines ? small.tail.size() - kTailLines : 0;
  for (size_t i = skip; i < small.tail.size(); i++) std::printf("    %s\n", small.tail[i].c_str());
  std::printf("  see it whole: onggi sim --seed %llu%s --trace\n", static_cast<unsigned long long>(options.seed),
              keep.empty() ? "" : (" --keep " + keep).c_str());
  std::fflush(stdout);
}

int run_one(RunOptions options, const Wishes& wishes) {
  options.seed = wishes.one_seed;
  const RunResult result = onggi::sim::run(options);
  if (!wishes.history.empty()) {
    std::ofstream file(wishes.history);
    onggi::checkers::write_recording(result.recording, file);
  }
  Tally tally;
  tally.add(options.seed, result);
  if (!result.failures.empty()) {
    std::printf("seed %llu FAILED (%s)\n", static_cast<unsigned long long>(options.seed),
                to_string(onggi::sim::shape_of(options)).c_str());
    explain(options, result, options.trace || options.keep ? 0 : wishes.shrink_runs);
  }
  print_end(tally);
  return result.failures.empty() != wishes.must_fail ? 0 : 1;
}

int run_many(const RunOptions& options, const Wishes& wishes) {
  Tally tally;
  const auto started = std::chrono::steady_clock::now();
  double shown = 0;
  size_t explained = 0;
  size_t told = 0;
  onggi::sim::run_many(options, wishes.first_seed, wishes.seeds, wishes.jobs, tally, [&] {
    const double real = seconds_since(started);
    for (; told < tally.order_of_failures.size(); told++) {
      const uint64_t seed = tally.order_of_failures[told];
      std::printf("seed %llu fails: %s\n", static_cast<unsigned long long>(seed), tally.failed[seed].front().c_str());
      std::fflush(stdout);
    }
    if (real - shown > kProgressEvery) print_progress(tally, shown = real);
    return !wishes.until_failure || tally.failed.empty();
  });
  print_progress(tally, seconds_since(started));
  print_end(tally);
  for (const auto& [seed, failures] : tally.failed) {
    RunOptions own = options;
    own.seed = seed;
    std::printf("seed %llu FAILED (%s)\n", static_cast<unsigned long long>(seed),
                to_string(onggi::sim::shape_of(own)).c_str());
    const bool crashed = failures.front().starts_with("the run crashed");
    if (explained++ < 3 && !crashed && !wishes.must_fail) {
      explain(own, onggi::sim::run(own), wishes.shrink_runs);
    } else {
      for (const std::string& failure : failures) std::printf("  %s\n", failure.c_str());
    }
  }
  return tally.failed.empty() != wishes.must_fail ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  RunOptions options;
  Wishes wishes;
  CLI::App app{"Runs simulated clusters of Onggi: faults from a seed, promises checked in and after each run."};
  app.add_option("--seeds", wishes.seeds, "how many seeds to run")->capture_default_str();
  app.add_option("--first-seed", wishes.first_seed, "the first of them")->capture_default_str();
  app.add_option("--seed", wishes.one_seed, "run this seed alone");
  app.add_option("--jobs", wishes.jobs, "processes to run seeds in")->capture_default_str();
  app.add_option("--seconds", options.seconds, "simulated seconds of faults in each run")->capture_default_str();
  app.add_option("--nodes", options.nodes, "how many nodes, whatever the seed says");
  app.add_option("--sentinels", options.sentinels, "how many sentinels, whatever the seed says");
  app.add_option("--write-acks", options.write_acks, "replicas that acknowledge each write, whatever the seed says");
  app.add_option("--changes", options.changes, "whether nodes and sentinels come and go, whatever the seed says");
  app.add_option("--keep", wishes.keep, "of the seed's faults, by number, these alone")->delimiter(',');
  app.add_option("--shrink-runs", wishes.shrink_runs, "runs to spend on leaving out faults of a failure; 0: none")
      ->capture_default_str();
  app.add_option("--history", wishes.history,
                 "with --seed: write the clients' operations into this file, as JSON lines for onggi-check");
  app.add_flag("--until-failure", wishes.until_failure, "stop at the first seed that fails");
  app.add_flag("--must-fail", wishes.must_fail, "it is an error if none fails: for builds with a known defect");
  app.add_flag("--trace", options.trace, "print everything that happens");
  CLI11_PARSE(app, argc, argv);
  if (!wishes.keep.empty()) options.keep.emplace(wishes.keep.begin(), wishes.keep.end());
  return wishes.one_seed != 0 ? run_one(options, wishes) : run_many(options, wishes);
}
