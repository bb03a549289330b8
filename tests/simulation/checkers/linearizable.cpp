// The search of Wing and Gong for one register: an order of its operations, each at a moment between its beginning and
// its end, in which every answer is right. Values are never written twice, so that an operation of unknown outcome
// matters only if somebody saw its value; most orders fail at once, and the search is short.
#include <algorithm>
#include <map>
#include <set>
#include <unordered_set>

#include "tests/simulation/checkers/of_history.h"

namespace onggi::sim {

namespace {

constexpr size_t kMostSteps = 200'000;

struct Step {
  int64_t invoked = 0;
  int64_t completed = kNever;
  bool must = false;     // it surely happened
  bool writes = false;   // the register holds `value` from then on
  bool answers = false;  // and held `seen` just before
  int64_t value = 0;
  int64_t seen = 0;
};

class Search {
 public:
  explicit Search(std::vector<Step> steps) : steps_(std::move(steps)), done_(steps_.size(), false) {
    std::sort(steps_.begin(), steps_.end(), [](const Step& a, const Step& b) { return a.invoked < b.invoked; });
    left_ = static_cast<size_t>(std::count_if(steps_.begin(), steps_.end(), [](const Step& s) { return s.must; }));
  }

  bool found(int64_t value) {
    if (left_ == 0) return true;
    if (++tried_ > kMostSteps) return false;
    if (!seen_.insert(fingerprint(value)).second) return false;
    while (first_ < done_.size() && done_[first_]) first_++;
    int64_t first_end = kNever;
    for (size_t i = first_; i < steps_.size() && steps_[i].invoked <= first_end; i++) {
      if (!done_[i] && steps_[i].must) first_end = std::min(first_end, steps_[i].completed);
    }
    for (const bool sure : {true, false}) {
      for (size_t i = first_; i < steps_.size() && steps_[i].invoked <= first_end; i++) {
        const Step& step = steps_[i];
        if (done_[i] || step.must != sure || (step.answers && step.seen != value)) continue;
        const size_t first = first_;
        done_[i] = true;
        left_ -= step.must;
        if (found(step.writes ? step.value : value)) return true;
        left_ += step.must;
        done_[i] = false;
        first_ = first;
      }
    }
    return false;
  }
  bool gave_up() const { return tried_ > kMostSteps; }

 private:
  std::string fingerprint(int64_t value) const {
    std::string text = std::to_string(value) + " ";
    text.reserve(text.size() + done_.size());
    for (const bool done : done_) text += done ? '1' : '0';
    return text;
  }

  std::vector<Step> steps_;
  std::vector<bool> done_;
  std::unordered_set<std::string> seen_;
  size_t first_ = 0;
  size_t left_ = 0;
  size_t tried_ = 0;
};

std::vector<Step> steps_of(const std::vector<const Operation*>& operations, int64_t in_the_end) {
  std::set<int64_t> durable{0};
  std::set<int64_t> seen{in_the_end};
  for (const Operation* o : operations) {
    if (o->durable && o->action != Action::kRead) durable.insert(o->value);
    if (o->durable && o->action == Action::kSwap) durable.insert(o->previous), seen.insert(o->previous);
  }
  durable.insert(in_the_end);
  std::vector<Step> steps;
  for (const Operation* o : operations) {
    // Who reads what was not acknowledged yet may see it lost: that is not promised.
    if (o->action == Action::kRead && o->fresh && o->outcome == Outcome::kOk && durable.contains(o->value)) {
      steps.push_back({o->invoked, o->completed, true, false, true, 0, o->value});
      seen.insert(o->value);
    }
  }
  for (const Operation* o : operations) {
    if (o->action == Action::kRead || o->outcome == Outcome::kError) continue;
    const bool swap = o->action == Action::kSwap && o->outcome == Outcome::kOk && o->durable;
    if (o->durable) {
      steps.push_back({o->invoked, o->completed, true, true, swap, o->value, o->previous});
    } else if (seen.contains(o->value)) {
      steps.push_back({o->invoked, kNever, false, true, false, o->value, 0});
    }
  }
  steps.push_back({kNever, kNever, true, false, true, 0, in_the_end});
  return steps;
}

}  // namespace

bool linearizable(const Operations& operations, const Contents& contents, Failures& failures) {
  std::map<std::string, std::vector<const Operation*>> by_key;
  for (const Operation& operation : operations) {
    if (operation.family == Family::kRegister) by_key[operation.key].push_back(&operation);
  }
  bool decided = true;
  for (const auto& [key, of_key] : by_key) {
    const auto found = contents.find(key);
    Search search(steps_of(of_key, found == contents.end() ? 0 : found->second));
    if (search.found(0)) continue;
    if (search.gave_up()) {
      decided = false;
    } else {
      failures.push_back("no order of the operations on " + key + " explains what clients were told");
    }
  }
  return decided;
}

}  // namespace onggi::sim
