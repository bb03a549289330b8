// What the parts of the role share: the seams, the durable state, and where effects and counters go.
#pragma once

#include <utility>

#include "node/role/effects.h"
#include "node/role/info.h"
#include "node/role/options.h"
#include "node/role/promise.h"
#include "node/role/role.h"

namespace onggi {

struct RoleContext {
  RoleOptions options;
  Log& log;
  StreamSink& sink;
  Random& random;
  ConnIds& conns;
  RunId run;
  Promise promise;
  RoleEffects out = {};
  RoleCounters counters = {};
  Offset tier_reached = {};

  const DurableState& durable() const { return promise.state(); }
  const NodeId& id() const { return durable().id; }

  // False, and said in the log, if the state could not be made durable: then what depends on it must not happen.
  bool saved(const Result<void>& result) {
    if (result) return true;
    counters.state_save_errors++;
    out.error("the node's state could not be saved: " + result.error().message);
    return false;
  }
};

}  // namespace onggi
