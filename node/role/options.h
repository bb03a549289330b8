// What a node's settings say to its role. In a managed node the stored configuration binds instead wherever it speaks
// of the same thing (k, lease-ms).
#pragma once

#include <optional>
#include <string>

#include "common/types.h"
#include "node/durability.h"

namespace onggi {

struct RoleOptions {
  bool managed = false;
  std::optional<Address> replica_of;  // unmanaged: whom to follow at start
  Address announce;                   // how others reach this node
  Durability durability = Durability::kOs;
  uint32_t write_acks = 0;  // k, unmanaged only
  uint32_t priority = 100;  // 0: can't lead
  std::string master_user;  // said to the master
  std::string master_password;
  std::string required_password;     // asked of followers; empty: none
  std::string tail_directory = ".";  // where cut tails are kept (N5)
  std::string version;
  std::string id_file;      // of this process: reconfiguring doesn't change it. See NodeStatus::id_file
  milliseconds hold{1500};  // H2: the longest pause
  seconds repl_timeout{60};
  seconds repl_ping{1};
  // The other side of a replication link signs its life each repl_ping; after this long without, it is not counted on.
  Duration alive() const { return 2 * repl_ping + milliseconds(500); }
  size_t stream_high_water = 1u << 20;  // output pending on one replica's connection: no more is read for it
  size_t stream_chunk_bytes = 256u << 10;
  size_t copy_chunk_bytes = 256u << 10;
  size_t max_followers = 64;
  size_t max_copies = 4;  // full copies sent at a time
  // Of a followed stream, in memory alone while the own log can't be written: no more is taken.
  uint64_t most_unwritten_bytes = 64ull << 20;
};

}  // namespace onggi
