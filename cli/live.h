// `onggi-cli status` and `onggi-cli watch`: the view once, until it is good, or for ever.
#pragma once

#include "cli/options.h"

namespace onggi {

// Prints the view once; 1 if no sentinel answers. With --wait: nothing until all is in sync, then that and 0; else why
// not, and 1.
int show_status(const CliOptions& options);

// Redraws a terminal's screen; a pipe gets the view's lines whenever something but traffic changed. The sentinels'
// events come as they happen. Ends by a signal, or when nobody reads the output.
int show_watch(const CliOptions& options);

}  // namespace onggi
