#include "common/defects.h"

#ifdef ONGGI_DEFECTS

#include <array>
#include <cstdlib>
#include <string_view>
#include <utility>

#include "common/check.h"

namespace onggi {

namespace {

constexpr std::array<std::pair<std::string_view, Defect>, 11> kNames{{
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
