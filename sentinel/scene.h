// What all halves of a sentinel share: its durable state, what it sees, its connections, the effects of this step.
// A plain aggregate with the few helpers that everybody needs; the rules live in the classes that are handed it.
#pragma once

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "common/random.h"
#include "sentinel/dead_runs.h"
#include "sentinel/effects.h"
#include "sentinel/leases.h"
#include "sentinel/options.h"
#include "sentinel/peers.h"
#include "sentinel/state.h"
#include "sentinel/watch.h"

namespace onggi {

// The sentinels whose votes count, and how many votes make a leader (E2).
struct Electorate {
  std::vector<SentinelId> ids;  // those known by id; before the first configuration perhaps not all
  size_t size = 0;
  size_t needed = 0;

  bool has(const SentinelId& id) const { return std::find(ids.begin(), ids.end(), id) != ids.end(); }
  size_t among(const std::set<SentinelId>& some) const {
    return static_cast<size_t>(
        std::count_if(ids.begin(), ids.end(), [&](const auto& id) { return some.contains(id); }));
  }
};

// The sentinels of a configuration.
Electorate electorate_of(const std::vector<SentinelPeer>& sentinels);

struct Scene {
  Scene(SentinelOptions o, Durable d, Random& r, Instant start);
  Scene(const Scene&) = delete;  // the watch points to the options

  SentinelOptions options;
  Durable durable;
  Random& random;
  Instant now;
  RunId run;  // of this process
  Peers peers;
  Watch watch;
  DeadRuns dead;
  Leases leases;
  Epoch highest_heard;              // of sentinels' epochs and nodes' promises (E2)
  Duration vote_round_trip{0};      // of the last election
  std::set<Address> own_addresses;  // configured sentinels that turned out to be this one
  bool forced_sentinels = false;    // the operator typed FORCE-SENTINELS here
  SentinelEffects out;

  const Configuration& stored() const { return durable.configuration(); }
  const SentinelId& id() const { return durable.id(); }

  void heard_epoch(Epoch epoch);
  Epoch next_epoch() const;

  Electorate electorate() const;
  // The nodes of the first configuration, by the id that answers at each address; empty ids where none did.
  std::vector<NodeId> first_nodes() const;
  bool majority_contact() const;
  // E4's bound, for delays and for waiting on answers.
  Duration patience() const { return std::max<Duration>(milliseconds(50), 4 * vote_round_trip); }

  // False if there is no link.
  bool tell(const NodeId& node, Message message);
  bool tell(const SentinelId& sentinel, Message message);
  // L3: whether this sentinel grants leases to this node now.
  bool grants_leases_to(const NodeId& node) const;
  SentinelHeartbeat describe_to(const SentinelId& receiver) const;
  void heartbeat(Peer& peer);
  void heartbeat_node(const NodeId& node);
  void heartbeat_everybody();
  // Whether the state could be stored; if not, says so in the log.
  bool persisted(const Result<void>& saved);

  // Recomputes which addresses are watched, after the configuration or the options changed.
  void retarget();

  // W3, F6: stores a newer configuration and tells everybody; false if it may not be stored (yet), or can't be.
  // What a sentinel passes on was stored by it, so that M2 is satisfied; what a node says is checked with the master.
  enum class M2 { kSatisfied, kAskTheMaster };
  bool adopt(const Configuration& next, const std::string& from, M2 m2);
};

}  // namespace onggi
