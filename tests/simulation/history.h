// What clients asked and what they were told, as the checkers read it: plain operations in the order in which they were
// begun. `onggi-sim --seed S --history FILE` writes them down, one line of JSON each, as recorders of real clusters do.
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace onggi::sim {

// A key's family says what may be concluded from its value.
enum class Family : uint8_t {
  kOnce,      // written once
  kRegister,  // written again and again, each time with a value that was never written before
  kCounter,   // incremented by one client alone
  kSession,   // expires
};
enum class Action : uint8_t { kWrite, kSwap, kIncrement, kTouch, kRead };
enum class Outcome : uint8_t {
  kOk,
  kError,    // surely not done
  kUnknown,  // it may have been done, at any time from its beginning on
};

inline constexpr int64_t kNever = std::numeric_limits<int64_t>::max();

struct Operation {
  std::string client;
  Action action = Action::kRead;
  Family family = Family::kOnce;
  std::string key;
  int64_t value = 0;     // written, read (0: nothing was there), or what the counter became
  int64_t previous = 0;  // kSwap: what was there before
  int64_t ttl_ms = 0;    // kSession: time to live given by a write or a touch
  int64_t invoked = 0;   // us
  int64_t completed = kNever;
  Outcome outcome = Outcome::kUnknown;
  bool durable = false;  // acknowledged by as many nodes as no failover may lose (P1)
  bool fresh = false;    // a read that a master with a lease answered
  std::string node;      // who was asked
  std::string error;
};

using Operations = std::vector<Operation>;
using Contents = std::map<std::string, int64_t>;  // what a node holds in the end; no key, no value

std::string to_json_line(const Operation& operation);

}  // namespace onggi::sim
