#include "tests/simulation/network.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace onggi::sim {

namespace {
constexpr Micros kConnectTimeout = 500'000;
constexpr Micros kRetransmit = 40'000;  // how soon a healed link carries again
constexpr uint64_t kWholePieces = 8;    // one piece in so many is handed over in parts
}  // namespace

void Network::set_party(HostId id, const Address& address, Party* party) {
  Host& host = hosts_[id];
  host.address = address;
  host.party = party;
  host.paused = false;
  host.life++;
  if (party != nullptr) return;
  std::vector<WireId> own;
  for (WireId wire = 1; wire <= sides_.size(); wire++) {
    if (side_of(wire)->host == id && side_of(wire)->open) own.push_back(wire);
  }
  for (WireId wire : own) close(wire);
}

void Network::set_paused(HostId id, bool paused) {
  hosts_[id].paused = paused;
  if (!paused) wake(id);
}

void Network::wake(HostId id) {
  for (WireId wire = 1; wire <= sides_.size(); wire++) {
    if (side_of(wire)->host == id && side_of(wire)->waits()) schedule(wire);
  }
}

void Network::connect(HostId from, uint64_t attempt, const Address& to) {
  const uint64_t life = hosts_[from].life;
  timeline_.after(2 * delay(), [this, from, life, attempt, to] { answer_connect(from, life, attempt, to, 0); });
}

void Network::answer_connect(HostId from, uint64_t life, uint64_t attempt, const Address& to, int tries) {
  Host& asker = hosts_[from];
  if (asker.party == nullptr || asker.life != life) return;
  const auto target =
      std::find_if(hosts_.begin(), hosts_.end(), [&](const auto& host) { return host.second.address == to; });
  const bool reachable = target != hosts_.end() && flows(from, target->first) && flows(target->first, from);
  if (asker.paused || !reachable) {
    // A connect to a cut-off host is tried again by the kernel until its time is over.
    if (!asker.paused && tries >= kConnectTimeout / kRetransmit)
      return asker.party->connected(attempt, std::nullopt, false);
    timeline_.after(kRetransmit, [=, this] { answer_connect(from, life, attempt, to, tries + 1); });
    return;
  }
  if (target->second.party == nullptr || refused_.contains({machine(from), target->first}))
    return asker.party->connected(attempt, std::nullopt, true);
  const WireId here = sides_.size() + 1;
  const WireId there = here + 1;
  sides_.push_back({from, there, true, {}, false, 0});
  sides_.push_back({target->first, here, true, {}, false, 0});
  asker.party->connected(attempt, here, false);
  if (!side_of(there)->open || target->second.party == nullptr) return;
  target->second.party->accepted(there, {"10.0.0." + std::to_string(from), static_cast<uint16_t>(1024 + here % 60000)},
                                 to);
}

void Network::send(WireId wire, std::string_view bytes) {
  const Side* side = side_of(wire);
  if (side == nullptr || !side->open || bytes.empty()) return;
  Side& peer = *side_of(side->peer);
  if (!peer.open || peer.closing) return;  // reset: what was under way is lost, and nothing comes after a hole
  peer.arriving += bytes;
  schedule(side->peer);
}

void Network::close(WireId wire) {
  Side* side = side_of(wire);
  if (side == nullptr || !side->open) return;
  side->open = false;
  side->arriving = {};
  Side& peer = *side_of(side->peer);
  if (!peer.open) return;
  peer.closing = true;
  schedule(side->peer);
}

void Network::schedule(WireId to) {
  Side& side = *side_of(to);
  side.last_arrival = std::max(side.last_arrival + 1, timeline_.now() + delay());
  timeline_.at(side.last_arrival, [this, to] { deliver(to); });
}

void Network::deliver(WireId to) {
  Side& side = *side_of(to);
  if (!side.waits()) return;
  const Host& host = hosts_[side.host];
  if (host.paused || host.party == nullptr) return;         // wake() comes back
  if (!flows(side_of(side.peer)->host, side.host)) return;  // heal() comes back
  if (side.arriving.empty()) {
    side.open = false;
    return host.party->closed(to);
  }
  std::string piece = std::exchange(side.arriving, {});
  const uint64_t size = random_.below(kWholePieces) != 0 ? piece.size() : 1 + random_.below(piece.size());
  if (size < piece.size()) {
    side.arriving = piece.substr(size);
    piece.resize(size);
  }
  delivered_bytes_ += piece.size();
  if (side.waits()) schedule(to);
  host.party->received(to, piece);
}

void Network::cut(HostId from, HostId to) {
  cuts_.insert({from, to});
}

void Network::heal(HostId from, HostId to) {
  if (cuts_.erase({from, to}) == 0) return;
  for (WireId wire = 1; wire <= sides_.size(); wire++) {
    const Side& side = *side_of(wire);
    if (!side.waits() || machine(side.host) != to || machine(side_of(side.peer)->host) != from) continue;
    timeline_.after(static_cast<Micros>(random_.below(kRetransmit)), [this, wire] { deliver(wire); });
  }
}

void Network::refuse(HostId from, HostId to) {
  refused_.insert({from, to});
  std::vector<WireId> broken;
  for (WireId wire = 1; wire <= sides_.size(); wire++) {
    const Side& side = *side_of(wire);
    if (side.open && side.host == from && side_of(side.peer)->host == to) broken.push_back(wire);
  }
  // Both ends learn of it, each in its time.
  for (WireId wire : broken) {
    const WireId peer = side_of(wire)->peer;
    for (const WireId end : {wire, peer}) {
      side_of(end)->arriving.clear();
      side_of(end)->closing = true;
      schedule(end);
    }
  }
}

void Network::heal_all() {
  refused_.clear();
  const auto cuts = cuts_;
  for (const auto& [from, to] : cuts) heal(from, to);
}

}  // namespace onggi::sim
