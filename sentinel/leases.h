// The sentinel's half of leases (PROTOCOL L3, L4): which tokens it echoes, and until when each grant binds its vote.
//
// Invariant: for every token that was echoed there is a grant that lasts at least as long as the master may count
// it, unless the master's run was proven dead or said that it is fenced for a higher epoch.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "common/messages.h"

namespace onggi {

// L3: a lease with its margin for clocks that drift apart.
Duration with_drift_margin(milliseconds lease);

class Leases {
 public:
  // B4: whatever an earlier run of this sentinel granted has ended by `until`.
  explicit Leases(Instant until) : started_free_at_(until) {}

  // A master's newest token; echoed by the next heartbeat to it.
  void received(const NodeId& node, const LeaseToken& token, Instant now);

  // True if no token of this run and epoch was echoed yet: the echo shouldn't wait for the beat (L2).
  bool first_of_epoch(const NodeId& node) const;

  // The token to echo, once; recorded as granted for `lease` from its receipt. The caller has checked L3.
  std::optional<LeaseToken> echo(const NodeId& node, milliseconds lease, Instant now);

  void run_died(const RunId& run);
  // `run` says that it promised `promise`: what it was granted in lower epochs is void.
  void fenced(const RunId& run, Epoch promise);
  void forget_expired(Instant now);

  // L4: the moment from which a vote may be cast, as far as is known; leases of `except` aside (H1).
  Instant free_at(const NodeId& except) const;
  // What is left of the lease of a node, if it has one.
  std::optional<Duration> left(const NodeId& node, Instant now) const;

 private:
  struct Token {
    LeaseToken token;
    Instant received;
  };
  struct Grant {
    NodeId node;
    RunId run;
    Epoch epoch;
    Instant until;
  };
  Instant started_free_at_;
  std::map<NodeId, Token> tokens_;
  std::map<NodeId, LeaseToken> last_echoed_;
  std::vector<Grant> grants_;
};

}  // namespace onggi
