// Gathers the cluster's view: asks the sentinels whom they know, then every node for its INFO. Who died is still known
// to the sentinels, and shown as unreachable; who left or moved is not, and is forgotten with them. Keeps its
// connections, so that a probe of a healthy cluster is one round trip a process; a process that hangs costs a probe its
// time limit.
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
  void learn(const SentinelView& sentinel);
  std::vector<SentinelView> probe_sentinels();
  void forget(std::vector<SentinelView>& sentinels);

  // Whom those sentinels know that have the newest configuration.
  struct Known {
    uint64_t epoch = 0;
    std::set<Address> nodes;
    std::set<Address> sentinels;

    void merge(Known&& heard);
  };

  CliOptions options_;
  std::map<Address, Connection> connections_;
  Known known_;              // heard in this probe
  std::set<Address> nodes_;  // as last heard
  std::set<Address> sentinels_;
};

}  // namespace onggi
