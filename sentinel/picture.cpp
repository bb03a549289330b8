// SentinelView: what this sentinel can tell of itself and of others at one moment.
#include <algorithm>
#include <utility>

#include "sentinel/announce.h"
#include "sentinel/configuration.h"
#include "sentinel/core.h"
#include "sentinel/prospects.h"

namespace onggi {
namespace {

Duration age(Duration now, Duration then) {
  return std::max(now - then, Duration{0});
}

NodeView describe_node(const Scene& scene, const Transitions& transitions, const NodeId& id, const Peer* peer) {
  NodeView node;
  node.id = id;
  const Configuration& stored = scene.stored();
  const Duration awake = scene.watch.awake();
  node.address = id ? address_of(scene, id) : (peer != nullptr ? peer->address : Address{});
  node.member = find_member(stored, id) != nullptr;
  node.is_master = stored.epoch.value != 0 && id == stored.master;
  node.linked = peer != nullptr && peer->linked();
  node.last_answer_age = awake;
  if (peer != nullptr) node.last_sent_age = scene.now - peer->sent_at;
  if (const NodeSeen* seen = id ? scene.watch.node(id) : nullptr) {
    node.status = seen->status;
    node.last_answer_age = age(awake, seen->answered);
    node.role_age = age(awake, seen->role_since);
  }
  const std::string key = node.is_master ? Transitions::key_of_master() : Transitions::key_of(id);
  const std::optional<Duration> down_for = transitions.down_for(scene, key);
  node.down = down_for.has_value() || (!node.member && !scene.watch.alive(id, scene.peers));
  node.down_age = down_for.value_or(Duration{0});
  node.lease_left = scene.leases.left(id, scene.now);
  return node;
}

}  // namespace

SentinelView SentinelCore::view(Now now) const {
  static_cast<void>(now);  // ages are those of the last step, which is at most a heartbeat ago
  SentinelView view;
  const Configuration& stored = scene_.stored();
  const SentinelState& state = scene_.durable.get();
  view.id = state.id;
  view.run = scene_.run;
  view.epoch = state.epoch;
  view.vote = state.vote;
  view.vote_epoch = state.vote_epoch;
  view.configuration = stored;
  const Electorate who = scene_.electorate();
  view.majority_contact = scene_.majority_contact();
  const NodeStatus* writable = stored.epoch.value != 0 ? scene_.watch.writable_master(stored) : nullptr;
  const bool answers = writable != nullptr && writable->id == stored.master;
  if (stored.epoch.value != 0 && (view.majority_contact || answers))
    view.master_address = onggi::master_address(scene_);
  const std::optional<Duration> down_for = transitions_.down_for(scene_, Transitions::key_of_master());
  view.master_down = down_for.has_value();
  view.master_down_age = down_for.value_or(Duration{0});
  view.majority_finds_down = Transitions::majority_finds_down(scene_);
  view.voters = static_cast<uint32_t>(who.size);
  for (const SentinelId& id : who.ids) view.usable_voters += id == scene_.id() || scene_.watch.alive(id);
  view.majority = static_cast<uint32_t>(majority_of(who.size));
  if (stored.epoch.value != 0) {
    view.fence_needed = static_cast<uint32_t>(fence_answers_needed(scene_));
    view.sure_answering = static_cast<uint32_t>(sure_answering(scene_, {}));
  }
  view.failover_state = failover_state();
  view.stuck = obstacles_;
  if (!view.majority_contact) {
    view.stuck.push_back("only " + std::to_string(view.usable_voters) + " of " + std::to_string(view.voters) +
                         " sentinels answer, " + std::to_string(view.majority) +
                         " must; SENTINEL FORCE-SENTINELS at each survivor goes on without the others");
  }
  describe_nodes(view);
  describe_sentinels(view);
  view.down_after = scene_.options.down_after;
  view.failover_timeout = scene_.options.failover_timeout;
  view.failover_min_nodes = scene_.options.failover_min_nodes;
  view.master_name = scene_.options.master_name;
  return view;
}

void SentinelCore::describe_nodes(SentinelView& view) const {
  const Configuration& stored = scene_.stored();
  std::vector<NodeId> shown;
  auto show = [&](const NodeId& id, const Peer* peer) {
    if (id && std::find(shown.begin(), shown.end(), id) != shown.end()) return;
    if (id) shown.push_back(id);
    view.nodes.push_back(describe_node(scene_, transitions_, id, peer));
  };
  if (stored.epoch.value != 0) show(stored.master, scene_.peers.by_node(stored.master));
  for (const Member& member : stored.members) show(member.id, scene_.peers.by_node(member.id));
  for (const auto& [address, peer] : scene_.peers.all()) {
    if (peer.kind != PeerKind::kNode) continue;
    // A member's address where nobody has answered yet is shown as that member.
    const bool of_member = std::any_of(stored.members.begin(), stored.members.end(),
                                       [&seen = peer](const Member& m) { return m.address == seen.address; });
    if (peer.node || !of_member) show(peer.node, &peer);
  }
}

void SentinelCore::describe_sentinels(SentinelView& view) const {
  const Electorate who = scene_.electorate();
  const Duration awake = scene_.watch.awake();
  std::vector<SentinelId> shown{scene_.id()};
  auto show = [&](const SentinelId& id, const Peer* peer) {
    if (id && std::find(shown.begin(), shown.end(), id) != shown.end()) return;
    if (id) shown.push_back(id);
    SentinelPeerView one;
    one.id = id;
    one.address = id ? sentinel_address(scene_, id, peer != nullptr ? peer->address : Address{}) : peer->address;
    for (const SentinelPeer& known : scene_.stored().sentinels) {
      if (known.id == id && one.address.port == 0) one.address = known.address;
    }
    one.member = !id ? scene_.stored().epoch.value == 0 : who.has(id);
    one.linked = peer != nullptr && peer->linked();
    one.last_answer_age = awake;
    if (peer != nullptr) one.last_sent_age = scene_.now - peer->sent_at;
    one.down = !id || !scene_.watch.alive(id);
    if (const SentinelSeen* seen = id ? scene_.watch.sentinel(id) : nullptr) {
      one.run = seen->run;
      one.epoch = seen->epoch;
      one.stored = seen->stored;
      one.finds_master_down = seen->finds_master_down;
      one.last_answer_age = age(awake, seen->answered);
      one.voted_leader = seen->voted_leader;
      one.voted_epoch = seen->voted_epoch;
    }
    one.down_age = transitions_.down_for(scene_, Transitions::key_of(id)).value_or(Duration{0});
    view.sentinels.push_back(std::move(one));
  };
  for (const SentinelId& id : who.ids) show(id, scene_.peers.by_sentinel(id));
  for (const auto& [address, peer] : scene_.peers.all()) {
    if (peer.kind == PeerKind::kSentinel) show(peer.sentinel, &peer);
  }
}

std::string SentinelCore::failover_state() const {
  if (failover_.busy()) return to_string(failover_.at());
  if (handover_.busy()) return "pause";
  if (election_.at() == Election::Step::kAsk) return "wait_start";
  return "none";
}

}  // namespace onggi
