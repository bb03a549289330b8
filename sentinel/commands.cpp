// The operator's commands. Each is answered once: at once, or when the attempt that it started has ended.
#include <utility>

#include "sentinel/configuration.h"
#include "sentinel/core.h"
#include "sentinel/prospects.h"

namespace onggi {
namespace {

using Kind = Campaign::Kind;

constexpr Duration kOperatorTries = seconds(3);
constexpr uint32_t kShortestLeaseMs = 100, kLongestLeaseMs = 60000;

}  // namespace

bool SentinelCore::busy_or_leaderless(ReplyToken token) {
  if (scene_.stored().epoch.value == 0) {
    scene_.out.reply(token, false, "NOGOODSLAVE There is no master yet");
  } else if (!has_sentinel(scene_.stored(), scene_.id())) {
    scene_.out.reply(token, false, "ERR This sentinel is not one of the cluster's");
  } else if (failover_.busy() || handover_.busy() || operator_gives_up_at_) {
    scene_.out.reply(token, false, "INPROG Failover already in progress");
  } else {
    return false;
  }
  return true;
}

void SentinelCore::start_for_operator(Campaign campaign) {
  election_.cancel();
  campaign.base = scene_.stored().epoch;
  operator_gives_up_at_ = scene_.now + kOperatorTries;
  election_.start(scene_, std::move(campaign), Election::Haste::kAtOnce);
}

void SentinelCore::on(const FailoverCommand& command) {
  if (busy_or_leaderless(command.token)) return;
  if (!scene_.watch.master(scene_.stored(), scene_.peers).down) return handover_.start(scene_, {command.token});
  std::string reasons;
  for (const std::string& reason : obstacles(scene_, Kind::kDown, {}))
    reasons += (reasons.empty() ? "" : "; ") + reason;
  if (!reasons.empty()) return scene_.out.reply(command.token, false, "NOGOODSLAVE " + reasons);
  Campaign campaign;
  campaign.kind = Kind::kDown;
  campaign.tokens = {command.token};
  campaign.what = "the operator asked for it, and the master is down";
  start_for_operator(std::move(campaign));
}

void SentinelCore::on(const ForcePromoteCommand& command) {
  if (busy_or_leaderless(command.token)) return;
  if (find_member(scene_.stored(), command.id) == nullptr) {
    return scene_.out.reply(command.token, false, "ERR No member has the id " + command.id.hex);
  }
  if (!scene_.watch.master(scene_.stored(), scene_.peers).down) {
    return scene_.out.reply(command.token, false, "ERR The master is not down: use SENTINEL FAILOVER");
  }
  const std::vector<std::string> reasons = obstacles(scene_, Kind::kForcePromote, command.id);
  if (!reasons.empty()) return scene_.out.reply(command.token, false, "NOGOODSLAVE " + reasons.front());
  Campaign campaign;
  campaign.kind = Kind::kForcePromote;
  campaign.target = command.id;
  campaign.tokens = {command.token};
  campaign.what = "the operator's word: FORCE-PROMOTE " + command.id.hex;
  start_for_operator(std::move(campaign));
}

void SentinelCore::on(const ForceSentinelsCommand& command) {
  if (scene_.stored().epoch.value == 0) {
    return scene_.out.reply(command.token, false, "ERR There is no configuration yet");
  }
  if (scene_.majority_contact()) {
    return scene_.out.reply(command.token, false, "ERR A majority of the sentinels answers: nothing has to be forced");
  }
  scene_.forced_sentinels = true;
  scene_.out.warn(
      "on the operator's word, the sentinels that answer become the cluster's sentinels: if others live "
      "where this one doesn't see them, acknowledged writes may be lost");
  scene_.out.reply(command.token, true, "OK");
}

void SentinelCore::on(const ReconfigureCommand& command) {
  if (busy_or_leaderless(command.token)) return;
  const size_t members = scene_.stored().members.size();
  if (command.write_acks && *command.write_acks >= members) {
    return scene_.out.reply(command.token, false,
                            "ERR write-acks must be below the number of members, " + std::to_string(members));
  }
  if (command.lease_ms && (*command.lease_ms < kShortestLeaseMs || *command.lease_ms > kLongestLeaseMs)) {
    return scene_.out.reply(command.token, false, "ERR lease-ms must be between 100 and 60000");
  }
  if (scene_.watch.master(scene_.stored(), scene_.peers).down) {
    return scene_.out.reply(command.token, false, "ERR The master is down: nothing can be changed now");
  }
  Campaign campaign;
  campaign.kind = Kind::kReconfigure;
  campaign.planned_for = scene_.stored().master;
  campaign.write_acks = command.write_acks;
  campaign.lease_ms = command.lease_ms;
  campaign.tokens = {command.token};
  campaign.what = "the operator changes the configuration";
  start_for_operator(std::move(campaign));
}

void SentinelCore::on(const SetLocalCommand& command) {
  if (command.down_after && *command.down_after < scene_.options.heartbeat) {
    return scene_.out.reply(command.token, false, "ERR down-after-milliseconds must not be below heartbeat-ms");
  }
  if (command.down_after) scene_.options.down_after = *command.down_after;
  if (command.failover_timeout) scene_.options.failover_timeout = *command.failover_timeout;
  if (command.failover_min_nodes) scene_.options.failover_min_nodes = *command.failover_min_nodes;
  scene_.out.reply(command.token, true, "OK");
}

void SentinelCore::on(const ResetCommand& command) {
  transitions_.forget();
  scene_.out.publish("+reset-master", "master " + scene_.options.master_name);
  scene_.out.reply(command.token, true, "OK");
}

}  // namespace onggi
