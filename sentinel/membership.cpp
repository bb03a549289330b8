#include "sentinel/membership.h"

#include <algorithm>
#include <utility>

#include "sentinel/announce.h"
#include "sentinel/configuration.h"

namespace onggi {
namespace {

using Change = std::optional<MembershipChange>;

std::string named(const NodeId& id) {
  return "node " + id.hex.substr(0, 8);
}
std::string named(const SentinelId& id) {
  return "sentinel " + id.hex.substr(0, 8);
}

Change members(std::vector<Member> members, std::string what) {
  return MembershipChange{std::move(members), std::nullopt, std::move(what)};
}
Change sentinels(std::vector<SentinelPeer> sentinels, std::string what) {
  return MembershipChange{std::nullopt, std::move(sentinels), std::move(what)};
}

// ---- nodes

// The addresses by which a node is known: announced, and watched.
bool is_at(const Scene& scene, const NodeStatus& node, const Address& address) {
  if (node.address == address) return true;
  auto peer = scene.peers.all().find(address);
  return peer != scene.peers.all().end() && peer->second.node == node.id;
}

// M4's "in step as a learner".
bool in_step(const Scene& scene, const NodeStatus& node) {
  return node.managed && node.in_step && node.following_master && node.master_epoch == scene.stored().epoch &&
         node.cluster == scene.stored().cluster && node.priority > 0;
}

bool is_configured(const Scene& scene, const NodeStatus& node) {
  const auto& nodes = scene.options.nodes;
  return std::any_of(nodes.begin(), nodes.end(), [&](const Address& a) { return is_at(scene, node, a); });
}

// Where a living member answers that has left the address of the configuration; port 0: it has not.
Address moved_to(const Scene& scene, const Member& member) {
  auto old = scene.peers.all().find(member.address);
  if (old != scene.peers.all().end()) {
    const Peer& peer = old->second;
    const bool silent = scene.watch.awake() - peer.answered_awake >= Duration(scene.options.down_after);
    const bool another = peer.linked() && peer.node && peer.node != member.id;
    if (peer.idle || !(silent || another)) return {};
  }
  const Address now = address_of(scene, member.id);
  return now == member.address ? Address{} : now;
}

Change change_of_member(const Scene& scene, const Member& member, const NodeStatus& node) {
  const Configuration& stored = scene.stored();
  std::vector<Member> next = stored.members;
  if (node.priority == 0 && member.id != stored.master && next.size() > stored.write_acks + 1) {
    std::erase_if(next, [&](const Member& m) { return m.id == member.id; });
    return members(std::move(next), named(member.id) + " has priority 0 and leaves the members");
  }
  // Not by what it said before it knew this configuration: who slept since would move it back.
  if (node.configuration.epoch != stored.epoch) return std::nullopt;
  if (const Address address = moved_to(scene, member); address.port != 0) {
    for (Member& m : next) m.address = m.id == member.id ? address : m.address;
    return members(std::move(next), named(member.id) + " has moved to " + to_string(address));
  }
  return std::nullopt;
}

Change change_for_learner(const Scene& scene, const NodeStatus& node) {
  const Configuration& stored = scene.stored();
  if (!in_step(scene, node)) return std::nullopt;
  std::vector<Member> next = stored.members;
  const auto gone = std::find_if(next.begin(), next.end(), [&](const Member& m) {
    return m.id != stored.master && !scene.watch.alive(m.id, scene.peers) && is_at(scene, node, m.address);
  });
  if (gone != next.end()) {
    const std::string what = named(node.id) + " takes the place of " + gone->id.hex.substr(0, 8);
    *gone = {node.id, address_of(scene, node.id)};
    return members(std::move(next), what);
  }
  const bool taken =
      std::any_of(next.begin(), next.end(), [&](const Member& m) { return is_at(scene, node, m.address); });
  if (taken || !is_configured(scene, node)) return std::nullopt;
  next.push_back({node.id, address_of(scene, node.id)});
  return members(std::move(next), named(node.id) + " joins the members");
}

// ---- sentinels

bool is_expected_at(const Scene& scene, const Address& address) {
  const auto& known = scene.options.sentinels;
  if (std::find(known.begin(), known.end(), address) != known.end()) return true;
  const auto& stored = scene.stored().sentinels;
  return std::any_of(stored.begin(), stored.end(), [&](const SentinelPeer& peer) { return peer.address == address; });
}

// A sentinel that has just started doesn't vote yet (L4): asked now, it would keep the others' votes waiting.
bool votes(const Scene& scene, const SentinelSeen& seen) {
  const Duration lease = with_drift_margin(milliseconds(scene.stored().lease_ms));
  return scene.watch.awake() - seen.since >= std::max<Duration>(scene.options.down_after, lease);
}

Change change_of_sentinel(const Scene& scene, const SentinelSeen& seen) {
  const Configuration& stored = scene.stored();
  std::vector<SentinelPeer> next = stored.sentinels;
  const Address address = sentinel_address(scene, seen.id, {});
  const auto it = std::find_if(next.begin(), next.end(), [&](const SentinelPeer& peer) { return peer.id == seen.id; });
  if (it == next.end()) {
    const bool ready = seen.stored == stored.epoch && votes(scene, seen);
    if (!ready || !is_expected_at(scene, address)) return std::nullopt;
    next.push_back({seen.id, address});
    return sentinels(std::move(next), named(seen.id) + " joins the sentinels");
  }
  // Who lost its folder has joined under a new id: the old one is gone for good.
  const auto before = std::find_if(next.begin(), next.end(), [&](const SentinelPeer& peer) {
    return peer.id != seen.id && peer.id != scene.id() && peer.address == address && !scene.watch.alive(peer.id);
  });
  if (before != next.end()) {
    const std::string what = named(before->id) + " leaves the sentinels: another one is at its address";
    next.erase(before);
    return sentinels(std::move(next), what);
  }
  if (it->address != address && seen.stored == stored.epoch) {  // as above
    it->address = address;
    return sentinels(std::move(next), named(seen.id) + " has moved to " + to_string(address));
  }
  return std::nullopt;
}

}  // namespace

Change membership_change_due(const Scene& scene) {
  for (const auto& [id, seen] : scene.watch.nodes()) {
    if (!scene.watch.alive(id, scene.peers)) continue;
    const Member* member = find_member(scene.stored(), id);
    Change due =
        member != nullptr ? change_of_member(scene, *member, seen.status) : change_for_learner(scene, seen.status);
    if (due) return due;
  }
  for (const auto& [id, seen] : scene.watch.sentinels()) {
    if (id == scene.id() || !scene.watch.alive(id)) continue;
    if (Change due = change_of_sentinel(scene, seen)) return due;
  }
  return std::nullopt;
}

}  // namespace onggi
