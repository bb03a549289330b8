// What clients asked and what they were told, as the checkers of histories read it: plain operations, and what the
// nodes hold in the end. The simulator makes such recordings in memory, chaos on real processes, anybody in a file
// (history_file.h); they are judged by the same code.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace onggi::checkers {

// A key's family says what may be concluded from its value.
enum class Family : uint8_t {
  kOnce,      // has one value ever, whoever writes it
  kRegister,  // written again and again, each time with a value that was never written before
  kCounter,   // incremented by one client alone, one request after the other
  kSession,   // expires; used by one client alone, one request after the other
  kProbe,     // as a register, written to one node whatever its role: only whether it survives is asked
};
enum class Action : uint8_t { kWrite, kSwap, kIncrement, kTouch, kRead };
enum class Outcome : uint8_t {
  kOk,
  kError,    // surely not done
  kUnknown,  // it may have been done, or is yet to be, at any time from its beginning on
};

inline constexpr int64_t kNever = std::numeric_limits<int64_t>::max();

struct Operation {
  std::string client;
  std::string host;  // the client's
  Action action = Action::kRead;
  Family family = Family::kOnce;
  std::string key;
  std::string value;     // written, read (empty: nothing was there), what the counter became; a touch that found: "1"
  std::string previous;  // kSwap: what was there before
  int64_t ttl_ms = 0;    // kSession: time to live given by a write or a touch
  int64_t invoked = 0;   // us; one clock for all clients
  int64_t completed = kNever;  // kUnknown: never
  Outcome outcome = Outcome::kUnknown;
  bool durable = false;  // acknowledged by as many nodes as no failover may lose (P1)
  // A read whose answer must know all that was durable when it was asked: of a master that had the lease of one and the
  // same epoch before and after.
  bool fresh = false;
  std::optional<int64_t> waited;  // what the WAIT after it answered
  std::string node;               // who was asked
  std::string error;
  size_t line = 0;  // in its file, from 1
};

using Operations = std::vector<Operation>;
using Contents = std::map<std::string, std::string>;  // what a node holds in the end; no key, no value

struct Recording {
  Operations operations;                     // in the order in which they were begun
  std::map<std::string, Contents> contents;  // in the end, by node; empty: nobody looked
  int64_t slack_ms = 0;                      // by how much the wall clocks may differ, and an answer be late
  size_t nodes = 0;                          // in the cluster; 0: not told
  bool one_for_all = false;                  // `contents`: who recorded them found that all nodes hold the same
};

}  // namespace onggi::checkers
