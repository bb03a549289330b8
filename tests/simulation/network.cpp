#include "tests/simulation/network.h"

#include <algorithm>
#include <vector>

namespace onggi::sim {

namespace {
constexpr Micros kConnectTimeout = 500'000;
constexpr Micros kRetransmit = 40'000;    // how soon a healed link carries again
constexpr uint64_t kLongestPiece = 4096;  // bytes handed over at once, at random
}  // namespace

void Network::set_party(HostId id, const Address& address, Party* party) {
  Host& host = hosts_[id];
  host.address = address;
  host.party = party;
  host.paused = false;
  host.life++;
  if (party != nullptr) return;
  std::vector<WireId> own;
  for (const auto& [wire, side] : sides_) {
    if (side.host == id && side.open) own.push_back(wire);
  }
  for (WireId wire : own) close(wire);
}

void Network::set_paused(HostId id, bool paused) {
  hosts_[id].paused = paused;
  if (!paused) wake(id);
}

void Network::wake(HostId id) {
  for (const auto& [wire, side] : sides_) {
    if (side.host == id && !side.arriving.empty()) schedule(wire);
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
  const WireId here = next_++;
  const WireId there = next_++;
  sides_[here] = {from, there, true, {}, 0};
  sides_[there] = {target->first, here, true, {}, 0};
  asker.party->connected(attempt, here, false);
  if (!sides_.at(there).open || target->second.party == nullptr) return;
  target->second.party->accepted(there, {"10.0.0." + std::to_string(from), static_cast<uint16_t>(1024 + here % 60000)},
                                 to);
}

void Network::send(WireId wire, std::string bytes) {
  auto found = sides_.find(wire);
  if (found == sides_.end() || !found->second.open || bytes.empty()) return;
  sides_.at(found->second.peer).arriving.push_back(std::move(bytes));
  schedule(found->second.peer);
}

void Network::close(WireId wire) {
  auto found = sides_.find(wire);
  if (found == sides_.end() || !found->second.open) return;
  found->second.open = false;
  found->second.arriving.clear();
  Side& peer = sides_.at(found->second.peer);
  if (!peer.open) return;
  peer.arriving.emplace_back();
  schedule(found->second.peer);
}

void Network::schedule(WireId to) {
  Side& side = sides_.at(to);
  side.last_arrival = std::max(side.last_arrival + 1, timeline_.now() + delay());
  timeline_.at(side.last_arrival, [this, to] { deliver(to); });
}

void Network::deliver(WireId to) {
  auto found = sides_.find(to);
  if (found == sides_.end() || !found->second.open || found->second.arriving.empty()) return;
  Side& side = found->second;
  Host& host = hosts_[side.host];
  if (host.paused || host.party == nullptr) return;          // wake() comes back
  if (!flows(sides_.at(side.peer).host, side.host)) return;  // heal() comes back
  std::string& front = side.arriving.front();
  if (front.empty()) {
    side.open = false;
    side.arriving.clear();
    host.party->closed(to);
    return;
  }
  std::string piece;
  const uint64_t size = 1 + random_.below(kLongestPiece);
  if (size < front.size()) {
    piece = front.substr(0, size);
    front.erase(0, size);
  } else {
    piece = std::move(front);
    side.arriving.pop_front();
  }
  delivered_bytes_ += piece.size();
  if (!side.arriving.empty()) schedule(to);
  host.party->received(to, piece);
}

void Network::cut(HostId from, HostId to) {
  cuts_.insert({from, to});
}

void Network::heal(HostId from, HostId to) {
  if (cuts_.erase({from, to}) == 0) return;
  for (const auto& [wire, side] : sides_) {
    if (machine(side.host) == to && machine(sides_.at(side.peer).host) == from && !side.arriving.empty()) {
      timeline_.after(static_cast<Micros>(random_.below(kRetransmit)), [this, id = wire] { deliver(id); });
    }
  }
}

void Network::refuse(HostId from, HostId to) {
  refused_.insert({from, to});
  std::vector<WireId> broken;
  for (const auto& [wire, side] : sides_) {
    if (side.open && side.host == from && sides_.at(side.peer).host == to) broken.push_back(wire);
  }
  // Both ends learn of it, each in its time.
  for (WireId wire : broken) {
    Side& side = sides_.at(wire);
    Side& peer = sides_.at(side.peer);
    for (Side* end : {&side, &peer}) {
      if (!end->open) continue;
      end->arriving.clear();
      end->arriving.emplace_back();
    }
    schedule(wire);
    schedule(side.peer);
  }
}

void Network::heal_all() {
  refused_.clear();
  const auto cuts = cuts_;
  for (const auto& [from, to] : cuts) heal(from, to);
}

}  // namespace onggi::sim
