// What an operator's configuration says to a sentinel. It gives only the first configuration of a cluster; from
// then on the stored one binds (PROTOCOL, Words), and what differs here is ignored.
#pragma once

#include <string>
#include <vector>

#include "common/types.h"

namespace onggi {

struct SentinelOptions {
  std::string master_name = "mymaster";
  Address self;                          // as announced to the other sentinels, the nodes and their watchers
  std::vector<Address> nodes;            // the nodes of the first configuration
  std::vector<Address> sentinels;        // the sentinels of the first configuration; `self` may be among them or not
  Address preferred_master;              // of nodes with equal logs, the first master; port 0: none
  uint32_t write_acks = 0;               // k of the first configuration
  uint32_t lease_ms = 600;               // of the first configuration
  uint32_t failover_min_nodes = 0;       // F2; never less than F
  milliseconds heartbeat{100};           // W1
  milliseconds down_after{1000};         // W2
  milliseconds failover_timeout{10000};  // the longest that one attempt of a leader may take
};

}  // namespace onggi
