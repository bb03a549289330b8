// Virtual time: what happens when, in one order. Nothing else in a simulation knows the time.
//
// Two events of the same moment happen in the order they were asked for, so a seed replays exactly.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

namespace onggi::sim {

using Micros = int64_t;

class Timeline {
 public:
  Micros now() const { return now_; }
  void at(Micros when, std::function<void()> what) {
    uint32_t slot = static_cast<uint32_t>(what_.size());
    if (free_.empty()) {
      what_.push_back(std::move(what));
    } else {
      slot = free_.back();
      free_.pop_back();
      what_[slot] = std::move(what);
    }
    queue_.push_back({std::max(when, now_), next_++, slot});
    std::push_heap(queue_.begin(), queue_.end());
  }
  void after(Micros delay, std::function<void()> what) { at(now_ + delay, std::move(what)); }

  // The next event; false: there is none before `end`, and it is `end` now.
  bool step(Micros end) {
    if (queue_.empty() || queue_.front().when > end) {
      now_ = std::max(now_, end);
      return false;
    }
    const Event event = queue_.front();
    std::pop_heap(queue_.begin(), queue_.end());
    queue_.pop_back();
    now_ = event.when;
    const std::function<void()> what = std::exchange(what_[event.slot], nullptr);
    free_.push_back(event.slot);
    what();
    return true;
  }

 private:
  // Small, since a heap moves them about; what is to be done lies still in its slot.
  struct Event {
    Micros when = 0;
    uint64_t order = 0;
    uint32_t slot = 0;
    bool operator<(const Event& other) const {
      return std::pair(other.when, other.order) < std::pair(when, order);  // the earliest on top
    }
  };
  std::vector<Event> queue_;
  std::vector<std::function<void()>> what_;
  std::vector<uint32_t> free_;
  Micros now_ = 0;
  uint64_t next_ = 0;
};

}  // namespace onggi::sim
