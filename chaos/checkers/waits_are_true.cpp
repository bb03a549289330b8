#include "chaos/checkers/of_history.h"
#include "chaos/checkers/survivors.h"

namespace onggi::checkers {

Verdict waits_are_true(const Recording& recording) {
  Verdict verdict{"WAIT's count is true"};
  uint64_t waits = 0;
  uint64_t enough = 0;
  for (const Operation& operation : recording.operations) {
    if (!operation.waited) continue;
    waits++;
    const int64_t count = *operation.waited;
    enough += operation.durable && count > 0;
    if (count < 0 || (recording.nodes > 0 && count >= static_cast<int64_t>(recording.nodes))) {
      verdict.violations.push_back({operation.key,
                                    "WAIT counted " + std::to_string(count) + " replicas for " + operation.key +
                                        ", of " + std::to_string(recording.nodes) + " nodes",
                                    {operation.line}});
    }
  }
  for (const auto& [key, written] : written_keys(recording.operations)) {
    const std::vector<Survivor> in_the_end = survivors(recording, key, written);
    for (const Operation* write : written.all()) {
      const Survivor* shows = write->durable && write->waited.value_or(0) > 0 ? lost_on(*write, in_the_end) : nullptr;
      if (shows == nullptr) continue;
      verdict.violations.push_back({key,
                                    std::to_string(*write->waited) + " replicas had " + key + " = " + write->value +
                                        " at " + at(write->completed) + ", said WAIT; in the end " + shows->shown(),
                                    {write->line}});
    }
  }
  std::string why = not_looked_at(recording);
  if (waits > 0 && !why.empty()) verdict.undecided.push_back(std::move(why));
  verdict.counts = {{"waits", waits}, {"enough", enough}};
  return verdict;
}

}  // namespace onggi::checkers
