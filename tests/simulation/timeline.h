// Virtual time: what happens when, in one order. Nothing else in a simulation knows the time.
//
// Two events of the same moment happen in the order they were asked for, so a seed replays exactly.
#pragma once

#include <cstdint>
#include <functional>
#include <queue>
#include <utility>
#include <vector>

namespace onggi::sim {

using Micros = int64_t;

class Timeline {
 public:
  Micros now() const { return now_; }
  void at(Micros when, std::function<void()> what) { queue_.push({std::max(when, now_), next_++, std::move(what)}); }
  void after(Micros delay, std::function<void()> what) { at(now_ + delay, std::move(what)); }

  // The next event; false: there is none before `end`, and it is `end` now.
  bool step(Micros end) {
    if (queue_.empty() || queue_.top().when > end) {
      now_ = std::max(now_, end);
      return false;
    }
    Event event = std::move(const_cast<Event&>(queue_.top()));  // popped in the next line
    queue_.pop();
    now_ = event.when;
    event.what();
    return true;
  }

 private:
  struct Event {
    Micros when = 0;
    uint64_t order = 0;
    std::function<void()> what;
    bool operator<(const Event& other) const {
      return std::pair(other.when, other.order) < std::pair(when, order);  // the earliest on top
    }
  };
  std::priority_queue<Event> queue_;
  Micros now_ = 0;
  uint64_t next_ = 0;
};

}  // namespace onggi::sim
