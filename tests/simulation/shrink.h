// Of a failing seed's faults, few that still make it fail.
#pragma once

#include "tests/simulation/run.h"

namespace onggi::sim {

// Leaves out as many faults as it can so that the run still fails in the same way (by the failure's first word), by
// halves, quarters and so on (delta debugging), in at most `runs` runs. What it returns failed.
RunResult shrink(RunOptions& options, const RunResult& failed, int runs);

}  // namespace onggi::sim
