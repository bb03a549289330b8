#include <algorithm>
#include <map>

#include "chaos/checkers/of_history.h"
#include "chaos/checkers/survivors.h"
#include "common/numbers.h"

namespace onggi::checkers {

namespace {

// What may be true of a counter, as its one client learns it.
struct Range {
  int64_t least = 0;
  int64_t most = 0;
  int64_t acknowledged = 0;
  bool broken = false;
};

std::string counted(const Operation& increment) {
  return "the increment of " + increment.key + " that was answered at " + at(increment.completed) + " made it " +
         increment.value;
}

// Nothing: it fits.
std::string follow(const Operation& increment, Range& range) {
  if (increment.outcome == Outcome::kError) return {};
  range.most++;
  if (increment.outcome == Outcome::kUnknown) return {};
  range.acknowledged++;
  const int64_t value = parse_int64(increment.value).value_or(0);
  if (value <= range.least) {
    return counted(increment) + ", and it had been " + std::to_string(range.least) + " for certain before";
  }
  if (value > range.most) {
    return counted(increment) + ", and it can't have been more than " + std::to_string(range.most);
  }
  if (increment.durable) range.least = value;  // else it may be lost again
  return {};
}

}  // namespace

Verdict counters_add_up(const Recording& recording) {
  Verdict verdict{"counters add up"};
  std::map<std::string, Range> ranges;
  for (const Operation& operation : recording.operations) {
    if (operation.family != Family::kCounter || operation.action != Action::kIncrement) continue;
    Range& range = ranges[operation.key];
    std::string wrong = follow(operation, range);
    if (wrong.empty() || range.broken) continue;
    range.broken = true;
    verdict.violations.push_back({operation.key, std::move(wrong), {operation.line}});
  }
  uint64_t acknowledged = 0;
  uint64_t lost = 0;
  uint64_t twice = 0;
  for (const auto& [key, range] : ranges) {
    acknowledged += static_cast<uint64_t>(range.acknowledged);
    int64_t lacking = 0;
    int64_t beyond = 0;
    for (const auto& [node, contents] : recording.contents) {
      const int64_t value = parse_int64(value_of(contents, key)).value_or(0);
      lacking = std::max(lacking, range.acknowledged - value);
      beyond = std::max(beyond, value - range.most);
      if (value >= range.least && value <= range.most) continue;
      verdict.violations.push_back({key,
                                    node + ": the counter " + key + " is " + std::to_string(value) +
                                        " in the end, not between " + std::to_string(range.least) + " and " +
                                        std::to_string(range.most),
                                    {}});
    }
    lost += static_cast<uint64_t>(lacking);
    twice += static_cast<uint64_t>(beyond);
  }
  std::string why = not_looked_at(recording);
  if (!ranges.empty() && !why.empty()) verdict.undecided.push_back(std::move(why));
  verdict.counts = {{"acknowledged", acknowledged}, {"lost", lost}, {"twice", twice}};
  return verdict;
}

}  // namespace onggi::checkers
