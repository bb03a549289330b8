// What a sentinel has sworn to: its id, its epoch, its vote, the configuration it stored. Durable before any answer
// that depends on it (PROTOCOL, What is durable).
//
// Invariants: the epoch never falls; at most one vote an epoch; the stored configuration's epoch never falls and is
// never above the epoch; when the store refuses, nothing changed. A stored text that doesn't parse is an error.
#pragma once

#include <string>
#include <string_view>

#include "common/messages.h"
#include "common/random.h"
#include "common/result.h"
#include "common/state_store.h"

namespace onggi {

struct SentinelState {
  SentinelId id;
  Epoch epoch;  // the highest it voted in or stored a configuration of
  Epoch vote_epoch;
  SentinelId vote;  // whom it voted for in vote_epoch
  Configuration configuration;
  bool operator==(const SentinelState&) const = default;
};

std::string encode_state(const SentinelState& state);
Result<SentinelState> decode_state(std::string_view text);

class Durable {
 public:
  // Loads the state, or makes and stores a new id if nothing was ever stored (A11).
  static Result<Durable> open(StateStore& store, Random& random);

  const SentinelState& get() const { return state_; }
  Epoch epoch() const { return state_.epoch; }
  const SentinelId& id() const { return state_.id; }
  const Configuration& configuration() const { return state_.configuration; }

  // `epoch` must be above the own one.
  Result<void> vote(Epoch epoch, const SentinelId& candidate);
  // `configuration` must be newer than the stored one.
  Result<void> store(const Configuration& configuration);

 private:
  Durable(StateStore& store, SentinelState state) : store_(&store), state_(std::move(state)) {}
  Result<void> save(SentinelState next);

  StateStore* store_;
  SentinelState state_;
};

}  // namespace onggi
