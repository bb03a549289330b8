#include "node/role/lease.h"

#include <algorithm>
#include <functional>
#include <limits>

#include "common/defects.h"

namespace onggi {
namespace {

constexpr Instant kNever{std::numeric_limits<int64_t>::min()};

}  // namespace

void NodeLease::begin(const RunId& run, const Configuration& configuration) {
  active_ = true;
  had_one_ = false;
  run_ = run;
  epoch_ = configuration.epoch;
  length_ = milliseconds(configuration.lease_ms);
  made_.clear();
  for (const SentinelPeer& peer : configuration.sentinels) made_[peer.id] = kNever;
  by_majority_ = kNever;
}

void NodeLease::end() {
  active_ = false;
  had_one_ = false;
  made_.clear();
}

void NodeLease::echo(const SentinelId& from, const LeaseToken& token, Instant now) {
  const bool ours = (token.run == run_ && token.epoch == epoch_) || has_defect(Defect::kTokenOfAnyEpoch);
  if (!active_ || !ours || token.made > now) return;
  const auto found = made_.find(from);
  if (found == made_.end()) return;
  found->second = std::max(found->second, token.made);
  by_majority_ = made_by_majority();
  if (valid(now)) had_one_ = true;
}

Instant NodeLease::made_by_majority() const {
  if (made_.empty()) return kNever;
  std::vector<Instant> made;
  for (const auto& [id, instant] : made_) made.push_back(instant);
  std::sort(made.begin(), made.end(), std::greater<>());
  return made[made.size() / 2];
}

Duration NodeLease::left(Instant now) const {
  if (!active_ || by_majority_ == kNever) return Duration{0};
  return std::max(Duration{0}, by_majority_ + length_ - now);
}

bool NodeLease::valid(Instant now) const {
  return left(now) > Duration{0} || (active_ && has_defect(Defect::kNoLease));
}

}  // namespace onggi
