// A tier task as a worker's thread does it.
#pragma once

#include <string>

#include "node/tier_flow.h"
#include "storage/tier.h"

namespace onggi {

// Blocks. `checkpoint`: where a CheckpointTask makes its files.
TierResult run_tier_job(Tier& tier, TierTask task, const std::string& checkpoint);

}  // namespace onggi
