// The clocks of the programs. Only drivers read them; the cores are told.
#pragma once

#include "common/types.h"

namespace onggi::net {

Instant boottime_now();  // CLOCK_BOOTTIME
WallTime wall_now();
Now read_clocks();

}  // namespace onggi::net
