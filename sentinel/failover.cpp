#include "sentinel/failover.h"

#include <algorithm>
#include <set>
#include <utility>

#include "common/defects.h"
#include "sentinel/announce.h"
#include "sentinel/configuration.h"

namespace onggi {
namespace {

constexpr Duration kEager = milliseconds(20);  // between questions while somebody's answer is all that is missing

std::string short_id(const NodeId& id) {
  return id.hex.substr(0, 8);
}

}  // namespace

std::string to_string(Failover::Step step) {
  switch (step) {
    case Failover::Step::kNone:
      return "none";
    case Failover::Step::kFence:
      return "fence";
    case Failover::Step::kCatchUp:
      return "catch_up";
    case Failover::Step::kPromote:
      return "promote";
    case Failover::Step::kPublish:
      return "publish";
  }
  return "none";
}

void Failover::begin(Scene& scene, Epoch epoch, Campaign campaign) {
  ONGGI_CHECK(!busy());
  step_ = Step::kFence;
  epoch_ = epoch;
  campaign_ = std::move(campaign);
  base_ = scene.stored();
  was_master_run_ = scene.watch.master_run();
  targets_ = fence_targets(scene);
  promised_.clear();
  refusals_.clear();
  choice_.reset();
  rest_was_waited_for_ = false;
  began_ = scene.now;
  wait_for_rest_until_ = scene.now + scene.patience();
  give_up_at_ = scene.now + std::min<Duration>(scene.options.failover_timeout, scene.options.down_after);
  scene.out.publish("+failover-state-select-slave", master_payload(scene));
  fence(scene);
}

std::vector<NodeId> Failover::fence_targets(const Scene& scene) const {
  std::vector<NodeId> ids;
  if (base_.epoch.value == 0) {
    for (const NodeId& id : scene.first_nodes()) {
      if (id) ids.push_back(id);
    }
  }
  for (const Member& member : base_.members) ids.push_back(member.id);
  return ids;
}

bool Failover::counts(const NodeId& id) const {
  return !(campaign_.kind == Campaign::Kind::kIsolated && id == campaign_.planned_for);
}

// F1.
void Failover::fence(Scene& scene) {
  again_at_ = scene.now + Duration(scene.options.heartbeat);
  for (const NodeId& id : targets_) {
    const bool planned = id == campaign_.planned_for && counts(id);
    if (!promised_.contains(id)) scene.tell(id, Fence{epoch_, scene.id(), planned});
  }
}

void Failover::on_fence_answer(Scene& scene, const FenceAnswer& answer) {
  if (step_ != Step::kFence || answer.epoch != epoch_) return;
  const NodeStatus& status = answer.status;
  if (std::find(targets_.begin(), targets_.end(), status.id) == targets_.end()) return;
  const bool ours = answer.promised && status.promise == epoch_ && status.promised_to == scene.id();
  if (ours) {
    promised_[status.id] = status;
    refusals_.erase(status.id);
    return consider_fence(scene);
  }
  refusals_[status.id] = "it promised epoch " + std::to_string(status.promise.value);
  if (status.promise <= epoch_) return;
  Outcome outcome;
  outcome.why = "node " + short_id(status.id) + " has promised epoch " + std::to_string(status.promise.value);
  end(scene, std::move(outcome));
}

// F2; what is still missing, or nothing.
std::string Failover::fence_is_missing(const Scene& scene) const {
  using Kind = Campaign::Kind;
  size_t sure = 0;
  for (const auto& [id, status] : promised_) sure += status.sure && counts(id);
  const bool all = promised_.size() == targets_.size();
  if (campaign_.planned() && !has_defect(Defect::kPauseIsFence) && !promised_.contains(campaign_.planned_for))
    return "the master's own answer to the fence";
  if (campaign_.kind == Kind::kForcePromote) {
    return promised_.contains(campaign_.target) ? "" : "the answer of the node that was named";
  }
  if (campaign_.kind == Kind::kFirst) return all ? "" : "answers of all configured nodes";
  const size_t f =
      std::max<size_t>(fence_quorum(base_.members.size(), base_.write_acks), scene.options.failover_min_nodes);
  if (sure >= f || (all && campaign_.kind != Kind::kIsolated)) return "";
  return std::to_string(f) + " sure answers to the fence (" + std::to_string(sure) + " came)";
}

void Failover::consider_fence(Scene& scene) {
  std::erase_if(promised_, [&](const auto& entry) { return scene.dead.contains(entry.second.run); });
  if (!fence_is_missing(scene).empty()) return;
  for (const NodeId& id : targets_) {
    if (scene.now >= wait_for_rest_until_) break;
    if (promised_.contains(id) || refusals_.contains(id)) continue;
    const NodeSeen* seen = scene.watch.node(id);
    const Peer* peer = scene.peers.by_node(id);
    const bool answered_last = seen != nullptr && peer != nullptr && peer->linked() &&
                               scene.watch.awake() - seen->answered <= 2 * Duration(scene.options.heartbeat);
    if (answered_last) return;
  }
  choose_leader(scene);
}

// F3.
void Failover::choose_leader(Scene& scene) {
  std::vector<NodeStatus> answers;
  std::set<ClusterId> clusters;
  bool unsure = false;
  for (const auto& [id, status] : promised_) {
    if (status.cluster) clusters.insert(status.cluster);
    unsure = unsure || !status.sure;
    if (counts(id)) answers.push_back(status);
  }
  if (base_.cluster) clusters.insert(base_.cluster);
  if (clusters.size() > 1) return fail(scene, "the nodes belong to different clusters");
  ChoiceHints hints;
  hints.target = campaign_.target;
  hints.was_master = base_.master;
  hints.was_master_run = was_master_run_;
  if (base_.epoch.value == 0) hints.preferred = scene.options.preferred_master;
  if (campaign_.kind == Campaign::Kind::kForcePromote) hints.only = campaign_.target;
  Result<Choice> choice = choose(answers, hints);
  if (!choice) return fail(scene, choice.error().message);
  choice_ = *choice;
  next_ = build(scene);
  if (!next_.cluster) next_.cluster = clusters.empty() ? ClusterId{scene.random.hex(40)} : *clusters.begin();
  if (!plausible(next_)) return fail(scene, "the configuration would have no such master");
  if (campaign_.kind == Campaign::Kind::kForcePromote) {
    scene.out.warn("promoting " + short_id(next_.master) + " on the operator's word, without the answers of " +
                   std::to_string(targets_.size() - promised_.size()) + " members: acknowledged writes may be lost");
  } else if (unsure) {
    scene.out.warn("nodes that may have lost acknowledged records were counted: possible loss");
  }
  scene.out.publish("+selected-slave", replica_payload(scene, address_of(scene, next_.master)));
  if (choice_->fetch_from) return catch_up(scene);
  promote(scene);
}

Configuration Failover::build(const Scene& scene) const {
  using Kind = Campaign::Kind;
  Configuration next = base_;
  next.epoch = epoch_;
  next.master = choice_->chosen.id;
  if (campaign_.members) next.members = *campaign_.members;
  if (campaign_.kind == Kind::kFirst || campaign_.kind == Kind::kForcePromote) {
    next.members.clear();
    for (const auto& [id, status] : promised_) {
      if (status.priority > 0 || campaign_.kind == Kind::kForcePromote) next.members.push_back({id, {}});
    }
  }
  if (campaign_.kind == Kind::kFirst || campaign_.kind == Kind::kForceSentinels) {
    next.sentinels.clear();
    for (const SentinelId& sentinel : scene.electorate().ids) next.sentinels.push_back({sentinel, {}});
  }
  if (campaign_.kind == Kind::kFirst) {
    next.write_acks = scene.options.write_acks;
    next.lease_ms = scene.options.lease_ms;
  }
  next.write_acks = campaign_.write_acks.value_or(next.write_acks);
  next.lease_ms = campaign_.lease_ms.value_or(next.lease_ms);
  next.write_acks = std::min<uint32_t>(next.write_acks, next.members.empty() ? 0 : next.members.size() - 1);
  if (campaign_.sentinels) next.sentinels = *campaign_.sentinels;
  // What was last heard of who is silent may be older than the configuration: it stays where that says.
  for (Member& member : next.members) {
    const bool answered = !campaign_.members && promised_.contains(member.id);
    if (answered || member.address.port == 0) member.address = address_of(scene, member.id);
  }
  for (SentinelPeer& peer : next.sentinels) {
    if (peer.address.port == 0) peer.address = sentinel_address(scene, peer.id, {});
  }
  return next;
}

// C8.
void Failover::catch_up(Scene& scene) {
  if (step_ != Step::kCatchUp) {
    give_up_at_ = began_ + Duration(scene.options.failover_timeout);
    ask_again_at_ = scene.now;
  }
  step_ = Step::kCatchUp;
  again_at_ = scene.now + kEager;
  if (scene.now < ask_again_at_) return;
  ask_again_at_ = scene.now + Duration(scene.options.heartbeat);
  const NodeStatus& source = *choice_->fetch_from;
  scene.tell(choice_->chosen.id,
             CatchUp{epoch_, scene.id(), source.id, address_of(scene, source.id), choice_->position});
}

// F4.
void Failover::promote(Scene& scene) {
  if (step_ != Step::kPromote) {
    give_up_at_ = scene.now + Duration(scene.options.down_after);
    scene.out.publish("+failover-state-send-slaveof-noone", replica_payload(scene, address_of(scene, next_.master)));
    scene.out.publish("+failover-state-wait-promotion", replica_payload(scene, address_of(scene, next_.master)));
  }
  step_ = Step::kPromote;
  again_at_ = scene.now + Duration(scene.options.heartbeat);
  scene.tell(next_.master, Promote{scene.id(), choice_->chosen.run, choice_->position, next_});
}

void Failover::on_promote_answer(Scene& scene, const PromoteAnswer& answer) {
  if (step_ != Step::kPromote || answer.epoch != epoch_ || answer.status.id != next_.master) return;
  scene.heard_epoch(answer.status.promise);
  const NodeStatus& status = answer.status;
  const bool is_master = status.is_master && status.master_epoch == epoch_ && status.run == choice_->chosen.run;
  if (answer.promoted || is_master) return promoted(scene);
  fail(scene, "node " + short_id(status.id) + " refused its promotion: " + answer.why);
}

void Failover::on_status(Scene& scene, const NodeStatus& status) {
  if (step_ == Step::kFence) {
    auto found = promised_.find(status.id);
    if (found != promised_.end() && found->second.run != status.run) promised_.erase(found);
    return;
  }
  if (!busy() || !choice_ || status.id != choice_->chosen.id) return;
  if (step_ == Step::kPublish) return publish(scene);
  if (status.run != choice_->chosen.run) return fail(scene, "the chosen node was restarted");
  if (step_ == Step::kCatchUp && status.position == choice_->position && status.promise == epoch_)
    return promote(scene);
  if (step_ == Step::kPromote && status.is_master && status.master_epoch == epoch_) return promoted(scene);
}

void Failover::on_link_up(Scene& scene, const NodeId& node) {
  const bool wanted = std::find(targets_.begin(), targets_.end(), node) != targets_.end();
  if (busy() && wanted && again_at_ > scene.now) again_at_ = scene.now;
}

void Failover::promoted(Scene& scene) {
  step_ = Step::kPublish;
  give_up_at_ = began_ + Duration(scene.options.failover_timeout);
  scene.out.publish("+promoted-slave", replica_payload(scene, address_of(scene, next_.master)));
  scene.out.publish("+failover-state-reconf-slaves", master_payload(scene));
  // While the configuration may not be stored yet (M2), nobody else tells the nodes whom to follow.
  const bool early = base_.epoch.value != 0 && !same_membership(base_, next_);
  for (const auto& [id, seen] : scene.watch.nodes()) {
    if (id == next_.master || !seen.status.managed) continue;
    if (early) scene.tell(id, Follow{next_});
    publish_replica(scene, "-reconf-sent", address_of(scene, id));
  }
  publish(scene);
}

// F6, M2.
void Failover::publish(Scene& scene) {
  again_at_ = scene.now + kEager;
  if (scene.stored().epoch < epoch_) {
    if (!scene.adopt(next_, "promoted in it", Scene::M2::kAskTheMaster)) return scene.heartbeat_node(next_.master);
    for (const auto& [address, peer] : scene.peers.all()) {
      if (peer.kind == PeerKind::kSentinel && peer.linked()) scene.out.send(peer.link, Publish{next_, campaign_.what});
    }
  }
  try_finish(scene);
}

void Failover::try_finish(Scene& scene) {
  size_t stored = 0;
  for (const SentinelPeer& sentinel : next_.sentinels) {
    const SentinelSeen* seen = scene.watch.sentinel(sentinel.id);
    stored += sentinel.id == scene.id() || (seen != nullptr && seen->stored >= epoch_);
  }
  if (stored < majority_of(next_.sentinels.size())) return;
  scene.out.publish("+failover-end", master_payload(scene));
  Outcome outcome;
  outcome.promoted = true;
  if (campaign_.kind == Campaign::Kind::kHandover && campaign_.target && next_.master != campaign_.target) {
    outcome.why = "the target was not at the end of the log after the fence: node " + short_id(next_.master) +
                  " with more of it was promoted";
  }
  end(scene, std::move(outcome));
}

void Failover::step(Scene& scene) {
  if (!busy()) return;
  if (scene.durable.epoch() > epoch_) return fail(scene, "a higher epoch has begun");
  if (scene.now >= give_up_at_) {
    if (step_ == Step::kFence) return fail(scene, "missing: " + fence_is_missing(scene));
    if (has_defect(Defect::kTwoChoices) && step_ == Step::kPromote && promised_.size() > 2) {
      promised_.erase(next_.master);
      return choose_leader(scene);
    }
    return fail(scene, "no answer in time, in state " + to_string(step_));
  }
  if (scene.now >= wait_for_rest_until_) rest_was_waited_for_ = true;
  if (step_ == Step::kFence) consider_fence(scene);
  if (step_ == Step::kPublish && scene.stored().epoch >= epoch_) try_finish(scene);
  if (!busy() || scene.now < again_at_) return;
  switch (step_) {
    case Step::kNone:
      return;
    case Step::kFence:
      return fence(scene);
    case Step::kCatchUp:
      catch_up(scene);
      return scene.heartbeat_node(choice_->chosen.id);
    case Step::kPromote:
      return promote(scene);
    case Step::kPublish:
      return publish(scene);
  }
}

std::optional<Instant> Failover::next_deadline() const {
  if (!busy()) return std::nullopt;
  Instant at = std::min(again_at_, give_up_at_);
  if (step_ == Step::kFence && !rest_was_waited_for_) at = std::min(at, wait_for_rest_until_);
  return at;
}

void Failover::fail(Scene& scene, const std::string& why) {
  if (choice_ || !why.starts_with("missing")) {
    scene.out.publish("-failover-abort-no-good-slave", master_payload(scene));
  } else {
    scene.out.publish("-failover-abort-slave-timeout", master_payload(scene));
  }
  Outcome outcome;
  outcome.why = why;
  end(scene, std::move(outcome));
}

void Failover::end(Scene& scene, Outcome outcome) {
  const std::string epoch = std::to_string(epoch_.value);
  if (outcome.promoted) {
    scene.out.info("the failover of epoch " + epoch + " is done: master is " +
                   to_string(address_of(scene, next_.master)));
  } else {
    scene.out.warn("the failover of epoch " + epoch + " is given up: " + outcome.why);
  }
  outcome.campaign = std::move(campaign_);
  campaign_ = {};
  step_ = Step::kNone;
  outcome_ = std::move(outcome);
}

std::optional<Failover::Outcome> Failover::take_outcome() {
  return std::exchange(outcome_, std::nullopt);
}

}  // namespace onggi
