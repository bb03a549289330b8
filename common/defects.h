// Known defects of the protocol, to show that the hunters catch them: each switches off one rule, in builds with
// ONGGI_DEFECTS alone (build/defects). In any other build has_defect() is a constant false, and nothing of it is left.
// The environment of the process names the one that is switched on: ONGGI_DEFECT=no-lease-wait.
#pragma once

#include <cstdint>

namespace onggi {

enum class Defect : uint8_t {
  kNone,
  kNoLease,           // L1: a master writes without a lease
  kNoLeaseWait,       // L4: a sentinel votes while a lease that it granted may run
  kLeaseAfterVote,    // L3: it goes on granting leases to masters of older epochs
  kVoteNotStored,     // E2: a vote is sent and not persisted
  kPromiseNotStored,  // F1: a promise is answered and not persisted
  kFenceOfOne,        // F2: one answer to the fence is enough
  kOffsetOnly,        // F3: the choice looks at offsets, not at epochs
  kStaleAcks,         // N3: acknowledgements of another epoch, and before the epoch-start is held, count
  kResumesAsMaster,   // N2: a restarted master goes on where it was
  kStartNotSynced,    // F5: the epoch-start is not on the disk when the epoch begins
  kUnsureCounts,      // N4: a node that may have lost records counts as if it had not
};

#ifdef ONGGI_DEFECTS
bool has_defect(Defect defect);
#else
constexpr bool has_defect(Defect) {
  return false;
}
#endif

}  // namespace onggi
