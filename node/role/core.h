// The role's state: nobody's, a master or a follower, and what moves it from one to the other. Role (role.h) only
// forwards.
//
// Parts: promise (what is durable), lease (the right to write), acks (who holds what), sources (own followers),
// follower (the link to the master), handover (the pause). Each decides its own matters; here is what concerns more
// than one. Invariant: mastership_ and follower_.active() are never both.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "node/role/acks.h"
#include "node/role/context.h"
#include "node/role/follower.h"
#include "node/role/handover.h"
#include "node/role/lease.h"
#include "node/role/sources.h"

namespace onggi {

class RoleCore {
 public:
  RoleCore(RoleContext context) : context_(std::move(context)) {}  // NOLINT(google-explicit-constructor)
  Result<void> take_up(Now now);                                   // at start

  // ---- messages: of sentinels (sentinel_side.cpp), of nodes (node_side.cpp)
  void message(Now now, ConnId conn, Message&& message);

  // ---- the rest of Role's interface; see role.h
  void connected(Now now, ConnId conn);
  void lost(Now now, ConnId conn, const std::string& why);
  void drained(Now now, ConnId conn, size_t pending);
  void flushed(Now now, bool pump);
  void tick(Now now);
  std::optional<Instant> next_deadline() const;
  void reconfigure(RoleOptions options);
  Result<void> replica_of(Now now, std::optional<Address> master);
  Result<void> want_handover(bool wanted);
  NodeStatus status(Now now) const;
  WriteGate gate(Now now) const;
  bool lease_valid(Now now) const;
  Offset released() const;
  Offset tier_limit() const;
  uint32_t required_acks() const;
  std::vector<ReplicaInfo> replicas(Now now) const { return sources_.infos(now, acks_); }
  std::optional<Address> master_address() const;

  bool managed() const { return context_.options.managed; }
  bool is_master() const { return mastership_.has_value(); }
  Epoch epoch() const;
  bool can_lead(Now now) const;
  bool knows_nothing() const;

  RoleContext& context() { return context_; }
  const RoleContext& context() const { return context_; }
  Sources& sources() { return sources_; }
  const Sources& sources() const { return sources_; }
  Follower& follower() { return follower_; }
  const Follower& follower() const { return follower_; }
  Acks& acks() { return acks_; }
  const Acks& acks() const { return acks_; }
  const NodeLease& lease() const { return lease_; }
  const Handover& handover() const { return handover_; }

 private:
  struct Mastership {
    Epoch epoch;
    Offset start_end;  // after its epoch-start record
    SentinelId by;
    bool wants_handover = false;
  };

  // ---- of sentinels
  void heartbeat(Now now, ConnId conn, const Heartbeat& heartbeat);
  void fence(Now now, ConnId conn, const Fence& fence);
  void catch_up(Now now, const CatchUp& catch_up);
  void promote(Now now, ConnId conn, const Promote& promote);
  std::string objection(Now now, const Promote& promote) const;  // empty: none
  void follow(Now now, const Follow& follow);
  void pause(Now now, ConnId conn, const Pause& pause);
  void look_at_handover(Now now);

  // ---- of nodes
  void sync_request(Now now, ConnId conn, const SyncRequest& request);
  std::string refuse(Now now, const SyncRequest& request);  // empty: it may be served
  void from_master(Now now, Message&& message);

  // ---- transitions
  Result<void> become_master(Now now, Epoch epoch, const SentinelId& by);  // F5
  void demote(Now now, bool close_clients, const std::string& why, bool planned = false);
  void leave_master_or_link(Now now, const std::string& why, bool planned);
  bool counts(const NodeId& node) const;  // M3: a member, or unmanaged
  void recompute_released();
  void freeze_tier();

  RoleContext context_;
  std::optional<Mastership> mastership_;
  Follower follower_;
  Sources sources_;
  Acks acks_;
  NodeLease lease_;
  Handover handover_;
  Instant cant_lead_until_;  // C8: a promotion failed; others should be tried
  Epoch mastered_;           // the last epoch that this run was master of
  Epoch last_epoch_;         // that it was last master of, or followed the master of
  Offset released_;          // in the current epoch as master; never goes back
  Offset tier_frozen_;       // N7: as far as it was, while it is neither master nor follower
  bool began_empty_ = false;
  bool forward_ = false;  // H3: held commands wait to hear who is the new master
  std::vector<Address> watcher_targets_;
};

}  // namespace onggi
