#include "sentinel/leases.h"

#include <algorithm>

namespace onggi {

Duration with_drift_margin(milliseconds lease) {
  return Duration(lease) + Duration(lease) / 10;
}

void Leases::received(const NodeId& node, const LeaseToken& token, Instant now) {
  tokens_[node] = {token, now};
}

bool Leases::first_of_epoch(const NodeId& node) const {
  auto token = tokens_.find(node);
  if (token == tokens_.end()) return false;
  auto echoed = last_echoed_.find(node);
  return echoed == last_echoed_.end() || echoed->second.run != token->second.token.run ||
         echoed->second.epoch != token->second.token.epoch;
}

std::optional<LeaseToken> Leases::echo(const NodeId& node, milliseconds lease, Instant now) {
  auto found = tokens_.find(node);
  if (found == tokens_.end()) return std::nullopt;
  const Token held = found->second;
  tokens_.erase(found);
  if (held.received + Duration(lease) <= now) return std::nullopt;  // worth nothing to the master any more
  const Instant until = held.received + with_drift_margin(lease);
  auto grant = std::find_if(grants_.begin(), grants_.end(), [&](const Grant& g) {
    return g.node == node && g.run == held.token.run && g.epoch == held.token.epoch;
  });
  if (grant == grants_.end()) {
    grants_.push_back({node, held.token.run, held.token.epoch, until});
  } else {
    grant->until = std::max(grant->until, until);
  }
  last_echoed_[node] = held.token;
  return held.token;
}

void Leases::run_died(const RunId& run) {
  std::erase_if(grants_, [&](const Grant& g) { return g.run == run; });
  std::erase_if(tokens_, [&](const auto& entry) { return entry.second.token.run == run; });
}

void Leases::fenced(const RunId& run, Epoch promise) {
  std::erase_if(grants_, [&](const Grant& g) { return g.run == run && g.epoch < promise; });
  std::erase_if(tokens_, [&](const auto& e) { return e.second.token.run == run && e.second.token.epoch < promise; });
}

void Leases::forget_expired(Instant now) {
  std::erase_if(grants_, [&](const Grant& g) { return g.until <= now; });
}

Instant Leases::free_at(const NodeId& except) const {
  Instant at = started_free_at_;
  for (const Grant& grant : grants_) {
    if (!except || grant.node != except) at = std::max(at, grant.until);
  }
  return at;
}

std::optional<Duration> Leases::left(const NodeId& node, Instant now) const {
  std::optional<Duration> left;
  for (const Grant& grant : grants_) {
    if (grant.node == node && grant.until > now) left = std::max(left.value_or(Duration{0}), grant.until - now);
  }
  return left;
}

}  // namespace onggi
