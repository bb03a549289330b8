#include "sentinel/prospects.h"

#include <algorithm>
#include <set>

#include "sentinel/announce.h"
#include "sentinel/choice.h"
#include "sentinel/configuration.h"

namespace onggi {
namespace {

using Kind = Campaign::Kind;

std::vector<std::string> obstacles_to_the_first(const Scene& scene) {
  std::vector<std::string> reasons;
  std::set<NodeId> ids;
  for (const Address& address : std::set<Address>(scene.options.nodes.begin(), scene.options.nodes.end())) {
    auto peer = scene.peers.all().find(address);
    const NodeId id = peer == scene.peers.all().end() ? NodeId{} : peer->second.node;
    const NodeSeen* seen = id ? scene.watch.node(id) : nullptr;
    const std::string who = "node " + to_string(address);
    if (seen == nullptr || !scene.watch.alive(id, scene.peers)) {
      reasons.push_back(who + " doesn't answer: the first promotion needs every configured node");
    } else if (!seen->status.managed) {
      reasons.push_back(who + " is not managed");
    } else if (!ids.insert(id).second) {
      reasons.push_back(who + " is the same node as one at another address");
    }
  }
  const Electorate who = scene.electorate();
  if (who.ids.size() < who.size) {
    reasons.push_back(std::to_string(who.size - who.ids.size()) + " configured sentinels were never heard");
  }
  return reasons;
}

// One line a member that can't be promoted now; empty if at least one can.
std::vector<std::string> nobody_can_lead(const Scene& scene, const NodeId& except) {
  std::vector<std::string> reasons;
  for (const Member& member : scene.stored().members) {
    const std::string who = "node " + to_string(address_of(scene, member.id)) + ": ";
    if (member.id == except) {
      reasons.push_back(who + "it can't reach the other members");
      continue;
    }
    const NodeSeen* seen = scene.watch.alive(member.id, scene.peers) ? scene.watch.node(member.id) : nullptr;
    const std::string why = seen == nullptr ? "it doesn't answer" : why_it_cannot_lead(seen->status);
    if (why.empty()) return {};
    reasons.push_back(who + why);
  }
  return reasons;
}

// The command that goes on with who answers, with the id of the most advanced of them.
std::string way_on(const Scene& scene) {
  const NodeStatus* best = nullptr;
  for (const Member& member : scene.stored().members) {
    if (!scene.watch.alive(member.id, scene.peers)) continue;
    const NodeStatus& status = scene.watch.node(member.id)->status;
    if (!why_it_cannot_lead(status).empty()) continue;
    if (best == nullptr || best->position < status.position) best = &status;
  }
  return "SENTINEL FORCE-PROMOTE " + (best != nullptr ? best->id.hex : "<id>") +
         " goes on without them, at the risk of loss";
}

}  // namespace

size_t fence_answers_needed(const Scene& scene) {
  const Configuration& stored = scene.stored();
  return std::max<size_t>(fence_quorum(stored.members.size(), stored.write_acks), scene.options.failover_min_nodes);
}

size_t sure_answering(const Scene& scene, const NodeId& except) {
  size_t sure = 0;
  for (const Member& member : scene.stored().members) {
    const NodeSeen* seen = scene.watch.node(member.id);
    sure += member.id != except && scene.watch.alive(member.id, scene.peers) && seen->status.sure;
  }
  return sure;
}

std::vector<std::string> obstacles(const Scene& scene, Kind kind, const NodeId& named) {
  if (kind == Kind::kFirst) return obstacles_to_the_first(scene);
  if (kind == Kind::kForcePromote) {
    if (scene.watch.alive(named, scene.peers)) return {};
    return {"node " + named.hex + " doesn't answer"};
  }
  const Configuration& stored = scene.stored();
  const NodeId except = kind == Kind::kIsolated ? stored.master : NodeId{};
  std::vector<std::string> reasons = nobody_can_lead(scene, except);
  const bool nobody_leads = !reasons.empty();
  const size_t needed = fence_answers_needed(scene), sure = sure_answering(scene, except);
  const bool all = std::all_of(stored.members.begin(), stored.members.end(),
                               [&](const Member& m) { return scene.watch.alive(m.id, scene.peers); });
  if (sure < needed && (!all || kind == Kind::kIsolated)) {
    for (const Member& member : stored.members) {
      if (!scene.watch.alive(member.id, scene.peers)) {
        if (nobody_leads) continue;  // said already
        reasons.push_back("node " + to_string(address_of(scene, member.id)) + " doesn't answer");
      } else if (!scene.watch.node(member.id)->status.sure) {
        reasons.push_back("node " + to_string(address_of(scene, member.id)) + " may have lost acknowledged records");
      }
    }
    reasons.push_back(std::to_string(needed) +
                      " sure members must answer to be certain that no acknowledged write is lost, " +
                      std::to_string(sure) + " do; " + way_on(scene));
  }
  return reasons;
}

}  // namespace onggi
