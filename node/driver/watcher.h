// The watcher: a node's small parent process, whose word proves the node's death (PROTOCOL L4).
//
// It makes the run's secret, starts the node as its child, and waits. When the child has died it tells every sentinel
// that the node named "run R is dead", with R's secret, until each has answered. It passes signals on, starts the node
// again if asked to, and serves nobody. Its own silence or death proves nothing.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "common/types.h"

namespace onggi {

// What the child knows of its watcher, handed over in its environment.
struct Watched {
  RunId run;
  int report_fd = -1;  // the node writes reports here
};

struct WatcherOptions {
  bool restart = false;  // after a crash: not after a clean stop
  bool daemonize = false;
  std::string pidfile;
  std::function<int(const Watched&)> run_node;  // in the child; never returns to the watcher
};

// Runs the watcher until the node has ended for good; returns the program's exit status.
int watch(const WatcherOptions& options);

// The node keeps its watcher informed: its id, and the sentinels to tell. Failures are ignored: no watcher, no proof.
void report_to_watcher(int fd, const NodeId& node, const std::vector<Address>& sentinels);

}  // namespace onggi
