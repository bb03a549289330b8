#include "sentinel/handover.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "sentinel/choice.h"
#include "sentinel/configuration.h"

namespace onggi {
namespace {

constexpr uint64_t kCloseBytes = 4 << 20;          // what a replica surely catches up with while the master is paused
constexpr Duration kPauseAnswerTime = seconds(2);  // longer than hold-ms, after which the pause has ended by itself

std::string why_not_target(const Scene& scene, const NodeStatus* status) {
  if (status == nullptr) return "it doesn't answer";
  if (std::string why = why_it_cannot_lead(*status); !why.empty()) return why;
  if (!status->sure) return "it may have lost records that it acknowledged";
  if (!status->hears_master || !status->following_master || status->master_epoch != scene.stored().epoch) {
    return "it doesn't follow the master";
  }
  return {};
}

}  // namespace

Result<NodeId> handover_target(const Scene& scene) {
  std::vector<const NodeStatus*> good;
  std::string reasons;
  for (const Member& member : scene.stored().members) {
    if (member.id == scene.stored().master) continue;
    const NodeSeen* seen = scene.watch.alive(member.id, scene.peers) ? scene.watch.node(member.id) : nullptr;
    const std::string why = why_not_target(scene, seen != nullptr ? &seen->status : nullptr);
    if (why.empty()) {
      good.push_back(&seen->status);
    } else {
      reasons += (reasons.empty() ? "" : "; ") + to_string(member.address) + ": " + why;
    }
  }
  if (good.empty()) return Error{reasons.empty() ? "there is no other member" : reasons};
  auto rank = [](const NodeStatus* s) { return std::tuple(s->priority, ~s->position.offset.value, s->id); };
  auto best = std::min_element(good.begin(), good.end(), [&](auto* a, auto* b) { return rank(a) < rank(b); });
  return (*best)->id;
}

void Handover::start(Scene& scene, std::vector<ReplyToken> tokens) {
  tokens_ = std::move(tokens);
  master_ = scene.stored().master;
  give_up_at_ = scene.now + Duration(scene.options.failover_timeout);
  Result<NodeId> target = handover_target(scene);
  if (!target) return fail("NOGOODSLAVE No suitable replica to promote: " + target.error().message);
  target_ = *target;
  step_ = Step::kApproach;
  again_at_ = scene.now;
  step(scene);
}

void Handover::step(Scene& scene) {
  if (!busy()) return;
  if (scene.stored().master != master_) return fail("INPROG The master changed meanwhile");
  // While this goes on no failover begins here: a master that can't hand over any more must not hold it up.
  const Finding finding = scene.watch.master(scene.stored(), scene.peers);
  if (finding.down) return fail("ERR The master went down meanwhile: " + finding.why);
  if (scene.now >= give_up_at_) {
    return fail(step_ == Step::kApproach ? "NOGOODSLAVE The replica is too far behind the master to hand over to"
                                         : "NOGOODSLAVE The master didn't pause in time");
  }
  if (step_ != Step::kApproach || scene.now < again_at_) return;
  again_at_ = scene.now + Duration(scene.options.heartbeat);
  const NodeSeen* master = scene.watch.node(master_);
  const NodeSeen* target = scene.watch.node(target_);
  if (master == nullptr || target == nullptr) return;
  const uint64_t ahead = master->status.position.offset.value, behind = target->status.position.offset.value;
  if (ahead > behind && ahead - behind > kCloseBytes) return;
  attempt_ = scene.random.next();
  if (!scene.tell(master_, Pause{attempt_, target_})) return fail("NOGOODSLAVE The master isn't connected");
  step_ = Step::kPause;
  give_up_at_ = scene.now + kPauseAnswerTime;
}

void Handover::on_answer(const PauseAnswer& answer) {
  if (step_ != Step::kPause || answer.handover != attempt_) return;
  if (!answer.reached) return fail("NOGOODSLAVE The replica didn't reach the paused master's position: " + answer.why);
  step_ = Step::kNone;
  Campaign campaign;
  campaign.kind = Campaign::Kind::kHandover;
  campaign.planned_for = master_;
  campaign.target = target_;
  campaign.tokens = std::exchange(tokens_, {});
  campaign.what = "hand-over to node " + target_.hex.substr(0, 8);
  campaign_ = std::move(campaign);
}

std::optional<Instant> Handover::next_deadline() const {
  if (step_ == Step::kNone) return std::nullopt;
  return step_ == Step::kApproach ? std::min(again_at_, give_up_at_) : give_up_at_;
}

void Handover::fail(const std::string& why) {
  step_ = Step::kNone;
  failure_ = Failure{why, std::exchange(tokens_, {})};
}

std::optional<Campaign> Handover::take_campaign() {
  return std::exchange(campaign_, std::nullopt);
}
std::optional<Handover::Failure> Handover::take_failure() {
  return std::exchange(failure_, std::nullopt);
}

}  // namespace onggi
