// The operator's word on who belongs to the cluster (PROTOCOL M1). To join needs only to be watched: the rest follows
// by itself. To leave is for those who are gone for good: who lives would come back.
#include <algorithm>
#include <utility>

#include "sentinel/announce.h"
#include "sentinel/configuration.h"
#include "sentinel/core.h"

namespace onggi {
namespace {

using What = WatchCommand::What;

constexpr size_t kMostWatched = 128;

std::string refused_node(const Scene& scene, const Member& member) {
  const Configuration& stored = scene.stored();
  const std::string left = std::to_string(stored.members.size() - 1);
  if (member.id == stored.master) return "ERR It is the master: SENTINEL FAILOVER first";
  if (stored.members.size() - 1 <= stored.write_acks) {
    return "ERR write-acks " + std::to_string(stored.write_acks) + " needs more than the " + left +
           " members that would be left: SENTINEL SET ... write-acks first";
  }
  if (scene.watch.alive(member.id, scene.peers)) {
    return "ERR It still answers, and would join again: stop it first "
           "(or give it 'replica-priority 0': then it leaves by itself)";
  }
  return {};
}

std::string refused_sentinel(const Scene& scene, const SentinelPeer& peer) {
  if (peer.id == scene.id()) return "ERR That is this sentinel: stop it, and ask another one";
  if (scene.watch.alive(peer.id)) return "ERR It still answers, and would join again: stop it first";
  return {};
}

// By id, or by the address in the configuration.
template <class Entry>
auto find_named(std::vector<Entry>& entries, const RemoveCommand& command) {
  return std::find_if(entries.begin(), entries.end(), [&](const Entry& entry) {
    return command.id.empty() ? entry.address == command.address : entry.id.hex == command.id;
  });
}

}  // namespace

void SentinelCore::on(const WatchCommand& command) {
  if (scene_.stored().epoch.value == 0) {
    return scene_.out.reply(command.token, false,
                            "ERR There is no master yet: the configuration files name the first ones");
  }
  std::vector<Address>& watched = command.what == What::kNode ? scene_.options.nodes : scene_.options.sentinels;
  if (std::find(watched.begin(), watched.end(), command.address) == watched.end()) {
    if (watched.size() >= kMostWatched)
      return scene_.out.reply(command.token, false, "ERR Too many are watched already");
    watched.push_back(command.address);
    scene_.retarget();
  }
  scene_.out.info("on the operator's word, watching " + to_string(command.address) + ": it joins when it may");
  scene_.out.reply(command.token, true, "OK");
}

void SentinelCore::on(const RemoveCommand& command) {
  if (busy_or_leaderless(command.token)) return;
  const auto refuse = [&](const std::string& why) { scene_.out.reply(command.token, false, why); };
  if (scene_.watch.master(scene_.stored(), scene_.peers).down) {
    return refuse("ERR The master is down: nothing can be changed now");
  }
  Campaign campaign;
  campaign.kind = Campaign::Kind::kReconfigure;
  campaign.planned_for = scene_.stored().master;
  campaign.tokens = {command.token};
  campaign.what = "on the operator's word, ";
  if (command.what == What::kNode) {
    std::vector<Member> next = scene_.stored().members;
    const auto it = find_named(next, command);
    if (it == next.end()) return refuse("ERR No member has that id or address");
    if (const std::string why = refused_node(scene_, *it); !why.empty()) return refuse(why);
    campaign.what += "node " + to_string(it->address) + " leaves the members";
    next.erase(it);
    campaign.members = std::move(next);
  } else {
    std::vector<SentinelPeer> next = scene_.stored().sentinels;
    const auto it = find_named(next, command);
    if (it == next.end()) return refuse("ERR No sentinel of the cluster has that id or address");
    if (const std::string why = refused_sentinel(scene_, *it); !why.empty()) return refuse(why);
    campaign.what += "sentinel " + to_string(it->address) + " leaves";
    next.erase(it);
    campaign.sentinels = std::move(next);
  }
  start_for_operator(std::move(campaign));
}

}  // namespace onggi
