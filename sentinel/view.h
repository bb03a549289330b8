// A read-only picture of one sentinel at one moment: all that SENTINEL MASTERS, REPLICAS, SENTINELS, CKQUORUM,
// GET-MASTER-ADDR-BY-NAME and INFO answer from. Made on demand by Sentinel::view; ages are measured at that moment.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/messages.h"

namespace onggi {

struct NodeView {
  Address address;         // announced by the node, or else the one it is watched at
  NodeId id;               // empty: it never answered
  bool member = false;     // of the stored configuration
  bool is_master = false;  // the stored configuration names it
  bool linked = false;
  bool down = false;  // silent for down-after-ms, refusing, or its run proven dead
  Duration down_age{0};
  Duration last_sent_age{0};           // of the last heartbeat
  Duration last_answer_age{0};         // of the last answer; since the start if there was none
  Duration role_age{0};                // how long it has said that role
  std::optional<NodeStatus> status;    // the last answer
  std::optional<Duration> lease_left;  // that this sentinel granted it and still waits for
};

struct SentinelPeerView {
  Address address;
  SentinelId id;  // empty: it never answered
  RunId run;
  bool member = false;  // of the stored configuration (or, before the first, of the options)
  bool linked = false;
  bool down = false;
  Duration down_age{0};
  Duration last_sent_age{0};
  Duration last_answer_age{0};
  Epoch epoch;
  Epoch stored;
  bool finds_master_down = false;
  SentinelId voted_leader;  // as far as this sentinel knows
  Epoch voted_epoch;
};

struct SentinelView {
  SentinelId id;
  RunId run;
  Epoch epoch;
  Epoch vote_epoch;
  SentinelId vote;
  Configuration configuration;  // epoch 0: none yet

  std::optional<Address> master_address;  // what clients are told (W5)
  bool master_down = false;               // as this sentinel finds it (W2, W4): s_down
  Duration master_down_age{0};
  bool majority_finds_down = false;  // o_down
  bool majority_contact = false;
  uint32_t voters = 0;          // sentinels that count
  uint32_t usable_voters = 0;   // of these, itself and those that answer
  uint32_t majority = 0;        // votes needed
  uint32_t fence_needed = 0;    // F, at least failover-min-nodes
  uint32_t sure_answering = 0;  // members that answer and are sure

  std::string failover_state = "none";  // none, wait_start, pause, fence, catch_up, promote, publish
  std::vector<std::string> stuck;       // why no master can be had now, one reason a line; empty: nothing is in the way
  std::vector<NodeView> nodes;          // the configured master first, if it is known
  std::vector<SentinelPeerView> sentinels;  // the others

  milliseconds down_after{0};
  milliseconds failover_timeout{0};
  uint32_t failover_min_nodes = 0;
  std::string master_name;
};

}  // namespace onggi
