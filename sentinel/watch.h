// What a sentinel has heard of whom, and what it makes of it (PROTOCOL W2, W4): who is alive, whether the master is
// down, whether it is cut off from its members. It decides nothing and sends nothing.
//
// Silence is measured on the attentive clock: a step counts for two heartbeats at most, so that nobody is found
// silent when the sentinel itself did not run (W2).
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sentinel/configuration.h"
#include "sentinel/dead_runs.h"
#include "sentinel/options.h"
#include "sentinel/peers.h"

namespace onggi {

struct NodeSeen {
  NodeStatus status;     // the last answer of a run not proven dead
  Duration answered{0};  // attentive clock
  Duration role_since{0};
};

struct SentinelSeen {
  SentinelId id;
  RunId run;
  Address address;  // as it announces itself
  Epoch epoch;
  Epoch stored;
  bool finds_master_down = false;
  bool forced_sentinels = false;
  Duration answered{0};
  Duration since{0};  // when this run was first heard
  SentinelId voted_leader;
  Epoch voted_epoch;
};

// The master as this sentinel finds it.
struct Finding {
  bool down = false;
  std::string why;  // when down
};

class Watch {
 public:
  Watch(const SentinelOptions& options, Instant now) : options_(&options), last_step_(now) {}

  void attend(Instant now);  // at the beginning of each step
  Duration awake() const { return awake_; }

  void heard(const NodeStatus& status, const Configuration& stored);
  void heard(const SentinelHeartbeat& heartbeat);
  void voted(const SentinelId& voter, Epoch epoch, const SentinelId& leader);
  void run_died(const RunId& run);
  void configuration_stored(const Configuration& stored);
  void forget_others();

  const NodeSeen* node(const NodeId& id) const;
  const SentinelSeen* sentinel(const SentinelId& id) const;
  const std::map<NodeId, NodeSeen>& nodes() const { return nodes_; }
  const std::map<SentinelId, SentinelSeen>& sentinels() const { return sentinels_; }

  // Answered within down-after-ms, and nothing speaks against it since.
  bool alive(const NodeId& id, const Peers& peers) const;
  bool alive(const SentinelId& id) const;

  // The run that was seen as master of the stored configuration; empty: not seen yet.
  const RunId& master_run() const { return master_run_; }

  // W2. For a configuration that is stored.
  Finding master(const Configuration& stored, const Peers& peers) const;
  // The node that answers as writable master of the stored configuration or a later one, if one does.
  const NodeStatus* writable_master(const Configuration& stored) const;
  // How long until silence alone would make the master down; nothing if it already counts as silent.
  std::optional<Duration> until_silent(const Configuration& stored) const;

  // W4. To be asked at every step; remembers since when it holds.
  bool isolated(const Configuration& stored, const Peers& peers);
  void isolation_was_acted_on() { isolation_wait_doublings_++; }

 private:
  bool writable_heard(const Configuration& stored) const;
  static constexpr uint32_t kMaxDoublings = 6;
  static constexpr size_t kMaxSeen = 256;

  const SentinelOptions* options_;
  Instant last_step_;
  Duration awake_{0};
  std::map<NodeId, NodeSeen> nodes_;
  std::map<SentinelId, SentinelSeen> sentinels_;

  struct Writable {
    NodeId node;
    RunId run;
    Epoch epoch;
    Duration at{0};
  };
  std::optional<Writable> writable_;  // the last answer of a writable master
  Duration stored_at_{0};             // when the configuration was stored, or the watch began
  RunId master_run_;
  bool master_run_dead_ = false;

  std::optional<Duration> isolated_since_;
  std::optional<Duration> in_reach_since_;
  uint32_t isolation_wait_doublings_ = 0;
};

}  // namespace onggi
