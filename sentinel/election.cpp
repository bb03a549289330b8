#include "sentinel/election.h"

#include <utility>

#include "common/defects.h"
#include "sentinel/announce.h"
#include "sentinel/configuration.h"

namespace onggi {
namespace {

constexpr Duration kLongestDelay = seconds(2);
constexpr uint32_t kMaxDoublings = 6;
constexpr uint32_t kMaxPollDoublings = 3;  // a poll binds nobody: no reason to wait long before the next
constexpr Duration kAnswerTime = milliseconds(250);

}  // namespace

void Election::start(Scene& scene, Campaign campaign, Haste haste) {
  campaign_ = std::move(campaign);
  began_ = scene.now;
  delay_again(scene);
  if (haste == Haste::kAtOnce) delay_ = Duration{0};
}

void Election::cancel() {
  step_ = Step::kIdle;
  won_.reset();
  failure_.reset();
}

// E4.
void Election::delay_again(Scene& scene) {
  const uint32_t doublings = std::min(lost_, kMaxDoublings) + std::min(polls_lost_, kMaxPollDoublings);
  const Duration longest = std::min(scene.patience() * (1 << doublings), kLongestDelay);
  delay_ = Duration(static_cast<int64_t>(scene.random.below(static_cast<uint64_t>(longest.count()) + 1)));
  step_ = Step::kDelay;
}

// The delay runs from the moment when this sentinel could vote itself: else all would ask as their leases end.
Instant Election::ready_at(const Scene& scene, const Ballot& ballot) const {
  Instant at = std::max(began_, scene.leases.free_at(campaign_.planned_for));
  if (ballot.leaves_it_to_another(scene)) at = std::max(at, *ballot.leaves_until());
  return at + delay_;
}

void Election::step(Scene& scene, const Ballot& ballot) {
  if (step_ == Step::kDelay && !ballot.another_waits() && scene.now >= ready_at(scene, ballot)) poll(scene);
  if (step_ == Step::kPoll && ballot.leaves_it_to_another(scene)) delay_again(scene);
  if (step_ == Step::kAsk && scene.durable.epoch() != epoch_) lose(scene, "a higher epoch was voted for or stored");
  const bool asking = step_ == Step::kPoll || step_ == Step::kAsk;
  // E2: what was asked under an older one is asked again: its sentinels may be others.
  if (asking && scene.stored().epoch != asked_under_) return lose(scene, "there is a newer configuration");
  if (asking && scene.now >= give_up_at_) {
    lose(scene, last_refusal_.empty() ? "too few sentinels answer" : last_refusal_);
  }
}

std::optional<Instant> Election::next_deadline(const Scene& scene, const Ballot& ballot) const {
  if (step_ == Step::kDelay) return ready_at(scene, ballot);
  if (busy()) return give_up_at_;
  return std::nullopt;
}

void Election::poll(Scene& scene) {
  step_ = Step::kPoll;
  give_up_at_ = scene.now + std::max(kAnswerTime, scene.patience());
  send_requests(scene);
}

void Election::only_right_after_the_stored_epoch(const Scene& scene) {
  if (campaign_.sentinels && scene.next_epoch().value != scene.stored().epoch.value + 1) {
    campaign_.later = std::exchange(campaign_.sentinels, std::nullopt);
  }
}

void Election::ask(Scene& scene) {
  if (scene.leases.free_at(campaign_.planned_for) > scene.now) return delay_again(scene);
  only_right_after_the_stored_epoch(scene);
  const Epoch epoch = scene.next_epoch();
  if (!scene.persisted(scene.durable.vote(epoch, scene.id()))) return lose(scene, "my own vote can't be stored");
  scene.watch.voted(scene.id(), epoch, scene.id());
  scene.out.publish("+new-epoch", std::to_string(epoch.value));
  scene.out.publish("+try-failover", master_payload(scene));
  scene.out.publish("+vote-for-leader", scene.id().hex + " " + std::to_string(epoch.value));
  step_ = Step::kAsk;
  give_up_at_ = scene.now + std::max(kAnswerTime, scene.patience());
  send_requests(scene);
}

void Election::send_requests(Scene& scene) {
  voters_ = scene.electorate();
  asked_under_ = scene.stored().epoch;
  joining_.reset();
  if (campaign_.sentinels) joining_ = electorate_of(*campaign_.sentinels);
  epoch_ = step_ == Step::kAsk ? scene.durable.epoch() : scene.next_epoch();
  granted_ = {scene.id()};
  refused_.clear();
  waiting_.clear();
  last_refusal_.clear();
  waited_ = false;
  asked_at_ = scene.now;
  VoteRequest request;
  request.epoch = epoch_;
  request.candidate = scene.id();
  request.stored = scene.stored().epoch;
  request.planned_for = campaign_.planned_for;
  request.poll = step_ == Step::kPoll;
  std::set<SentinelId> asked(voters_.ids.begin(), voters_.ids.end());
  if (joining_) asked.insert(joining_->ids.begin(), joining_->ids.end());
  for (const SentinelId& voter : asked) {
    if (voter != scene.id()) scene.tell(voter, request);
  }
  count(scene);
}

void Election::on_reply(Scene& scene, const VoteReply& reply) {
  scene.heard_epoch(reply.voter_epoch);
  scene.heard_epoch(reply.highest_promise);
  if (reply.granted && !reply.poll) scene.watch.voted(reply.voter, reply.epoch, scene.id());
  const bool asked = step_ == (reply.poll ? Step::kPoll : Step::kAsk) && reply.epoch == epoch_;
  if (reply.configuration.epoch > scene.stored().epoch) {
    // The newest configuration wins, and what was asked under an older one is asked again, if still needed (E2).
    if (scene.adopt(reply.configuration, "sentinel " + reply.voter.hex, Scene::M2::kSatisfied) && asked)
      lose(scene, "there is a newer configuration");
    return;
  }
  const bool counts = voters_.has(reply.voter) || (joining_ && joining_->has(reply.voter));
  if (!asked || !counts) return;
  waiting_.erase(reply.voter);
  refused_.erase(reply.voter);
  if (reply.granted) {
    granted_.insert(reply.voter);
  } else if (reply.waits_for_lease) {
    waiting_.insert(reply.voter);
    waited_ = true;
    const Duration lease = with_drift_margin(milliseconds(std::max(scene.stored().lease_ms, scene.options.lease_ms)));
    give_up_at_ = std::max(give_up_at_, asked_at_ + std::max<Duration>(lease, scene.options.down_after) + kAnswerTime);
  } else if (!granted_.contains(reply.voter)) {
    refused_.insert(reply.voter);
    last_refusal_ = "sentinel " + reply.voter.hex.substr(0, 8) + ": " + reply.why;
  }
  if (granted_.size() > 1 && !waited_) scene.vote_round_trip = std::min<Duration>(scene.now - asked_at_, kAnswerTime);
  count(scene);
}

void Election::count(Scene& scene) {
  const auto won = [this](const Electorate& who) {
    if (has_defect(Defect::kPlannedUnvoted) && campaign_.planned_for) return true;
    return who.among(granted_) >= who.needed;
  };
  const auto lost = [this](const Electorate& who) { return who.size - who.among(refused_) < who.needed; };
  if (won(voters_) && (!joining_ || won(*joining_))) {
    if (step_ == Step::kPoll) return ask(scene);
    scene.out.publish("+elected-leader", master_payload(scene));
    scene.out.info("elected leader of epoch " + std::to_string(epoch_.value) + " (" + campaign_.what + ")");
    won_ = Won{epoch_, campaign_};
    step_ = Step::kIdle;
    return;
  }
  if (lost(voters_) || (joining_ && lost(*joining_))) lose(scene, last_refusal_);
}

void Election::lose(Scene& scene, const std::string& why) {
  if (step_ == Step::kAsk) {
    lost_++;
    scene.out.publish("-failover-abort-not-elected", master_payload(scene));
    scene.out.info("not elected in epoch " + std::to_string(epoch_.value) + ": " + why);
  } else {
    polls_lost_++;
  }
  failure_ = why;
  began_ = scene.now;
  delay_again(scene);
}

std::optional<Election::Won> Election::take_won() {
  return std::exchange(won_, std::nullopt);
}
std::optional<std::string> Election::take_failure() {
  return std::exchange(failure_, std::nullopt);
}

}  // namespace onggi
