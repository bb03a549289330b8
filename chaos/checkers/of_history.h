// What must be true of a whole history of operations, and of what the nodes hold in the end. Each in a file of its own.
//
// The simulator runs these after every seed, chaos after every scenario, `onggi-check` over any file. They read the
// recording and nothing else; they keep no clock, and decide the same recording the same way each time.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "chaos/checkers/history.h"

namespace onggi::checkers {

struct Violation {
  std::string key;
  std::string text;
  std::vector<size_t> lines;  // the operations that show it
};

struct Verdict {
  std::string_view checker;
  std::vector<Violation> violations;
  // What could not be decided, in words; empty: all was.
  std::vector<std::string> undecided;
  std::vector<std::pair<std::string_view, uint64_t>> counts;
  std::vector<size_t> lost;  // lines of clients' acknowledged writes that are gone, be they promised or not
};

// P1: what was durably acknowledged is there in the end, on every node, or was overwritten by what did not come wholly
// before it. What was acknowledged and not promised is counted only; probes are judged too, and counted apart.
Verdict acknowledged_survives(const Recording& recording);

// P1: a WAIT doesn't count more replicas than there are, and what enough of them had is not lost.
Verdict waits_are_true(const Recording& recording);

// P1: a counter goes up by one with each durable increment, never back, and by no more than what is unknown beside.
Verdict counters_add_up(const Recording& recording);

// Whoever reads a value, or is told what a write of his replaced, is told what somebody wrote to that key; and a fresh
// read is of nothing that a durable write had replaced before.
Verdict reads_are_of_writes(const Recording& recording);

// Each register behaves as one place that changes at one moment of each durable write and swap and shows its value to
// fresh reads. A write that was not acknowledged may take effect at any later time, or never. Not decided: what would
// take more steps than the search is given.
inline constexpr size_t kMostSteps = 500'000;
Verdict linearizable(const Recording& recording, size_t most_steps = kMostSteps);

// P3: in the end every node that was looked at holds the same of each key that doesn't expire.
Verdict nodes_agree(const Recording& recording);

// No expired key is returned, no live key is gone early.
Verdict sessions_live_as_told(const Recording& recording);

std::vector<Verdict> judge(const Recording& recording);

// For checkers: the place of a moment in the story, in seconds, as messages show it.
std::string at(int64_t us);

}  // namespace onggi::checkers
