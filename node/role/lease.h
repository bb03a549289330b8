// The master's side of the lease (PROTOCOL L1, L2, L6): which sentinel echoed which token last, and until when a
// majority of the configuration's sentinels carries this master. Tokens of another run or epoch count for nothing.
#pragma once

#include <map>
#include <vector>

#include "common/messages.h"

namespace onggi {

class NodeLease {
 public:
  // A new epoch as master: nothing echoed yet, so no lease (L6: the first echo says that the configuration is stored).
  void begin(const RunId& run, const Configuration& configuration);
  void end();  // no longer master

  LeaseToken token(Instant now) const { return {run_, epoch_, now}; }
  void echo(const SentinelId& from, const LeaseToken& token, Instant now);

  bool valid(Instant now) const;
  bool had_one() const { return had_one_; }  // in this epoch
  Duration left(Instant now) const;          // zero without one

 private:
  Instant made_by_majority() const;  // the oldest token of the newest majority

  bool active_ = false;
  bool had_one_ = false;
  RunId run_;
  Epoch epoch_;
  Duration length_{0};
  Instant by_majority_;
  std::map<SentinelId, Instant> made_;  // by sentinel of the configuration: its newest echo's token
};

}  // namespace onggi
