// What is wanted, and the one attempt at it that is under way.
#include <algorithm>
#include <utility>

#include "sentinel/announce.h"
#include "sentinel/configuration.h"
#include "sentinel/core.h"
#include "sentinel/prospects.h"

namespace onggi {
namespace {

using Kind = Campaign::Kind;

constexpr Duration kPlannedTries = seconds(1);  // the master is paused meanwhile: less than hold-ms
constexpr Duration kHandoverAgain = milliseconds(500);
constexpr Duration kTurn = milliseconds(100);  // between sentinels that would all act on the same sign
constexpr Duration kShortestSleep = milliseconds(1);

}  // namespace

SentinelCore::SentinelCore(SentinelOptions options, Durable durable, Random& random, Now now)
    : scene_(std::move(options), std::move(durable), random, now.instant), beat_at_(now.instant) {
  scene_.retarget();
  advance();
}

void SentinelCore::step(Now now, const SentinelEvent& event) {
  scene_.now = std::max(scene_.now, now.instant);
  scene_.watch.attend(scene_.now);
  scene_.leases.forget_expired(scene_.now);
  std::visit([this](const auto& e) { on(e); }, event);
  advance();
}

SentinelEffects SentinelCore::drain() {
  return std::exchange(scene_.out, {});
}

std::optional<Instant> SentinelCore::next_deadline() const {
  Instant at = beat_at_;
  auto sooner = [&at](std::optional<Instant> other) { at = other ? std::min(at, *other) : at; };
  sooner(scene_.peers.next_deadline());
  sooner(ballot_.next_deadline(scene_));
  sooner(election_.next_deadline(scene_, ballot_));
  sooner(failover_.next_deadline());
  sooner(handover_.next_deadline());
  sooner(handover_wanted_at_);
  if (std::optional<Duration> left = scene_.watch.until_silent(scene_.stored())) sooner(scene_.now + *left);
  return std::max(at, scene_.now + kShortestSleep);
}

void SentinelCore::advance() {
  note_own_attempt();
  ballot_.step(scene_);
  handover_.step(scene_);
  isolated_ = scene_.stored().epoch.value != 0 && scene_.watch.isolated(scene_.stored(), scene_.peers);
  collect_results();
  want();
  election_.step(scene_, ballot_);
  collect_results();
  failover_.step(scene_);
  collect_results();
  note_own_attempt();
  transitions_.step(scene_);
  if (scene_.now >= beat_at_) beat();
  scene_.peers.connect_due(scene_.now, scene_.out);
}

void SentinelCore::note_own_attempt() {
  const bool leads = failover_.busy() && failover_.at() != Failover::Step::kPublish;
  const bool under_way = leads || election_.at() == Election::Step::kAsk;
  ballot_.own_attempt(under_way ? Ballot::Own::kUnderWay : Ballot::Own::kIdle);
}

void SentinelCore::beat() {
  beat_at_ = scene_.now + Duration(scene_.options.heartbeat);
  const Duration silence = scene_.options.down_after;
  for (auto& [address, peer] : scene_.peers.all()) {
    const bool silent = scene_.watch.awake() - peer.answered_awake >= silence && scene_.now - peer.linked_at >= silence;
    if (peer.linked() && silent) scene_.peers.close(peer, scene_.now, scene_.out);
  }
  scene_.heartbeat_everybody();
}

// What this sentinel would have done now, if it is possible (E1) and its own to ask for.
std::optional<Campaign> SentinelCore::wanted() const {
  const Configuration& stored = scene_.stored();
  Campaign campaign;
  campaign.base = stored.epoch;
  if (stored.epoch.value == 0) {
    campaign.kind = Kind::kFirst;
    campaign.what = "the first promotion";
    return campaign;
  }
  const Finding finding = scene_.watch.master(stored, scene_.peers);
  if (!finding.down) campaign.planned_for = stored.master;
  if (scene_.forced_sentinels) {
    campaign.kind = Kind::kForceSentinels;
    campaign.what = "the survivors become the sentinels";
    return campaign;
  }
  if (finding.down) {
    campaign.kind = Kind::kDown;
    campaign.what = "the master is down: " + finding.why;
    return campaign;
  }
  if (isolated_) {
    campaign.kind = Kind::kIsolated;
    campaign.what = "the master doesn't reach its members";
    return campaign;
  }
  if (std::optional<MembershipChange> change = membership_change_due(scene_)) {
    campaign.kind = Kind::kReconfigure;
    campaign.members = change->members;
    campaign.sentinels = change->sentinels;
    campaign.what = change->what;
    return campaign;
  }
  return std::nullopt;
}

bool SentinelCore::still_wanted(const Campaign& campaign) const {
  if (campaign.changes_members() && campaign.base != scene_.stored().epoch) return false;
  const bool asked_by_operator = operator_gives_up_at_.has_value();
  // What was asked for because the master was down: were it kept, the leases granted anew would hold it up for ever.
  if (asked_by_operator && !campaign.planned_for) return scene_.watch.master(scene_.stored(), scene_.peers).down;
  // A planned vote would bind this sentinel to a master that can't answer its fence any more.
  if (asked_by_operator) {
    return campaign.planned_for == scene_.stored().master && !scene_.watch.master(scene_.stored(), scene_.peers).down;
  }
  const std::optional<Campaign> now = wanted();
  if (!now || now->kind != campaign.kind || now->planned_for != campaign.planned_for) return false;
  return obstacles(scene_, now->kind, {}).empty();
}

void SentinelCore::want() {
  obstacles_.clear();
  // Its turn has come and goes by, whatever this sentinel is busy with: the master says again what it wants.
  const bool handover_turn = handover_wanted_at_ && scene_.now >= *handover_wanted_at_;
  if (handover_turn) handover_wanted_at_.reset();
  const Electorate who = scene_.electorate();
  if (!who.has(scene_.id())) {
    obstacles_.push_back("this sentinel is not one of the cluster's: its votes don't count");
    return;
  }
  // Once its vote is cast an election runs to its end: votes bind, and the master's leases have ended with them.
  if (election_.busy() && election_.at() != Election::Step::kAsk && !still_wanted(election_.campaign())) {
    answer(election_.campaign(), false, "ERR The configuration changed meanwhile, or it was no longer needed");
    operator_gives_up_at_.reset();
    election_.cancel();
  }
  if (failover_.busy() || handover_.busy()) return;
  if (handover_turn) {
    const NodeId& id = scene_.stored().master;
    const NodeSeen* master = scene_.watch.alive(id, scene_.peers) ? scene_.watch.node(id) : nullptr;
    const bool lives = master != nullptr && !scene_.watch.master(scene_.stored(), scene_.peers).down;
    const bool wants = lives && master->status.is_master && master->status.wants_handover;
    if (wants && !election_.busy() && !ballot_.leaves_it_to_another(scene_)) return handover_.start(scene_, {});
  }
  std::optional<Campaign> campaign = wanted();
  if (!campaign) return;
  obstacles_ = obstacles(scene_, campaign->kind, {});
  if (campaign->kind == Kind::kForceSentinels) {
    for (const SentinelId& id : who.ids) {
      const SentinelSeen* seen = scene_.watch.sentinel(id);
      if (id != scene_.id() && (seen == nullptr || !seen->forced_sentinels)) {
        obstacles_.push_back("sentinel " + id.hex + " answers, and was not told FORCE-SENTINELS");
      }
    }
  }
  if (election_.busy() || !obstacles_.empty()) return;
  election_.start(scene_, *std::move(campaign), Election::Haste::kRandomDelay);
}

// All sentinels hear it; the first in the order of ids acts, the next only if nothing came of it.
void SentinelCore::want_handover() {
  if (handover_wanted_at_ || failover_.busy() || handover_.busy() || election_.busy()) return;
  const Electorate who = scene_.electorate();
  if (!who.has(scene_.id())) return;
  int64_t turn = 0;
  for (const SentinelId& id : who.ids) turn += id < scene_.id() && scene_.watch.alive(id);
  handover_wanted_at_ = std::max(scene_.now, handover_not_before_) + kTurn * turn;
}

void SentinelCore::answer(const Campaign& campaign, bool ok, const std::string& text) {
  for (ReplyToken token : campaign.tokens) scene_.out.reply(token, ok, text);
  const bool refused_sigterm = !ok && campaign.kind == Kind::kHandover && campaign.tokens.empty();
  if (!refused_sigterm) return;
  handover_not_before_ = scene_.now + kHandoverAgain;
  scene_.tell(scene_.stored().master, HandoverRefused{text});
}

void SentinelCore::collect_results() {
  if (std::optional<Handover::Failure> failure = handover_.take_failure()) {
    Campaign campaign;
    campaign.kind = Kind::kHandover;
    campaign.tokens = failure->tokens;
    answer(campaign, false, failure->why);
  }
  if (std::optional<Campaign> campaign = handover_.take_campaign()) {
    election_.cancel();
    operator_gives_up_at_ = scene_.now + kPlannedTries;
    election_.start(scene_, *std::move(campaign), Election::Haste::kAtOnce);
  }
  if (std::optional<std::string> why = election_.take_failure(); why && operator_gives_up_at_) {
    if (scene_.now >= *operator_gives_up_at_) {
      answer(election_.campaign(), false, "NOQUORUM Not elected: " + *why);
      operator_gives_up_at_.reset();
      election_.cancel();
    }
  }
  if (std::optional<Election::Won> won = election_.take_won()) {
    operator_gives_up_at_.reset();
    if (won->epoch == scene_.durable.epoch()) {
      failover_.begin(scene_, won->epoch, std::move(won->campaign));
    } else {
      answer(won->campaign, false, "INPROG Another failover began meanwhile");
    }
  }
  if (std::optional<Failover::Outcome> outcome = failover_.take_outcome()) {
    if (outcome->promoted) {
      election_.succeeded();
      if (outcome->campaign.kind == Kind::kIsolated) scene_.watch.isolation_was_acted_on();
    } else {
      election_.failed();
    }
    const bool ok = outcome->promoted && outcome->why.empty();
    if (ok && outcome->campaign.later && !outcome->campaign.tokens.empty()) {
      Campaign& campaign = outcome->campaign;
      campaign.sentinels = std::exchange(campaign.later, std::nullopt);
      campaign.planned_for = scene_.stored().master;
      return start_for_operator(std::move(campaign));
    }
    answer(outcome->campaign, ok, ok ? "OK" : "NOGOODSLAVE " + outcome->why);
  }
}

}  // namespace onggi
