#include "common/defects.h"

#ifdef ONGGI_DEFECTS

#include <array>
#include <cstdlib>
#include <string_view>
#include <utility>

#include "common/check.h"

namespace onggi {

namespace {

constexpr std::array<std::pair<std::string_view, Defect>, 28> kNames{{
    {"no-lease", Defect::kNoLease},
    {"no-lease-wait", Defect::kNoLeaseWait},
    {"lease-after-vote", Defect::kLeaseAfterVote},
    {"vote-not-stored", Defect::kVoteNotStored},
    {"promise-not-stored", Defect::kPromiseNotStored},
    {"fence-of-one", Defect::kFenceOfOne},
    {"offset-only", Defect::kOffsetOnly},
    {"stale-acks", Defect::kStaleAcks},
    {"resumes-as-master", Defect::kResumesAsMaster},
    {"start-not-synced", Defect::kStartNotSynced},
    {"unsure-counts", Defect::kUnsureCounts},
    {"promote-any-run", Defect::kPromoteAnyRun},
    {"stream-unpromised", Defect::kStreamUnpromised},
    {"learners-count", Defect::kLearnersCount},
    {"members-unheld", Defect::kMembersUnheld},
    {"lease-unpublished", Defect::kLeaseUnpublished},
    {"planned-unvoted", Defect::kPlannedUnvoted},
    {"pause-is-fence", Defect::kPauseIsFence},
    {"no-wait-at-start", Defect::kNoWaitAtStart},
    {"refused-is-proof", Defect::kRefusedIsProof},
    {"token-of-any-epoch", Defect::kTokenOfAnyEpoch},
    {"leader-resumes", Defect::kLeaderResumes},
    {"two-choices", Defect::kTwoChoices},
    {"down-if-gone", Defect::kDownIfGone},
    {"pause-without-end", Defect::kPauseWithoutEnd},
    {"ack-unwritten", Defect::kAckUnwritten},
    {"ack-before-match", Defect::kAckBeforeMatch},
    {"tier-apart", Defect::kTierApart},
}};

Defect chosen() {
  const char* name = std::getenv("ONGGI_DEFECT");
  if (name == nullptr) return Defect::kNone;
  for (const auto& [known, defect] : kNames) {
    if (known == name) return defect;
  }
  ONGGI_CHECK(false && "ONGGI_DEFECT names no known defect");
  return Defect::kNone;
}

}  // namespace

bool has_defect(Defect defect) {
  static const Defect on = chosen();
  return on == defect;
}

}  // namespace onggi

#endif
