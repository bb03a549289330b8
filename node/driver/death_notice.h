// Tells sentinels that a run is dead, each until it has answered (PROTOCOL L4): by a process for each, since a name may
// keep the resolver busy for seconds, and the others are not to wait for it. Used by the watcher alone, which has no
// threads.
#pragma once

#include <vector>

#include "common/messages.h"

namespace onggi {

// Until each has answered, `for_ms` have passed, or a signal to end comes in on `signal_fd` (which hears SIGCHLD, too):
// whether one did.
bool tell_of_death(const RunDead& notice, const std::vector<Address>& sentinels, int for_ms, int signal_fd);

// Waits; whether a signal to end came in.
bool asked_to_end_within(int for_ms, int signal_fd);

}  // namespace onggi
