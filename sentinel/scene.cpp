#include "sentinel/scene.h"

#include <set>
#include <utility>

#include "common/defects.h"
#include "sentinel/announce.h"
#include "sentinel/configuration.h"

namespace onggi {
namespace {

// An epoch from outside beyond this is nonsense: at one failover a microsecond it is further than anybody gets.
constexpr Epoch kHighestEpoch{uint64_t{1} << 60};

Instant bound_until(const SentinelOptions& options, const Durable& durable, Instant start) {
  if (has_defect(Defect::kNoWaitAtStart)) return start;
  const uint32_t lease = std::max(options.lease_ms, durable.configuration().lease_ms);
  return start + std::max<Duration>(options.down_after, with_drift_margin(milliseconds(lease)));
}

}  // namespace

Scene::Scene(SentinelOptions o, Durable d, Random& r, Instant start)
    : options(std::move(o)),
      durable(std::move(d)),
      random(r),
      now(start),
      run{random.hex(40)},
      watch(options, start),
      leases(bound_until(options, durable, start)) {}

void Scene::heard_epoch(Epoch epoch) {
  if (epoch < kHighestEpoch) highest_heard = std::max(highest_heard, epoch);
}

Epoch Scene::next_epoch() const {
  const SentinelState& state = durable.get();
  const bool led = state.vote == state.id && state.vote_epoch == state.epoch && state.vote_epoch > stored().epoch;
  if (has_defect(Defect::kLeaderResumes) && led && highest_heard <= state.epoch) return state.epoch;
  return {std::max(highest_heard, durable.epoch()).value + 1};
}

Electorate electorate_of(const std::vector<SentinelPeer>& sentinels) {
  Electorate who;
  for (const SentinelPeer& peer : sentinels) who.ids.push_back(peer.id);
  who.size = who.ids.size();
  who.needed = majority_of(who.size);
  return who;
}

Electorate Scene::electorate() const {
  Electorate who;
  if (forced_sentinels) {
    who.ids.push_back(id());
    for (const auto& [sentinel, seen] : watch.sentinels()) {
      if (watch.alive(sentinel)) who.ids.push_back(sentinel);
    }
    who.size = who.needed = who.ids.size();
    return who;
  }
  if (stored().epoch.value != 0) return electorate_of(stored().sentinels);
  std::set<SentinelId> ids{id()};
  size_t others = 0;
  for (const Address& address : std::set<Address>(options.sentinels.begin(), options.sentinels.end())) {
    auto peer = peers.all().find(address);
    if (peer == peers.all().end()) continue;  // this sentinel itself
    others++;
    if (peer->second.sentinel) ids.insert(peer->second.sentinel);
  }
  who.ids.assign(ids.begin(), ids.end());
  who.size = others + 1;
  who.needed = majority_of(who.size);
  return who;
}

std::vector<NodeId> Scene::first_nodes() const {
  std::vector<NodeId> ids;
  for (const Address& address : std::set<Address>(options.nodes.begin(), options.nodes.end())) {
    auto peer = peers.all().find(address);
    ids.push_back(peer == peers.all().end() ? NodeId{} : peer->second.node);
  }
  return ids;
}

bool Scene::majority_contact() const {
  const Electorate who = electorate();
  size_t reached = 0;
  for (const SentinelId& sentinel : who.ids) reached += sentinel == id() || watch.alive(sentinel);
  return reached >= majority_of(who.size);
}

bool Scene::tell(const NodeId& node, Message message) {
  const Peer* peer = peers.by_node(node);
  if (peer == nullptr || !peer->linked()) return false;
  out.send(peer->link, std::move(message));
  return true;
}

bool Scene::tell(const SentinelId& sentinel, Message message) {
  const Peer* peer = peers.by_sentinel(sentinel);
  if (peer == nullptr || !peer->linked()) return false;
  out.send(peer->link, std::move(message));
  return true;
}

bool Scene::grants_leases_to(const NodeId& node) const {
  const NodeSeen* seen = watch.node(node);
  if (has_defect(Defect::kLeaseAfterVote) && seen != nullptr && seen->status.is_master) return true;
  if (has_defect(Defect::kLeaseUnpublished) && seen != nullptr && seen->status.is_master && !seen->status.fenced &&
      seen->status.master_epoch >= durable.epoch()) {
    return true;
  }
  if (seen == nullptr || node != stored().master || stored().epoch != durable.epoch()) return false;
  // Who finds the master down must be able to vote (L4): it grants nothing that it would then have to wait for.
  if (watch.master(stored(), peers).down) return false;
  return seen->status.is_master && !seen->status.fenced && seen->status.master_epoch == stored().epoch;
}

SentinelHeartbeat Scene::describe_to(const SentinelId& receiver) const {
  SentinelHeartbeat beat;
  beat.sender = id();
  beat.run = run;
  beat.address = options.self;
  beat.epoch = durable.epoch();
  beat.stored = stored().epoch;
  beat.majority_contact = majority_contact();
  beat.forced_sentinels = forced_sentinels;
  if (stored().epoch.value != 0 && watch.master(stored(), peers).down) beat.master_seen_down = stored().master;
  const SentinelSeen* seen = watch.sentinel(receiver);
  if (seen != nullptr && seen->stored < stored().epoch) beat.configuration = stored();
  return beat;
}

void Scene::heartbeat(Peer& peer) {
  if (!peer.linked()) return;
  peer.sent_at = now;
  peer.sequence++;
  if (peer.kind == PeerKind::kNode) {
    Heartbeat beat;
    beat.sender = id();
    beat.sender_address = options.self;
    beat.sequence = peer.sequence;
    beat.epoch = durable.epoch();
    beat.stored = stored().epoch;
    beat.watcher_targets.push_back(options.self);
    for (const auto& [address, other] : peers.all()) {
      if (other.kind == PeerKind::kSentinel && !other.idle) beat.watcher_targets.push_back(address);
    }
    // All sentinels say the same: what differs is told to the watcher anew.
    std::sort(beat.watcher_targets.begin(), beat.watcher_targets.end());
    if (grants_leases_to(peer.node)) beat.echo = leases.echo(peer.node, milliseconds(stored().lease_ms), now);
    out.send(peer.link, std::move(beat));
    return;
  }
  SentinelHeartbeat beat = describe_to(peer.sentinel);
  beat.sequence = peer.sequence;
  out.send(peer.link, std::move(beat));
  for (RunDead& proof : dead.untold(peer.sentinel)) out.send(peer.link, std::move(proof));
}

void Scene::heartbeat_node(const NodeId& node) {
  for (auto& [address, peer] : peers.all()) {
    if (peer.kind == PeerKind::kNode && peer.node == node && peer.linked()) heartbeat(peer);
  }
}

void Scene::heartbeat_everybody() {
  for (auto& [address, peer] : peers.all()) heartbeat(peer);
}

bool Scene::persisted(const Result<void>& saved) {
  if (!saved) out.error("the sentinel's state can't be stored: " + saved.error().message);
  return static_cast<bool>(saved);
}

void Scene::retarget() {
  std::map<Address, PeerKind> targets;
  for (const Address& address : options.nodes) targets.emplace(address, PeerKind::kNode);
  for (const Member& member : stored().members) targets.emplace(member.address, PeerKind::kNode);
  for (const Address& address : options.sentinels) targets.emplace(address, PeerKind::kSentinel);
  for (const SentinelPeer& peer : stored().sentinels) {
    if (peer.id == id()) continue;
    targets.emplace(peer.address, PeerKind::kSentinel);
    targets.emplace(sentinel_address(*this, peer.id, peer.address), PeerKind::kSentinel);  // it may have moved
  }
  targets.erase(options.self);
  std::erase_if(targets, [](const auto& target) { return target.first.port == 0; });
  // An address where this sentinel itself answered is dropped by Peer::sentinel == id(), kept out here.
  for (const auto& [address, peer] : peers.all()) {
    if (peer.kind == PeerKind::kSentinel && peer.sentinel == id()) own_addresses.insert(address);
  }
  for (const Address& address : own_addresses) targets.erase(address);
  peers.watch(targets, now, out);
}

bool Scene::adopt(const Configuration& next, const std::string& from, M2 m2) {
  const NodeSeen* master = watch.node(next.master);
  if (!may_follow(stored(), next)) return false;
  // Who has stored nothing, and didn't vote for these either, as for the first ones, can't know whether they changed.
  const bool first = stored().epoch.value == 0 && durable.get().vote_epoch == next.epoch;
  const bool changed = !first && (stored().epoch.value == 0 || !same_membership(stored(), next));
  if (changed && m2 == M2::kAskTheMaster && (master == nullptr || !start_is_held(next, master->status))) return false;
  const Address before = stored().epoch.value != 0 ? master_address(*this) : Address{};
  const Epoch epoch_before = durable.epoch();
  if (!persisted(durable.store(next))) return false;
  heard_epoch(next.epoch);
  if (has_sentinel(next, id())) forced_sentinels = false;
  watch.configuration_stored(next);
  if (durable.epoch() > epoch_before) out.publish("+new-epoch", std::to_string(durable.epoch().value));
  out.info("stored the configuration of epoch " + std::to_string(next.epoch.value) + " (" + from + ")");
  if (before.port == 0)
    out.publish("+monitor", master_payload(*this) + " quorum " + std::to_string(electorate().needed));
  retarget();
  publish_switch(*this, before);
  for (const auto& [id, seen] : watch.nodes()) {
    if (id != next.master && seen.status.managed) tell(id, Follow{next});
  }
  heartbeat_everybody();
  return true;
}

}  // namespace onggi
