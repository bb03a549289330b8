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
  uint64_t probes_lost = 0;
  for (const auto& [key, written] : written_keys(recording.operations)) {
    const std::vector<Survivor> in_the_end = survivors(recording, key, written);
    for (const Survivor& survivor : in_the_end) {
      if (survivor.value.empty() || survivor.source != nullptr) continue;
      invented++;
      verdict.violations.push_back(
          {key, survivor.node + " holds " + key + " = " + survivor.value + ", which nobody wrote", {}});
    }
    for (const Operation* write : written.all()) {
      const bool probes = write->family == Family::kProbe;
      acknowledged += !probes && write->outcome == Outcome::kOk;
      promised += !probes && write->durable;
      unknown += !probes && write->outcome == Outcome::kUnknown;
      const Survivor* shows = lost_on(*write, in_the_end);
      if (shows == nullptr) continue;
      if (probes) {
        probes_lost++;
      } else {
        verdict.lost.push_back(write->line);
      }
      if (write->durable) verdict.violations.push_back({key, told(*write) + "; " + shows->shown(), {write->line}});
    }
  }
  if (std::string why = not_looked_at(recording); !why.empty()) verdict.undecided.push_back(std::move(why));
  verdict.counts = {
      {"acknowledged", acknowledged}, {"promised", promised}, {"unknown", unknown},
      {"lost", verdict.lost.size()},  {"invented", invented}, {"probes_lost", probes_lost},
  };
  return verdict;
}

}  // namespace onggi::checkers
