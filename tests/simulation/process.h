// What every simulated process has: a host, a clock of its own, an incarnation, and a deadline that wakes it.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "common/random.h"
#include "common/types.h"
#include "tests/simulation/network.h"
#include "tests/simulation/timeline.h"

namespace onggi::sim {

class Trace;

class Process;

struct World {
  Timeline timeline;
  Random random;
  Network network;
  Trace& trace;
  std::function<void(Process&, const std::string&)> on_say;  // for those who strike at the worst moment
  std::function<uint64_t(const Address&)> leased_epoch;      // of the node there, if it has a lease now; else 0
  explicit World(uint64_t seed, Trace& t) : random(seed), network(timeline, random), trace(t) {}
};

// The story of a run: the last lines, and a hash of all of them.
class Trace {
 public:
  explicit Trace(bool print) : print_(print) {}
  void say(Micros now, const std::string& who, const std::string& what);
  uint64_t hash() const { return hash_; }
  const std::deque<std::string>& tail() const { return tail_; }

 private:
  static constexpr size_t kTail = 300;
  bool print_;
  uint64_t hash_ = 1469598103934665603ull;
  std::deque<std::string> tail_;
};

class Process : public Party {
 public:
  Process(World& world, HostId host, std::string name, Address address);

  const std::string& name() const { return name_; }
  const Address& address() const { return address_; }
  HostId host() const { return host_; }
  bool alive() const { return alive_; }
  bool is_paused() const { return paused_; }
  virtual void start() = 0;
  // SIGKILL.
  void kill();
  // Its host is taken away: it is killed, and no start() brings it back before call_back().
  void retire();
  void call_back() { retired_ = false; }
  bool retired() const { return retired_; }
  // It starts at another address the next time; it must be dead.
  void move_to(const Address& address);
  void pause();
  void resume();
  // The clocks as this process reads them: drift of up to 4 %, and the wall clock off by up to two seconds.
  Now clocks() const;
  void jump_wall(int64_t ms) { wall_offset_ms_ += ms; }
  void set_true_clock() { wall_offset_ms_ = 0; }
  // Woken again and again by a deadline that has passed: a real process would keep a processor busy.
  bool spins() const { return wakes_ > kMostWakes; }
  // Something happened in it since the last call: what the checkers look at may have changed.
  bool take_touched() { return std::exchange(touched_, false); }

 protected:
  virtual void died() = 0;
  virtual void woken() = 0;  // the deadline has come, or a pause is over
  void say(const std::string& what);
  void touch() { touched_ = true; }
  void set_alive();
  void wake_at(std::optional<Instant> deadline);
  // Later, unless the process died meanwhile; while it is paused, when it goes on.
  void later(Micros delay, std::function<void()> what);

  World& world_;

 private:
  void run_or_defer(uint64_t life, std::function<void()> what);
  void alarm_rings();

  HostId host_;
  std::string name_;
  Address address_;
  bool alive_ = false;
  bool paused_ = false;
  bool retired_ = false;
  uint64_t life_ = 0;
  std::optional<Instant> deadline_;       // on its own clock
  std::optional<Micros> alarm_;           // when the timeline rings, if it does
  static constexpr int kMostWakes = 500;  // in one of its windows
  static constexpr Micros kWakeWindow = 20'000;
  int wakes_ = 0;
  Micros window_ = 0;
  bool touched_ = false;
  double rate_;  // own microseconds per true one
  Micros boot_offset_;
  int64_t wall_offset_ms_;
  std::deque<std::function<void()>> deferred_;
};

}  // namespace onggi::sim
