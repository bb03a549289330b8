#include <map>

#include "chaos/checkers/of_history.h"
#include "chaos/checkers/survivors.h"

namespace onggi::checkers {

namespace {

using Writes = std::multimap<std::string, const Operation*>;  // of one key, by value

std::map<std::string, Writes> writes_by_key(const Operations& operations) {
  std::map<std::string, Writes> writes;
  for (const Operation& o : operations) {
    const bool changes = o.action == Action::kWrite || o.action == Action::kSwap;
    if (changes && o.outcome != Outcome::kError) writes[o.key].emplace(o.value, &o);
  }
  return writes;
}

// A durable write that came wholly after that one, and was answered before `moment`.
const Operation* overwritten_by(const Operation& write, int64_t moment, const Writes& writes) {
  for (const auto& [value, later] : writes) {
    if (later->durable && later->invoked > ended(write) && later->completed < moment) return later;
  }
  return nullptr;
}

struct Explained {
  bool written = false;
  const Operation* over = nullptr;  // what had taken its place for certain
};

Explained explain(const Operation& answer, const std::string& value, const Writes& writes) {
  Explained explained;
  const auto [first, last] = writes.equal_range(value);
  for (auto it = first; it != last; ++it) {
    if (it->second->invoked > answer.completed) continue;
    explained.written = true;
    explained.over = answer.fresh ? overwritten_by(*it->second, answer.invoked, writes) : nullptr;
    if (explained.over == nullptr) break;
  }
  return explained;
}

std::string told(const Operation& o, const std::string& value) {
  return o.client + " was told " + o.key + " = " + value + " at " + at(o.completed) +
         (o.node.empty() ? "" : " by " + o.node);
}

}  // namespace

Verdict reads_are_of_writes(const Recording& recording) {
  Verdict verdict{"reads are of writes"};
  uint64_t reads = 0;
  uint64_t invented = 0;
  uint64_t stale = 0;
  std::map<std::string, Writes> writes = writes_by_key(recording.operations);
  for (const Operation& o : recording.operations) {
    const bool tells = o.action == Action::kRead || o.action == Action::kSwap;
    const std::string& value = o.action == Action::kSwap ? o.previous : o.value;
    if (!tells || o.outcome != Outcome::kOk || o.family == Family::kCounter || value.empty()) continue;
    reads++;
    const auto [written, over] = explain(o, value, writes[o.key]);
    if (!written) {
      invented++;
      verdict.violations.push_back({o.key, told(o, value) + ", which nobody had written", {o.line}});
    } else if (over != nullptr) {
      stale++;
      const std::string instead = over->value + ", which had taken its place at " + at(over->completed);
      verdict.violations.push_back({o.key, told(o, value) + ", and not " + instead, {o.line}});
    }
  }
  verdict.counts = {{"reads", reads}, {"invented", invented}, {"stale", stale}};
  return verdict;
}

}  // namespace onggi::checkers
