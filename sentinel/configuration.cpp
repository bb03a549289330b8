#include "sentinel/configuration.h"

#include <algorithm>
#include <set>

#include "common/defects.h"

namespace onggi {
namespace {

constexpr size_t kMaxMembers = 64;
constexpr size_t kMaxSentinels = 64;

std::set<SentinelId> sentinel_ids(const Configuration& configuration) {
  std::set<SentinelId> ids;
  for (const SentinelPeer& peer : configuration.sentinels) ids.insert(peer.id);
  return ids;
}

std::set<NodeId> member_ids(const Configuration& configuration) {
  std::set<NodeId> ids;
  for (const Member& member : configuration.members) ids.insert(member.id);
  return ids;
}

}  // namespace

size_t fence_quorum(size_t members, uint32_t write_acks) {
  if (has_defect(Defect::kFenceOfOne)) return 1;
  const size_t majority = majority_of(members);
  if (write_acks == 0) return majority;
  return std::max(majority, members > write_acks ? members - write_acks : 0);
}

const Member* find_member(const Configuration& configuration, const NodeId& id) {
  for (const Member& member : configuration.members) {
    if (member.id == id) return &member;
  }
  return nullptr;
}

bool has_sentinel(const Configuration& configuration, const SentinelId& id) {
  return std::any_of(configuration.sentinels.begin(), configuration.sentinels.end(),
                     [&](const SentinelPeer& peer) { return peer.id == id; });
}

bool same_membership(const Configuration& a, const Configuration& b) {
  return a.write_acks == b.write_acks && member_ids(a) == member_ids(b);
}

size_t start_holders_needed(const Configuration& configuration) {
  const size_t n = configuration.members.size();
  const size_t wanted = configuration.write_acks > 0 ? configuration.write_acks : n - majority_of(n);
  return std::min(wanted, n - 1);
}

bool start_is_held(const Configuration& configuration, const NodeStatus& master) {
  if (has_defect(Defect::kMembersUnheld)) return true;
  if (!master.is_master || master.id != configuration.master || master.master_epoch != configuration.epoch)
    return false;
  std::set<NodeId> holders;
  for (const NodeId& id : master.holding_start) {
    if (id != configuration.master && find_member(configuration, id) != nullptr) holders.insert(id);
  }
  return holders.size() >= start_holders_needed(configuration);
}

bool may_follow(const Configuration& stored, const Configuration& next) {
  if (next.epoch <= stored.epoch || !plausible(next)) return false;
  return !stored.cluster || stored.cluster == next.cluster;
}

bool plausible(const Configuration& configuration) {
  if (configuration.members.empty() || configuration.members.size() > kMaxMembers) return false;
  if (configuration.sentinels.empty() || configuration.sentinels.size() > kMaxSentinels) return false;
  if (configuration.lease_ms == 0 || !configuration.cluster) return false;
  if (member_ids(configuration).contains(NodeId{}) || sentinel_ids(configuration).contains(SentinelId{})) return false;
  if (member_ids(configuration).size() != configuration.members.size()) return false;
  if (sentinel_ids(configuration).size() != configuration.sentinels.size()) return false;
  return find_member(configuration, configuration.master) != nullptr;
}

}  // namespace onggi
