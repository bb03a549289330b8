// What may not leave memory: the keys and slots that a command was given while it waits for others, until it runs.
//
// Each is known by a hash of its name alone. Where two have the same one, the other stays in memory a little longer.
// Owned by the Store's thread; the counts outlive whoever of the Store and the waiting commands goes first.
#pragma once

#include <cstdint>
#include <memory>
#include <unordered_map>
#include <utility>
#include <vector>

namespace onggi {

class Pins {
 public:
  bool none() const { return counts_.empty(); }
  bool holds(uint64_t what) const { return counts_.contains(what); }
  uint64_t bytes() const { return bytes_; }  // of everything that is pinned, however often

  void add(uint64_t what, uint64_t bytes) {
    Count& count = counts_[what];
    count.times++;
    bytes_ += bytes - count.bytes;  // modulo 2^64: it may have become less
    count.bytes = bytes;
  }
  void remove(uint64_t what) {
    const auto found = counts_.find(what);
    if (--found->second.times > 0) return;
    bytes_ -= found->second.bytes;
    counts_.erase(found);
  }

 private:
  struct Count {
    uint64_t times = 0;
    uint64_t bytes = 0;  // as it was found last
  };
  std::unordered_map<uint64_t, Count> counts_;
  uint64_t bytes_ = 0;
};

// The pins of one command; they end with it.
class PinSet {
 public:
  PinSet() = default;
  PinSet(const PinSet&) = delete;
  PinSet& operator=(const PinSet&) = delete;
  ~PinSet() { clear(); }

  bool empty() const { return held_.empty(); }
  size_t memory() const { return held_.capacity() * sizeof(uint64_t); }
  void add(const std::shared_ptr<Pins>& pins, uint64_t what, uint64_t bytes) {
    if (pins != pins_) clear();  // those of a store that is gone
    pins_ = pins;
    pins_->add(what, bytes);
    held_.push_back(what);
  }
  void clear() {
    if (held_.empty()) return;
    for (const uint64_t what : std::exchange(held_, {})) pins_->remove(what);
  }

 private:
  std::shared_ptr<Pins> pins_;
  std::vector<uint64_t> held_;
};

}  // namespace onggi
