// What clients asked and what they were told: the input of the checkers.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>

namespace onggi::sim {

// A key that one client alone writes, each time with a new number.
struct RegisterHistory {
  uint64_t last_acknowledged = 0;  // 0: none
  std::set<uint64_t> told;         // executed since, but not by enough nodes: may be lost
  std::set<uint64_t> unanswered;   // may or may not have happened, and may still
};

struct CounterHistory {
  uint64_t acknowledged = 0;  // INCRs answered
  uint64_t attempted = 0;
};

struct ClientHistory {
  std::map<std::string, RegisterHistory> registers;
  std::map<std::string, CounterHistory> counters;
  std::set<std::string> sessions;
  uint64_t acknowledged = 0;
  uint64_t errors = 0;
};

}  // namespace onggi::sim
