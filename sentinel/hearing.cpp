// Links and messages. Whatever comes from outside is checked here before anybody acts on it: statuses and answers of
// nodes only over own links to nodes, votes only over own links to sentinels, nothing from a run that is proven dead.
#include <algorithm>
#include <set>
#include <utility>

#include "common/defects.h"
#include "common/run_id.h"
#include "sentinel/announce.h"
#include "sentinel/configuration.h"
#include "sentinel/core.h"

namespace onggi {
namespace {

constexpr size_t kMaxListed = 256;
constexpr Duration kIdleRetry = seconds(5);

bool sound(const NodeStatus& status) {
  return status.id && status.run && status.following.size() <= kMaxListed && status.holding_start.size() <= kMaxListed;
}

}  // namespace

void SentinelCore::on(const LinkUp& up) {
  Peer* peer = scene_.peers.link_up(up, scene_.now, scene_.out);
  if (peer == nullptr) return;
  scene_.heartbeat(*peer);
  if (peer->node) failover_.on_link_up(scene_, peer->node);
}

void SentinelCore::on(const LinkDown& down) {
  const Peer* peer = scene_.peers.link_down(down, scene_.now);
  if (peer == nullptr || !peer->node) return;
  if (has_defect(Defect::kRefusedIsProof) && down.why == LinkDown::Why::kRefused) {
    if (const NodeSeen* seen = scene_.watch.node(peer->node)) scene_.leases.run_died(seen->status.run);
  }
  for (auto& [address, other] : scene_.peers.all()) {
    if (!other.idle || other.node != peer->node) continue;
    other.idle = false;
    other.retry_at = scene_.now;
  }
}

void SentinelCore::on(const MessageFrom& from) {
  Peer* peer = scene_.peers.by_link(from.link);
  hear(from.link, peer, from.message);
}

void SentinelCore::hear(LinkId link, Peer* peer, const Message& message) {
  const bool of_node = peer != nullptr && peer->kind == PeerKind::kNode;
  const bool of_sentinel = peer != nullptr && peer->kind == PeerKind::kSentinel;
  if (const auto* m = std::get_if<HeartbeatAnswer>(&message); m != nullptr && of_node) {
    hear_status(*peer, m->status);
  } else if (const auto* fence = std::get_if<FenceAnswer>(&message); fence != nullptr && of_node) {
    hear_status(*peer, fence->status);
    if (!scene_.dead.contains(fence->status.run)) failover_.on_fence_answer(scene_, *fence);
  } else if (const auto* promote = std::get_if<PromoteAnswer>(&message); promote != nullptr && of_node) {
    hear_status(*peer, promote->status);
    if (!scene_.dead.contains(promote->status.run)) failover_.on_promote_answer(scene_, *promote);
  } else if (const auto* pause = std::get_if<PauseAnswer>(&message); pause != nullptr && of_node) {
    handover_.on_answer(*pause);
  } else if (const auto* death = std::get_if<RunDead>(&message)) {
    hear_death(link, *death);
  } else if (const auto* heard = std::get_if<RunDeadHeard>(&message); heard != nullptr && of_sentinel) {
    scene_.dead.heard_by(peer->sentinel, heard->run);
  } else if (const auto* beat = std::get_if<SentinelHeartbeat>(&message)) {
    hear_sentinel(link, *beat);
  } else if (const auto* request = std::get_if<VoteRequest>(&message)) {
    if (request->candidate && request->candidate != scene_.id()) ballot_.asked(scene_, link, *request);
  } else if (const auto* reply = std::get_if<VoteReply>(&message); reply != nullptr && of_sentinel) {
    election_.on_reply(scene_, *reply);
  } else if (const auto* publish = std::get_if<::onggi::Publish>(&message)) {
    if (scene_.adopt(publish->configuration, publish->event, Scene::M2::kSatisfied)) {
      scene_.out.publish("+config-update-from", "sentinel @ " + scene_.options.master_name);
    }
    SentinelHeartbeat answer = scene_.describe_to({});
    answer.answer = true;
    scene_.out.send(link, std::move(answer));
  }
}

// Another run answers from the very file that this one had: whoever lives holds its lock, so the former is dead (L4).
// From another file (a copy of the folder, another boot of the host) it proves nothing, and leases run to their end.
void SentinelCore::hear_new_run(const NodeStatus& status) {
  const NodeSeen* before = scene_.watch.node(status.id);
  if (before == nullptr || before->status.run == status.run) return;
  if (before->status.id_file == status.id_file) {
    const RunId dead = before->status.run;
    scene_.dead.replaced(status.id, dead);
    scene_.leases.run_died(dead);
    scene_.watch.run_died(dead);
  }
  scene_.out.publish("+reboot", replica_payload(scene_, address_of(scene_, status.id)));
}

// Identity is the id: a node that is watched at two addresses is heard at one.
void SentinelCore::bind_node(Peer& peer, const NodeStatus& status) {
  peer.node = status.id;
  peer.answered_awake = scene_.watch.awake();
  for (auto& [address, other] : scene_.peers.all()) {
    if (&other == &peer || other.node != status.id || !other.linked()) continue;
    Peer& spare = other.address == status.address ? peer : other;
    spare.idle = true;
    scene_.peers.close(spare, scene_.now + kIdleRetry, scene_.out);
    if (&spare == &peer) return;
  }
  peer.idle = false;
}

void SentinelCore::hear_status(Peer& peer, const NodeStatus& status) {
  if (!sound(status) || scene_.dead.contains(status.run)) return;
  hear_new_run(status);
  bind_node(peer, status);
  const NodeSeen* before = scene_.watch.node(status.id);
  const Configuration& stored = scene_.stored();
  const bool follows = status.following_master && status.master_epoch == stored.epoch;
  const bool followed =
      before != nullptr && before->status.following_master && before->status.master_epoch == stored.epoch;
  scene_.watch.heard(status, stored);
  scene_.heard_epoch(status.promise);
  scene_.heard_epoch(status.master_epoch);
  scene_.leases.fenced(status.run, status.promise);
  if (follows && !followed && before != nullptr) publish_replica(scene_, "-reconf-done", address_of(scene_, status.id));
  const bool own_token = status.token && status.token->run == status.run && status.token->epoch == status.master_epoch;
  if (status.is_master && !status.fenced && own_token) scene_.leases.received(status.id, *status.token, scene_.now);
  // W3: one promotion an epoch makes it safe to believe the one who was promoted.
  const Configuration& its = status.configuration;
  if (status.is_master && status.master_epoch > stored.epoch && its.epoch == status.master_epoch &&
      its.master == status.id) {
    scene_.adopt(its, "node " + to_string(address_of(scene_, status.id)) + " answers as its master",
                 Scene::M2::kAskTheMaster);
  }
  // L2: an epoch's first token is echoed at once.
  if (scene_.leases.first_of_epoch(status.id) && scene_.grants_leases_to(status.id)) scene_.heartbeat_node(status.id);
  failover_.on_status(scene_, status);
  follow_if_not(status);
  if (status.wants_handover && status.is_master && status.id == scene_.stored().master) want_handover();
}

// F6: any sentinel that hears a node not follow tells it to.
void SentinelCore::follow_if_not(const NodeStatus& status) {
  const Configuration& stored = scene_.stored();
  if (stored.epoch.value == 0 || !status.managed || status.id == stored.master || status.promise > stored.epoch) return;
  if (status.cluster && status.cluster != stored.cluster) return;
  const bool knows = status.configuration.epoch >= stored.epoch && status.master_epoch >= stored.epoch;
  if (!knows) scene_.tell(status.id, Follow{stored});
}

void SentinelCore::hear_death(LinkId link, const RunDead& proof) {
  if (run_id_of(proof.secret) != proof.run) return;
  const NodeSeen* seen = scene_.watch.node(proof.node);
  const bool heard_of = seen != nullptr && seen->status.run == proof.run;
  if (scene_.dead.prove(proof, heard_of)) {
    if (heard_of) {
      scene_.out.info("run " + proof.run.hex.substr(0, 8) + " of node " + proof.node.hex.substr(0, 8) +
                      " is proven dead");
    }
    scene_.leases.run_died(proof.run);
    scene_.watch.run_died(proof.run);
    for (auto& [address, peer] : scene_.peers.all()) {
      if (peer.kind == PeerKind::kSentinel && peer.linked()) scene_.out.send(peer.link, proof);
    }
  }
  scene_.out.send(link, RunDeadHeard{proof.run});
}

void SentinelCore::hear_sentinel(LinkId link, const SentinelHeartbeat& heartbeat) {
  if (!heartbeat.sender) return;
  Peer* peer = scene_.peers.by_link(link);
  if (heartbeat.sender == scene_.id()) {  // this very sentinel, under another name
    if (peer == nullptr) {
      SentinelHeartbeat self = scene_.describe_to({});
      self.answer = true;
      if (!heartbeat.answer) scene_.out.send(link, std::move(self));
      return;
    }
    scene_.own_addresses.insert(peer->address);
    scene_.retarget();
    return;
  }
  if (peer != nullptr && peer->kind == PeerKind::kSentinel) {
    peer->sentinel = heartbeat.sender;
    peer->answered_awake = scene_.watch.awake();
  }
  scene_.heard_epoch(heartbeat.epoch);
  const SentinelSeen* before = scene_.watch.sentinel(heartbeat.sender);
  const bool moved = before == nullptr || before->address != heartbeat.address;
  scene_.watch.heard(heartbeat);
  if (moved && has_sentinel(scene_.stored(), heartbeat.sender)) scene_.retarget();
  // Who has no configuration yet takes one only from those it was told of, or one that names it.
  const bool known = peer != nullptr || scene_.stored().epoch.value != 0;
  if (heartbeat.configuration && (known || has_sentinel(*heartbeat.configuration, scene_.id()))) {
    if (scene_.adopt(*heartbeat.configuration, "sentinel " + heartbeat.sender.hex.substr(0, 8),
                     Scene::M2::kSatisfied)) {
      scene_.out.publish("+config-update-from",
                         sentinel_payload(scene_, heartbeat.sender, sentinel_address(scene_, heartbeat.sender, {})));
    }
  }
  if (heartbeat.answer) return;
  SentinelHeartbeat answer = scene_.describe_to(heartbeat.sender);
  answer.answer = true;
  answer.sequence = heartbeat.sequence;
  scene_.out.send(link, std::move(answer));
}

}  // namespace onggi
