#include "sentinel/membership.h"

#include <algorithm>

#include "sentinel/announce.h"
#include "sentinel/configuration.h"

namespace onggi {
namespace {

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

}  // namespace

std::optional<MembershipChange> membership_change_due(const Scene& scene) {
  const Configuration& stored = scene.stored();
  for (const auto& [id, seen] : scene.watch.nodes()) {
    const NodeStatus& node = seen.status;
    if (!scene.watch.alive(id, scene.peers)) continue;
    const bool member = find_member(stored, id) != nullptr;
    MembershipChange change{stored.members, ""};
    if (member && node.priority == 0 && id != stored.master && stored.members.size() > stored.write_acks + 1) {
      std::erase_if(change.members, [&leaving = id](const Member& m) { return m.id == leaving; });
      change.what = "node " + id.hex.substr(0, 8) + " has priority 0 and leaves the members";
      return change;
    }
    if (member || !in_step(scene, node)) continue;
    auto gone = std::find_if(change.members.begin(), change.members.end(), [&](const Member& m) {
      return m.id != stored.master && !scene.watch.alive(m.id, scene.peers) && is_at(scene, node, m.address);
    });
    if (gone != change.members.end()) {
      change.what = "node " + id.hex.substr(0, 8) + " takes the place of " + gone->id.hex.substr(0, 8);
      *gone = {id, address_of(scene, id)};
      return change;
    }
    const bool taken = std::any_of(change.members.begin(), change.members.end(),
                                   [&](const Member& m) { return is_at(scene, node, m.address); });
    if (!taken && is_configured(scene, node)) {
      change.members.push_back({id, address_of(scene, id)});
      change.what = "node " + id.hex.substr(0, 8) + " joins the members";
      return change;
    }
  }
  return std::nullopt;
}

}  // namespace onggi
