#include <map>

#include "tests/simulation/checkers/of_history.h"

namespace onggi::sim {

namespace {

bool writes(const Operation& operation) {
  const bool kind = operation.action == Action::kWrite || operation.action == Action::kSwap;
  return kind && (operation.family == Family::kOnce || operation.family == Family::kRegister);
}

// When it was over at the latest: one whose end is unknown may take effect at any time.
int64_t ended(const Operation& operation) {
  return operation.outcome == Outcome::kUnknown ? kNever : operation.completed;
}

}  // namespace

void acknowledged_survives(const Operations& operations, const Contents& contents, Failures& failures) {
  std::map<std::string, std::vector<const Operation*>> by_key;
  for (const Operation& operation : operations) {
    if (writes(operation)) by_key[operation.key].push_back(&operation);
  }
  for (const auto& [key, written] : by_key) {
    const auto found = contents.find(key);
    const int64_t value = found == contents.end() ? 0 : found->second;
    const Operation* source = nullptr;
    for (const Operation* write : written) {
      if (value != 0 && write->value == value && write->outcome != Outcome::kError) source = write;
    }
    if (value != 0 && source == nullptr) {
      failures.push_back("P1: " + key + " holds " + std::to_string(value) + ", which nobody wrote");
    }
    for (const Operation* write : written) {
      if (!write->durable || (source != nullptr && ended(*source) >= write->invoked)) continue;
      failures.push_back("P1: " + key + " holds " + (value == 0 ? "nothing" : std::to_string(value)) + ", but " +
                         std::to_string(write->value) + " was acknowledged later, at " +
                         std::to_string(write->completed) + " us by " + write->node);
      break;
    }
  }
}

}  // namespace onggi::sim
