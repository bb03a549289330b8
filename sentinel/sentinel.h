// The sentinel: watches, leases, elects, fails over (PROTOCOL W, L, E, F, H, M). One pure object: it is told what
// happened and when, and says what to do.
//
// Owned by the driver, used from one thread. It owns no socket, clock or file: connections are named by links
// (sentinel/events.h), time is handed in, what must be durable goes through the StateStore before `step` returns.
// Use: step(now, event); then drain() and execute the effects in their order; call step(now, Tick{}) whenever
// next_deadline() is reached. The constructor too leaves effects and a deadline.
#pragma once

#include <memory>
#include <optional>

#include "common/random.h"
#include "common/result.h"
#include "common/state_store.h"
#include "sentinel/effects.h"
#include "sentinel/events.h"
#include "sentinel/options.h"
#include "sentinel/view.h"

namespace onggi {

class SentinelCore;

class Sentinel {
 public:
  // An unreadable state is an error, never a new identity: the operator decides (A11). `store` and `random` outlive it.
  static Result<std::unique_ptr<Sentinel>> start(SentinelOptions options, StateStore& store, Random& random, Now now);
  ~Sentinel();

  void step(Now now, const SentinelEvent& event);
  std::optional<Instant> next_deadline() const;
  SentinelEffects drain();

  SentinelView view(Now now) const;
  Epoch known_epoch() const;  // the highest that it voted in, stored or heard of

 private:
  explicit Sentinel(std::unique_ptr<SentinelCore> core);
  std::unique_ptr<SentinelCore> core_;
};

}  // namespace onggi
