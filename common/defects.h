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
  kPromoteAnyRun,     // F4: PROMOTE is obeyed by any run, whatever its log
  kStreamUnpromised,  // N1: a stream is taken before its epoch is promised
  kLearnersCount,     // M3: acknowledgements of nodes that are no members count
  kMembersUnheld,     // M2: a change of members is stored before enough of them hold the epoch-start
  kLeaseUnpublished,  // L6: a lease is granted before the epoch's configuration is stored
  kPlannedUnvoted,    // H1: a hand-over needs no votes
  kPauseIsFence,      // H1: a hand-over doesn't need the old master's own answer to the fence
  kNoWaitAtStart,     // L4: a sentinel that starts votes at once
  kRefusedIsProof,    // L4: a refused connection ends the leases of who refuses
  kTokenOfAnyEpoch,   // L2: a token counts in any epoch
  kLeaderResumes,     // E3: a sentinel that restarts goes on leading its epoch
  kTwoChoices,        // F4: when a promotion isn't answered another node is chosen in the same epoch
  kDownIfGone,        // W2: a master is down only when nothing answers
  kPauseWithoutEnd,   // H2: the pause of a hand-over doesn't end by itself
  kAckUnwritten,      // N3: a record is acknowledged before it was written
  kAckBeforeMatch,    // N3: a follower's end counts before the histories are compared
  kTierApart,         // N7: the tier's position is saved apart from its data
};

#ifdef ONGGI_DEFECTS
bool has_defect(Defect defect);
#else
constexpr bool has_defect(Defect) {
  return false;
}
#endif

}  // namespace onggi
