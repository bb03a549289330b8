// The connections a sentinel keeps: one to every node and sentinel address that it watches (PROTOCOL W1). Knows who
// answered where and when, and when to try again; knows nothing of roles.
//
// Invariants: at most one link or one connect under way an address; reconnects are quick at first and bounded after.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "sentinel/effects.h"
#include "sentinel/events.h"

namespace onggi {

enum class PeerKind { kNode, kSentinel };

struct Peer {
  Address address;
  PeerKind kind = PeerKind::kNode;
  LinkId link;  // 0: none
  bool connecting = false;
  Instant retry_at;
  Duration backoff{0};
  uint32_t refused = 0;  // connects refused in a row
  Instant linked_at;
  Instant sent_at;             // of the last heartbeat
  uint64_t sequence = 0;       // of the last heartbeat
  Duration answered_awake{0};  // of the last answer over any link of this address, on the sentinel's attentive clock
  NodeId node;                 // who answered here last
  SentinelId sentinel;
  bool idle = false;  // the same process is watched at another address

  bool linked() const { return link.value != 0; }
};

class Peers {
 public:
  // The whole set of addresses to watch; what is no longer in it is closed. An address is of one kind only.
  void watch(const std::map<Address, PeerKind>& targets, Instant now, SentinelEffects& out);
  void connect_due(Instant now, SentinelEffects& out);
  std::optional<Instant> next_deadline() const;

  Peer* link_up(const LinkUp& up, Instant now, SentinelEffects& out);  // null: no longer wanted, and closed
  Peer* link_down(const LinkDown& down, Instant now);
  void close(Peer& peer, Instant retry_at, SentinelEffects& out);

  Peer* by_link(LinkId link);
  // The one that is linked, or else any that answered with this id last.
  const Peer* by_node(const NodeId& id) const;
  const Peer* by_sentinel(const SentinelId& id) const;

  std::map<Address, Peer>& all() { return peers_; }
  const std::map<Address, Peer>& all() const { return peers_; }

 private:
  static void back_off(Peer& peer, Instant now);
  std::map<Address, Peer> peers_;
};

}  // namespace onggi
