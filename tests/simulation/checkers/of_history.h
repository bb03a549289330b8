// What must be true of a whole history of operations, and of what the nodes hold in the end. Each in a file of its own.
#pragma once

#include <string>
#include <vector>

#include "tests/simulation/checkers/look.h"
#include "tests/simulation/history.h"

namespace onggi::sim {

// P1: what was durably acknowledged is there in the end, or was overwritten by what did not come wholly before it.
void acknowledged_survives(const Operations& operations, const Contents& contents, Failures& failures);

// P1: a counter goes up by one with each acknowledged increment, never back, and by no more than what is unknown
// beside.
void counters_add_up(const Operations& operations, const Contents& contents, Failures& failures);

// Each register behaves as one place that changes at one moment of each durable write and swap and shows its value to
// fresh reads. False: it was too much to decide within the steps that it is given.
bool linearizable(const Operations& operations, const Contents& contents, Failures& failures);

// No expired key is returned, no live key is gone early. `slack_ms`: by how much the wall clocks may differ.
void sessions_live_as_told(const Operations& operations, int64_t slack_ms, Failures& failures);

}  // namespace onggi::sim
