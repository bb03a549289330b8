// What a node must not forget: its id, its promise, its cluster, the configuration, and what decides whether it is
// still sure of what it acknowledged (PROTOCOL N1, N4). One small JSON document, replaced whole.
//
// Invariants:
// 1. state() is what is durable: a change is saved first and seen after, or it fails and nothing changed.
// 2. The promise never goes down; within an epoch its leader never changes.
#pragma once

#include <string>

#include "common/messages.h"
#include "common/random.h"
#include "common/result.h"
#include "common/state_store.h"
#include "node/durability.h"
#include "storage/log.h"

namespace onggi {

struct DurableState {
  NodeId id;
  Epoch promise;
  SentinelId promised_to;  // empty: sworn by following, or found in the log
  ClusterId cluster;
  Configuration configuration;  // the newest known
  bool clean_stop = false;
  std::string boot;                        // of the host, when this was written
  Durability weakest = Durability::kDisk;  // since records may be in the page cache alone
  bool sure = true;
  Position held;  // synced when this was written: a log that ends before it lost something
  bool operator==(const DurableState&) const = default;
};

class Promise {
 public:
  // Reads the state, or makes a new identity if there is none, and notes this start in it.
  static Result<Promise> load(StateStore& store, const Log& log, Random& random, Durability durability,
                              const std::string& boot);

  const DurableState& state() const { return state_; }

  Result<void> swear(Epoch epoch, const SentinelId& leader);  // FENCE
  Result<void> swear_by_following(Epoch epoch);               // N1; nothing to do if it promised as much
  Result<void> adopt(const Configuration& configuration);     // cluster included
  Result<void> set_sure(bool sure);
  Result<void> promoted(const Configuration& configuration);  // adopts it as its master
  Result<void> weaken(Durability durability);                 // before a weaker durability takes effect
  Result<void> stop_clean();
  Result<void> note_log();  // after the log was cut or replaced

 private:
  Promise(StateStore& store, const Log& log) : store_(&store), log_(&log) {}
  Result<void> save(DurableState next);
  Position synced() const;

  StateStore* store_;
  const Log* log_;
  DurableState state_;
};

}  // namespace onggi
