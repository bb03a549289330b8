// The search of Wing and Gong for one register: an order of its operations, each at a moment between its beginning and
// its end, in which every answer is right.
//
// What is put in order: durable writes and swaps; fresh reads of a value that was durable at some time (or of nothing);
// what the nodes hold in the end; and of the writes that were not acknowledged those whose value somebody saw. Values
// are never written twice, so that such a write surely happened, before whoever saw it first was answered; one whose
// value nobody saw may have happened or not, and constrains nothing. So every step of the search must find its place,
// and all that makes it long are operations at the same time.
#include <algorithm>
#include <map>
#include <set>
#include <unordered_set>

#include "chaos/checkers/of_history.h"

namespace onggi::checkers {

namespace {

using Value = uint32_t;  // of a register; 0: nothing

struct Step {
  int64_t invoked = 0;
  int64_t completed = kNever;
  bool writes = false;   // the register holds `value` from then on
  bool answers = false;  // and held `seen` just before
  Value value = 0;
  Value seen = 0;
  const Operation* operation = nullptr;  // nullptr: what is there in the end
};

enum class Found : uint8_t { kOrder, kNone, kTooLong };

// Depth first, on a stack of its own: a history may be long. A state, that is, what is done and the register's value,
// is looked at once; states are told apart by 128 bits of a hash.
class Search {
 public:
  Search(std::vector<Step> steps, size_t most_steps)
      : steps_(std::move(steps)), done_(steps_.size(), false), most_steps_(most_steps) {
    std::stable_sort(steps_.begin(), steps_.end(), [](const Step& a, const Step& b) { return a.invoked < b.invoked; });
  }

  Found run() {
    if (steps_.empty()) return Found::kOrder;
    enter(0);
    while (!stack_.empty()) {
      Frame& frame = stack_.back();
      if (frame.next >= steps_.size() || steps_[frame.next].invoked > frame.first_end) {
        leave();
        continue;
      }
      const size_t i = frame.next++;
      const Step& step = steps_[i];
      if (done_[i] || (step.answers && step.seen != frame.value)) continue;
      if (++tried_ > most_steps_) return Found::kTooLong;
      const Value value = step.writes ? step.value : frame.value;
      take(i);
      if (count_ == steps_.size()) return Found::kOrder;
      if (count_ > deepest_) deepest_ = count_, stuck_ = first_to_end();
      if (seen_.insert({hash_.first ^ mix(value, 3), hash_.second ^ mix(value, 4)}).second) {
        frame.chosen = i;
        enter(value);
      } else {
        give_back(i);
      }
    }
    return Found::kNone;
  }
  // The operation for which there was no place, where the search came furthest.
  const Step& stuck() const { return steps_[stuck_]; }

 private:
  using Hash = std::pair<uint64_t, uint64_t>;
  struct Hashed {
    size_t operator()(const Hash& hash) const { return hash.first; }
  };
  struct Frame {
    size_t first;       // before it all is done
    size_t next;        // candidate
    int64_t first_end;  // no later one may come first
    Value value;
    size_t chosen;
  };

  static uint64_t mix(uint64_t x, uint64_t salt) {  // splitmix64
    x += 0x9e3779b97f4a7c15U * (salt + 1);
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9U;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebU;
    return x ^ (x >> 31);
  }
  void flip(size_t i) {
    hash_.first ^= mix(i, 1);
    hash_.second ^= mix(i, 2);
  }
  void take(size_t i) {
    done_[i] = true;
    count_++;
    flip(i);
  }
  void give_back(size_t i) {
    done_[i] = false;
    count_--;
    flip(i);
  }
  size_t first_to_end() const {
    size_t first = steps_.size();
    for (size_t i = stack_.back().first; i < steps_.size(); i++) {
      if (!done_[i] && (first == steps_.size() || steps_[i].completed < steps_[first].completed)) first = i;
      if (first < steps_.size() && steps_[i].invoked > steps_[first].completed) break;
    }
    return first;
  }
  void enter(Value value) {
    size_t first = stack_.empty() ? 0 : stack_.back().first;
    while (first < done_.size() && done_[first]) first++;
    int64_t first_end = kNever;
    for (size_t i = first; i < steps_.size() && steps_[i].invoked <= first_end; i++) {
      if (!done_[i]) first_end = std::min(first_end, steps_[i].completed);
    }
    stack_.push_back({first, first, first_end, value, 0});
  }
  void leave() {
    stack_.pop_back();
    if (!stack_.empty()) give_back(stack_.back().chosen);
  }

  std::vector<Step> steps_;
  std::vector<bool> done_;
  std::vector<Frame> stack_;
  std::unordered_set<Hash, Hashed> seen_;
  Hash hash_;
  size_t count_ = 0;
  size_t deepest_ = 0;
  size_t stuck_ = 0;
  size_t tried_ = 0;
  size_t most_steps_;
};

class Register {
 public:
  void add(const Operation& operation) { operations_.push_back(&operation); }
  void holds_in_the_end(const std::string& value) { in_the_end_.insert(value); }

  // Reads are not told of in what they saw but did not have to see: who reads what was not acknowledged yet may see it
  // lost, which is not promised.
  std::vector<Step> steps() {
    std::set<std::string> durable{""};
    for (const Operation* o : operations_) {
      if (!o->durable || o->action == Action::kRead) continue;
      durable.insert(o->value);
      if (o->action == Action::kSwap) durable.insert(o->previous);
    }
    durable.insert(in_the_end_.begin(), in_the_end_.end());
    std::vector<Step> steps;
    for (const Operation* o : operations_) {
      if (o->outcome != Outcome::kOk) continue;
      const bool swaps = o->action == Action::kSwap && o->durable;
      const bool reads = o->action == Action::kRead && o->fresh && durable.contains(o->value);
      if (reads) steps.push_back({o->invoked, o->completed, false, true, 0, saw(o->value, o->completed), o});
      if (swaps)
        steps.push_back({o->invoked, o->completed, true, true, number(o->value), saw(o->previous, o->completed), o});
    }
    for (const std::string& value : in_the_end_)
      steps.push_back({kNever, kNever, false, true, 0, saw(value, kNever), nullptr});
    for (const Operation* o : operations_) {
      if (o->action == Action::kRead || o->outcome == Outcome::kError) continue;
      if (o->action == Action::kSwap && o->durable) continue;
      const auto seen = seen_.find(number(o->value));
      const int64_t seen_at = seen == seen_.end() ? kNever : seen->second;
      if (o->durable) {
        steps.push_back({o->invoked, std::min(o->completed, seen_at), true, false, number(o->value), 0, o});
      } else if (seen != seen_.end()) {
        steps.push_back({o->invoked, seen_at, true, false, number(o->value), 0, o});
      }
    }
    return steps;
  }

 private:
  Value number(const std::string& value) {
    return value.empty() ? 0 : numbers_.try_emplace(value, static_cast<Value>(numbers_.size() + 1)).first->second;
  }
  Value saw(const std::string& value, int64_t answered) {
    const Value of = number(value);
    const auto [seen, first] = seen_.try_emplace(of, answered);
    if (!first) seen->second = std::min(seen->second, answered);
    return of;
  }

  std::vector<const Operation*> operations_;
  std::set<std::string> in_the_end_;
  std::map<std::string, Value> numbers_;
  std::map<Value, int64_t> seen_;  // and when somebody knew it, at the latest
};

std::map<std::string, Register> registers_of(const Recording& recording) {
  std::map<std::string, Register> registers;
  for (const Operation& operation : recording.operations) {
    if (operation.family == Family::kRegister) registers[operation.key].add(operation);
  }
  for (auto& [key, of_key] : registers) {
    for (const auto& [node, contents] : recording.contents) {
      const auto found = contents.find(key);
      of_key.holds_in_the_end(found == contents.end() ? "" : found->second);
    }
  }
  return registers;
}

std::string shown(const std::string& value) {
  return value.empty() ? "nothing" : value;
}

Violation explain(const std::string& key, const Step& stuck) {
  const std::string none = "no order of the operations on " + key + " explains what clients were told";
  const Operation* o = stuck.operation;
  if (o == nullptr) return {key, none + ": not what is there in the end", {}};
  std::string what = o->client + " wrote " + shown(o->value);
  if (o->action == Action::kRead) what = o->client + " read " + shown(o->value);
  if (o->action == Action::kSwap) what += " and was told that " + shown(o->previous) + " was there";
  return {key, none + ": stuck where " + what + ", from " + at(o->invoked) + " to " + at(o->completed), {o->line}};
}

}  // namespace

Verdict linearizable(const Recording& recording, size_t most_steps) {
  Verdict verdict{"registers are linearizable"};
  uint64_t count = 0;
  uint64_t placed = 0;
  for (auto& [key, of_key] : registers_of(recording)) {
    std::vector<Step> steps = of_key.steps();
    count++;
    placed += steps.size();
    Search search(std::move(steps), most_steps);
    switch (search.run()) {
      case Found::kOrder:
        break;
      case Found::kNone:
        verdict.violations.push_back(explain(key, search.stuck()));
        break;
      case Found::kTooLong:
        verdict.undecided.push_back(key + " takes too long to decide");
        break;
    }
  }
  verdict.counts = {{"registers", count},
                    {"operations", placed},
                    {"broken", verdict.violations.size()},
                    {"undecided", verdict.undecided.size()}};
  return verdict;
}

}  // namespace onggi::checkers
