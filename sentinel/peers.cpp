#include "sentinel/peers.h"

#include <algorithm>

namespace onggi {
namespace {

constexpr Duration kFirstBackoff = milliseconds(50);
constexpr Duration kLongestBackoff = milliseconds(250);

}  // namespace

void Peers::watch(const std::map<Address, PeerKind>& targets, Instant now, SentinelEffects& out) {
  for (auto it = peers_.begin(); it != peers_.end();) {
    if (targets.contains(it->first)) {
      ++it;
      continue;
    }
    if (it->second.linked()) out.closes.push_back(it->second.link);
    it = peers_.erase(it);
  }
  for (const auto& [address, kind] : targets) {
    auto [it, added] = peers_.try_emplace(address);
    if (!added) continue;
    it->second.address = address;
    it->second.kind = kind;
    it->second.retry_at = now;
  }
}

void Peers::connect_due(Instant now, SentinelEffects& out) {
  for (auto& [address, peer] : peers_) {
    if (peer.linked() || peer.connecting || peer.retry_at > now) continue;
    peer.connecting = true;
    out.connects.push_back({address});
  }
}

std::optional<Instant> Peers::next_deadline() const {
  std::optional<Instant> at;
  for (const auto& [address, peer] : peers_) {
    if (peer.linked() || peer.connecting) continue;
    at = at ? std::min(*at, peer.retry_at) : peer.retry_at;
  }
  return at;
}

Peer* Peers::link_up(const LinkUp& up, Instant now, SentinelEffects& out) {
  auto found = peers_.find(up.address);
  if (found == peers_.end() || found->second.linked()) {
    out.closes.push_back(up.link);
    return nullptr;
  }
  Peer& peer = found->second;
  peer.connecting = false;
  peer.link = up.link;
  peer.linked_at = now;
  peer.refused = 0;
  peer.backoff = Duration{0};
  return &peer;
}

Peer* Peers::link_down(const LinkDown& down, Instant now) {
  Peer* peer = nullptr;
  if (down.link.value != 0) {
    peer = by_link(down.link);
  } else if (auto found = peers_.find(down.address); found != peers_.end() && found->second.connecting) {
    peer = &found->second;
  }
  if (peer == nullptr) return nullptr;
  peer->connecting = false;
  peer->link = {};
  peer->refused = down.why == LinkDown::Why::kRefused ? peer->refused + 1 : 0;
  back_off(*peer, now);
  return peer;
}

void Peers::close(Peer& peer, Instant retry_at, SentinelEffects& out) {
  if (peer.linked()) out.closes.push_back(peer.link);
  peer.link = {};
  peer.retry_at = retry_at;
}

// The first try after a lost connection is immediate: whether it is refused says much, and soon.
void Peers::back_off(Peer& peer, Instant now) {
  peer.retry_at = now + peer.backoff;
  peer.backoff = peer.backoff.count() == 0 ? kFirstBackoff : std::min(peer.backoff * 2, kLongestBackoff);
}

Peer* Peers::by_link(LinkId link) {
  if (link.value == 0) return nullptr;
  for (auto& [address, peer] : peers_) {
    if (peer.link == link) return &peer;
  }
  return nullptr;
}

const Peer* Peers::by_node(const NodeId& id) const {
  const Peer* found = nullptr;
  for (const auto& [address, peer] : peers_) {
    if (!id || peer.node != id) continue;
    if (found == nullptr || (peer.linked() && !found->linked())) found = &peer;
  }
  return found;
}

const Peer* Peers::by_sentinel(const SentinelId& id) const {
  const Peer* found = nullptr;
  for (const auto& [address, peer] : peers_) {
    if (!id || peer.sentinel != id) continue;
    if (found == nullptr || (peer.linked() && !found->linked())) found = &peer;
  }
  return found;
}

}  // namespace onggi
