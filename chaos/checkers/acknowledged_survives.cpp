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
    for (const auto& [node, contents] : recording.contents) {
      const std::string& value = value_of(contents, key);
      if (value.empty() || written.source_of(value) != nullptr) continue;
      invented++;
      verdict.violations.push_back({key, node + " holds " + key + " = " + value + ", which nobody wrote", {}});
    }
    for (const Operation* write : written.all()) {
      acknowledged += write->outcome == Outcome::kOk;
      promised += write->durable;
      unknown += write->outcome == Outcome::kUnknown;
      for (const auto& [node, contents] : recording.contents) {
        const std::string& value = value_of(contents, key);
        if (!Written::lost(*write, written.source_of(value))) continue;
        verdict.lost.push_back(write->line);
        if (write->durable) {
          verdict.violations.push_back(
              {key, told(*write) + "; " + node + " holds " + (value.empty() ? "nothing" : value), {write->line}});
        }
        break;
      }
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
