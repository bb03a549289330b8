// Gathers the cluster's view: asks the sentinels whom they know, then every node for its INFO. Keeps its connections,
// so that a probe of a healthy cluster is one round trip a process; a process that hangs costs a probe its time limit.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "cli/cluster_view.h"
#include "cli/connection.h"
#include "cli/options.h"

namespace onggi {

class ClusterProbe {
 public:
  explicit ClusterProbe(const CliOptions& options) : options_(options) {}

  ClusterView probe();

 private:
  Result<Reply> ask(const Address& address, const std::string& password, const Words& command);
  SentinelView probe_sentinel(const Address& address);
  NodeView probe_node(const Address& address);
  void learn(const Address& sentinel);

  CliOptions options_;
  std::map<Address, Connection> connections_;
  std::set<Address> nodes_;  // every node ever heard of: one that died is shown as unreachable, not forgotten
  std::set<Address> sentinels_;
};

}  // namespace onggi
