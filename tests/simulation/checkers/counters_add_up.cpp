#include <map>

#include "tests/simulation/checkers/of_history.h"

namespace onggi::sim {

namespace {

// What may be true of a counter, as its one client learns it.
struct Range {
  int64_t least = 0;
  int64_t most = 0;
};

}  // namespace

void counters_add_up(const Operations& operations, const Contents& contents, Failures& failures) {
  std::map<std::string, Range> ranges;
  for (const Operation& operation : operations) {
    if (operation.family != Family::kCounter || operation.action != Action::kIncrement) continue;
    Range& range = ranges[operation.key];
    if (operation.outcome == Outcome::kError) continue;
    range.most++;
    if (operation.outcome == Outcome::kUnknown) continue;
    const std::string became = "P1: the increment of " + operation.key + " that was answered at " +
                               std::to_string(operation.completed) + " us made it " + std::to_string(operation.value);
    if (operation.value <= range.least) {
      failures.push_back(became + ", and it had been " + std::to_string(range.least) + " for certain before");
      return;
    }
    if (operation.value > range.most) {
      failures.push_back(became + ", and it can't have been more than " + std::to_string(range.most));
      return;
    }
    if (!operation.durable) continue;  // it may be lost again
    range.least = operation.value;
  }
  for (const auto& [key, range] : ranges) {
    const auto found = contents.find(key);
    const int64_t value = found == contents.end() ? 0 : found->second;
    if (value < range.least || value > range.most) {
      failures.push_back("P1: the counter " + key + " is " + std::to_string(value) + " in the end, not between " +
                         std::to_string(range.least) + " and " + std::to_string(range.most));
    }
  }
}

}  // namespace onggi::sim
