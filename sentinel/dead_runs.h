// Runs of nodes that are proven dead (PROTOCOL L4), and the gossip that tells the other sentinels.
//
// What a dead run said is void. A proof is a secret that hashes to the run, known only to the watcher that had to
// see it die; or a later run that answered from the same id file, which is locked by whoever lives. The second
// kind is not passed on: the others see it themselves.
#pragma once

#include <deque>
#include <set>
#include <string>
#include <vector>

#include "common/messages.h"

namespace onggi {

class DeadRuns {
 public:
  // False if it was known, or if the secret doesn't prove it. `heard_of`: a node answered as this run. Anybody can make
  // up a run and prove it: such a one makes none that was heard of be forgotten.
  bool prove(const RunDead& proof, bool heard_of);
  bool replaced(const NodeId& node, const RunId& run);

  bool contains(const RunId& run) const;

  // Proofs that `sentinel` has not acknowledged yet.
  std::vector<RunDead> untold(const SentinelId& sentinel) const;
  void heard_by(const SentinelId& sentinel, const RunId& run);

 private:
  struct Death {
    RunDead proof;  // without a secret: nothing to pass on
    std::set<SentinelId> heard;
    bool heard_of = true;
  };
  static constexpr size_t kMaxDeaths = 256;  // the oldest is forgotten: no connection lives that long unread
  static constexpr size_t kMaxMadeUp = 64;
  static constexpr size_t kMaxHeard = 64;
  Death* find(const RunId& run);
  void remember(Death death);
  std::deque<Death> deaths_;
};

}  // namespace onggi
