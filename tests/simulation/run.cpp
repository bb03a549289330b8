#include "tests/simulation/run.h"

#include "chaos/checkers/of_history.h"
#include "tests/simulation/changes.h"
#include "tests/simulation/faults.h"
#include "tests/simulation/first_answers.h"
#include "tests/simulation/observer.h"

namespace onggi::sim {

namespace {

constexpr Micros kSettle = 3'000'000;       // before the first fault
constexpr Micros kHealWithin = 30'000'000;  // after healing: one master, everybody in step
constexpr Micros kService = 2'000'000;      // then clients go on for a while
constexpr Micros kQuiet = 4'500'000;        // for the last answers
constexpr Micros kAllIsWell = 2'000'000;    // before the single fault of the end
constexpr int64_t kTrueClocksSlack = 50;    // ms: between a request's way and its execution
constexpr int64_t kFalseClocksSlack = 60'000;

class Run {
 public:
  explicit Run(const RunOptions& options)
      : options_(options),
        trace_(options.trace),
        world_(options.seed, trace_),
        shape_(shape_of(options)),
        cluster_(world_, shape_),
        observer_(cluster_, world_),
        faults_(world_, cluster_, shape_, options),
        changes_(world_, cluster_, shape_, options.seed,
                 {[this](uint32_t number) { return faults_.kept(number); },
                  [this](uint32_t number, const std::string& what) { faults_.note(number, what); },
                  [this] { return faults_.all_whole(); }}),
        first_answers_(world_, cluster_, shape_, options.seed) {
    faults_.bytes_must_stay = [this] { return changes_.a_node_goes(); };
    cluster_.recording.slack_ms = shape_.true_clocks ? kTrueClocksSlack : kFalseClocksSlack;
    world_.on_say = [this](Process& process, const std::string& what) {
      observer_.hear(process, what);
      faults_.hear(process, what);
      changes_.hear(process, what);
      first_answers_.hear(what);
    };
  }

  RunResult go() {
    for (Process* server : cluster_.servers()) server->start();
    for (auto& client : cluster_.clients) client->start();
    until(kSettle, [] { return false; });
    const Micros end = kSettle + static_cast<Micros>(options_.seconds * 1e6);
    faults_.begin(end);
    changes_.begin(end);
    until(end, [] { return false; });
    trace_.say(world_.timeline.now(), "run", "everything heals");
    changes_.heal();
    faults_.heal();
    // Restarts and healings that the last faults planned are over by then.
    until(world_.timeline.now() + kSettle, [] { return false; });
    faults_.heal();
    recover();
    if (result_.failures.empty()) restart_everything();
    if (result_.failures.empty()) check();
    if (result_.failures.empty()) lose_the_master();
    for (const std::string& failure : result_.failures) trace_.say(world_.timeline.now(), "FAILURE", failure);
    report();
    return std::move(result_);
  }

 private:
  template <class Done>
  void until(Micros end, Done done) {
    while (result_.failures.empty() && !done() && world_.timeline.step(end)) {
      if (!observer_.take_touched()) continue;
      observer_.look(result_.failures);
      for (auto& node : cluster_.nodes) {
        if (!node->failure().empty()) result_.failures.push_back(node->name() + " can't go on: " + node->failure());
      }
      for (std::string& failure : changes_.take_failures()) result_.failures.push_back(std::move(failure));
      for (Process* server : cluster_.servers()) {
        if (server->spins()) result_.failures.push_back(server->name() + " keeps its processor busy with nothing");
      }
    }
  }

  // What is required once everything is well again: a master that serves, and everybody in step with it.
  void recover() {
    const std::string bound = std::to_string(kHealWithin / 1'000'000) + " s after everything healed";
    until(world_.timeline.now() + kHealWithin, [this] { return cluster_.writable_master() != nullptr; });
    require(cluster_.writable_master() != nullptr, "no master accepts writes " + bound);
    until(world_.timeline.now() + kHealWithin, [this] { return changes_.unsettled().empty(); });
    require(changes_.unsettled().empty(),
            "not done " + bound + ": " + changes_.unsettled() + "; " + cluster_.wrong_membership());
    const uint64_t before = acknowledged();
    until(world_.timeline.now() + kService, [] { return false; });
    require(acknowledged() > before, "no client is served " + bound);
    for (auto& client : cluster_.clients) client->finish();
    until(world_.timeline.now() + kQuiet, [] { return false; });
    until(world_.timeline.now() + kHealWithin, [this] { return cluster_.in_step(); });
    require(cluster_.in_step(), "not every node follows the master " + bound);
    until(world_.timeline.now() + kHealWithin, [this] { return cluster_.wrong_membership().empty(); });
    require(cluster_.wrong_membership().empty(), "M1: " + bound + " " + cluster_.wrong_membership());
  }

  // Once more, from the disks alone: what the tiers and the logs give is what memory showed.
  void restart_everything() {
    check_contents();
    trace_.say(world_.timeline.now(), "run", "everything is killed once more, and started");
    for (Process* server : cluster_.servers()) server->kill();
    for (Process* server : cluster_.servers()) server->start();
    first_answers_.ask_for_reads();
    until(world_.timeline.now() + FirstAnswers::kReadsWithin, [this] { return first_answers_.reads_answered(); });
    require(first_answers_.wrong().empty(), "P7: " + first_answers_.wrong());
    require(first_answers_.reads_answered(), "P7: nodes that were started don't answer reads");
    until(world_.timeline.now() + kHealWithin, [this] { return cluster_.in_step(); });
    require(cluster_.in_step(), "not every node follows a master after everything was restarted");
    require(cluster_.wrong_membership().empty(), "M1: after the restart " + cluster_.wrong_membership());
  }

  void check_contents() {
    Failures& failures = result_.failures;
    cluster_.warm();
    cluster_.compare(failures);
    SimNode* master = cluster_.writable_master();
    if (!failures.empty() || master == nullptr) return;
    cluster_.recording.nodes = cluster_.nodes.size();  // that ever were: so many a WAIT may count, and one less
    cluster_.recording.one_for_all = true;             // compare() has seen to that
    cluster_.recording.contents = {{master->name(), cluster_.contents(*master)}};
    note(checkers::acknowledged_survives(cluster_.recording));
    note(checkers::waits_are_true(cluster_.recording));
    note(checkers::counters_add_up(cluster_.recording));
  }

  void check() {
    check_contents();
    if (!result_.failures.empty() || cluster_.writable_master() == nullptr) return;
    note(checkers::reads_are_of_writes(cluster_.recording));
    note(checkers::linearizable(cluster_.recording));
    note(checkers::sessions_live_as_told(cluster_.recording));
  }

  void note(const checkers::Verdict& verdict) {
    for (const auto& violation : verdict.violations) {
      result_.failures.push_back(std::string(verdict.checker) + ": " + violation.text);
    }
    result_.undecided += verdict.undecided.size();
  }

  void lose_the_master() {
    until(world_.timeline.now() + kAllIsWell, [] { return false; });
    if (!first_answers_.lose_the_master()) return;
    const std::string lost = "the master was lost (" + first_answers_.how() + "), and nothing else";
    trace_.say(world_.timeline.now(), "run", lost);
    const Micros lost_at = world_.timeline.now();
    Micros within = 0;  // it grows when elections are drawn
    while (!first_answers_.write_acknowledged() && within < first_answers_.writes_within()) {
      within = first_answers_.writes_within();
      until(lost_at + within, [this] { return first_answers_.write_acknowledged(); });
    }
    require(
        first_answers_.write_acknowledged(),
        "P4: no write is acknowledged " + std::to_string(first_answers_.writes_within() / 1000) + " ms after " + lost);
    if (first_answers_.write_acknowledged()) result_.first_write[first_answers_.how()] = first_answers_.took();
  }

  void require(bool holds, const std::string& otherwise) {
    if (result_.failures.empty() && !holds) result_.failures.push_back(otherwise);
  }

  uint64_t acknowledged() const {
    uint64_t sum = 0;
    for (const auto& client : cluster_.clients) sum += client->acknowledged();
    return sum;
  }

  void report() {
    result_.faults = faults_.counts();
    result_.struck = faults_.struck();
    result_.tail = trace_.tail();
    result_.trace_hash = trace_.hash();
    result_.simulated_seconds = static_cast<double>(world_.timeline.now()) / 1e6;
    result_.epochs = observer_.epochs();
    result_.acknowledged = acknowledged();
    for (const auto& client : cluster_.clients) result_.refused += client->refusals();
    result_.recording = std::move(cluster_.recording);
  }

  const RunOptions& options_;
  Trace trace_;
  World world_;
  Shape shape_;
  Cluster cluster_;
  Observer observer_;
  Faults faults_;
  Changes changes_;
  FirstAnswers first_answers_;
  RunResult result_;
};

}  // namespace

RunResult run(const RunOptions& options) {
  return Run(options).go();
}

}  // namespace onggi::sim
