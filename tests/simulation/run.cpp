#include "tests/simulation/run.h"

#include "tests/simulation/checkers.h"
#include "tests/simulation/faults.h"

namespace onggi::sim {

namespace {
constexpr Micros kSettle = 3'000'000;       // before the first fault
constexpr Micros kHealWithin = 30'000'000;  // after healing: one master, everybody in step
constexpr Micros kService = 2'000'000;      // then clients go on for a while
constexpr Micros kQuiet = 4'500'000;        // for the last answers
}  // namespace

RunResult run(const RunOptions& options) {
  RunResult result;
  Trace trace(options.trace);
  World world(options.seed, trace);
  const Shape shape = shape_of(options);
  Cluster cluster(world, shape);
  OneWriter one_writer;
  EpochsNeverGoBack epochs;
  Faults faults(world, cluster, epochs, shape);
  for (Process* server : cluster.servers()) server->start();
  for (auto& client : cluster.clients) client->start();

  const std::vector<Process*> servers = cluster.servers();
  const auto until = [&](Micros end, auto done) {
    while (result.failures.empty() && !done() && world.timeline.step(end)) {
      bool touched = false;
      for (auto& node : cluster.nodes) touched = node->take_touched() || touched;
      if (!touched) continue;
      one_writer.look(cluster, world.timeline.now(), result.failures);
      epochs.look(cluster, result.failures);
      for (auto& node : cluster.nodes) {
        if (!node->failure().empty()) result.failures.push_back(node->name() + " can't go on: " + node->failure());
      }
      for (Process* server : servers) {
        if (server->spins()) result.failures.push_back(server->name() + " keeps its processor busy with nothing");
      }
    }
  };
  const auto never = [] { return false; };
  const Micros faults_end = kSettle + static_cast<Micros>(options.seconds * 1e6);
  until(kSettle, never);
  faults.begin(faults_end);
  until(faults_end, never);
  trace.say(world.timeline.now(), "run", "everything heals");
  faults.heal();
  // Restarts and healings that the last faults planned are over by then.
  until(world.timeline.now() + kSettle, never);
  faults.heal();
  const Micros healed = world.timeline.now();
  until(healed + kHealWithin, [&] { return cluster.writable_master() != nullptr; });
  if (result.failures.empty() && cluster.writable_master() == nullptr) {
    result.failures.push_back("no master accepts writes " + std::to_string(kHealWithin / 1'000'000) +
                              " s after everything healed");
  }
  until(world.timeline.now() + kService, never);
  for (auto& client : cluster.clients) client->finish();
  until(world.timeline.now() + kQuiet, never);
  until(world.timeline.now() + kHealWithin, [&] { return cluster.in_step(); });
  if (result.failures.empty() && !cluster.in_step()) {
    result.failures.emplace_back("not every node follows the master after everything healed");
  }
  if (result.failures.empty()) {
    warm_up(cluster);
    acknowledged_survives(cluster, result.failures);
    same_everywhere(cluster, result.failures);
  }
  for (const std::string& failure : result.failures) trace.say(world.timeline.now(), "FAILURE", failure);
  result.faults = faults.counts();
  result.tail = trace.tail();
  result.trace_hash = trace.hash();
  result.simulated_seconds = static_cast<double>(world.timeline.now()) / 1e6;
  result.epochs = one_writer.epochs();
  for (const auto& client : cluster.clients) {
    result.acknowledged += client->history().acknowledged;
    result.refused += client->history().errors;
  }
  return result;
}

}  // namespace onggi::sim
