// The files that cut tails were saved to (PROTOCOL N5): a folder of at most kMostCutTails, and the keys that their
// records had written.
#pragma once

#include <string>
#include <vector>

#include "common/types.h"
#include "storage/disk.h"

namespace onggi {

// For the log: quoted, in order, `most` at most ("and more" says that there are others), or "none".
std::string dropped_keys(Disk& disk, const std::string& path, uint32_t databases, size_t most);

inline constexpr size_t kMostCutTails = 100;

// tail-EPOCH-OFFSET-TIME.log, zero-padded: the order of names is the order of time in one history.
std::string cut_tail_name(Position end, Offset from, WallTime now);

// Removes the oldest files beyond kMostCutTails; their names.
std::vector<std::string> forget_old_tails(Disk& disk, const std::string& directory);

}  // namespace onggi
