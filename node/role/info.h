// What INFO, ROLE and the cluster's status show of replication. Values, copied out; nothing here decides anything.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "common/types.h"

namespace onggi {

// What a command that writes meets right now.
enum class WriteGate : uint8_t {
  kOpen,
  kHoldLease,     // L1: a master without a lease: hold up to hold-ms, then -READONLY
  kHoldReplicas,  // N8: fewer than k members follow: hold up to hold-ms, then -NOREPLICAS
  kHoldDisk,      // the log can't be written: hold while the sentinels look for another master (H1), then -MISCONF
  kHoldPause,     // H2: a hand-over is under way: hold; the pause ends by itself, or H3 forwards
  kReadonly,      // a follower, or nobody's: -READONLY
};

// One follower of this node.
struct ReplicaInfo {
  NodeId id;
  Address address;
  enum class State : uint8_t { kWaitCopy, kSendCopy, kOnline };
  State state = State::kOnline;
  Offset acked;  // written by it
  Offset synced;
  int64_t lag_s = 0;       // since its last acknowledgement
  bool member = false;     // counts for k and WAIT (M3)
  bool following = false;  // connected, compared, epoch-start acknowledged
};

// This node's link to its master.
struct MasterLink {
  Address address;
  enum class State : uint8_t { kConnect, kConnecting, kSync, kConnected };
  State state = State::kConnect;
  bool up() const { return state == State::kConnected; }
  int64_t last_io_s = -1;     // -1: never heard
  int64_t down_since_s = -1;  // -1: it is up
  bool copy_in_progress = false;
  uint64_t copy_bytes = 0;  // received
  uint64_t copy_total = 0;
  Offset offset;        // read and applied
  std::string refused;  // why the master, or this node, refuses to go on; empty: nothing wrong
};

struct RoleCounters {
  uint64_t sync_full = 0;  // full copies sent
  uint64_t sync_partial_ok = 0;
  uint64_t sync_partial_err = 0;  // followers that needed a full copy
  uint64_t copies_received = 0;
  uint64_t tails_cut = 0;  // N5, in this process's life
  uint64_t records_cut = 0;
  uint64_t promotions = 0;
  uint64_t demotions = 0;
  uint64_t state_save_errors = 0;
};

}  // namespace onggi
