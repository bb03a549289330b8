// The keys that the records of a cut tail had written (PROTOCOL N5), read from the file the tail was saved to.
#pragma once

#include <string>

#include "storage/disk.h"

namespace onggi {

// For the log: quoted, in order, `most` at most ("and more" says that there are others), or "none".
std::string dropped_keys(Disk& disk, const std::string& path, uint32_t databases, size_t most);

}  // namespace onggi
