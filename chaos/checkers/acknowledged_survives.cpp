#include "chaos/checkers/of_history.h"
#include "chaos/checkers/survivors.h"

namespace onggi::checkers {

namespace {

std::string told(const Operation& write) {
  return write.key + " = " + write.value + ", acknowledged at " + at(write.completed) +
         (write.node.empty() ? "" : " by " + write.node);
}

}  // namespace

Verdict acknowledged_survives(const Recording& recording) {
  Verdict verdict{"acknowledged survives"};
  uint64_t acknowledged = 0;
  uint64_t promised = 0;
  uint64_t unknown = 0;
  uint64_t invented = 0;
  for (const auto& [key, written] : written_keys(recording.operations)) {
    const std::vector<Survivor> in_the_end = survivors(recording, key, written);
    for (const Survivor& survivor : in_the_end) {
      if (survivor.value.empty() || survivor.source != nullptr) continue;
      invented++;
      verdict.violations.push_back(
          {key, survivor.node + " holds " + key + " = " + survivor.value + ", which nobody wrote", {}});
    }
    for (const Operation* write : written.all()) {
      acknowledged += write->outcome == Outcome::kOk;
      promised += write->durable;
      unknown += write->outcome == Outcome::kUnknown;
      const Survivor* shows = lost_on(*write, in_the_end);
      if (shows == nullptr) continue;
      verdict.lost.push_back(write->line);
      if (write->durable) verdict.violations.push_back({key, told(*write) + "; " + shows->shown(), {write->line}});
    }
  }
  if (recording.contents.empty()) verdict.undecided.emplace_back("nobody looked at what the nodes hold in the end");
  verdict.counts = {
      {"acknowledged", acknowledged}, {"promised", promised}, {"unknown", unknown},
      {"lost", verdict.lost.size()},  {"invented", invented},
  };
  return verdict;
}

}  // namespace onggi::checkers
