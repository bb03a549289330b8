// All followers of this node, by connection: who may be served at all was decided by the role; here each gets its
// Source.
//
// Bounded by max_followers and max_copies. One node has one connection: a new one replaces the old.
//
// A follower whose connection broke (a blink of the network, a restart, a full copy that it swaps in) finds its place
// in the log again for repl-timeout: it would need a full copy else whenever it is further behind than the backlog
// reaches. Only who gets on has a new place the next time; on a full disk nobody who is gone has one.
#pragma once

#include <map>
#include <vector>

#include "node/role/source.h"

namespace onggi {

class Sources {
 public:
  void request(Now now, RoleContext& context, Acks& acks, ConnId conn, const SyncRequest& request, bool member,
               const Serving& serving);
  void ack(Now now, RoleContext& context, Acks& acks, ConnId conn, const Ack& ack);
  void drained(Now now, RoleContext& context, Acks& acks, ConnId conn, size_t pending);
  void pump(Now now, RoleContext& context, Acks& acks);
  void tick(Now now, RoleContext& context, Acks& acks);
  std::optional<Instant> next_deadline(const RoleContext& context) const;

  void forget(RoleContext& context, Acks& acks, ConnId conn);  // it closed; its place is kept for a while
  void close(RoleContext& context, Acks& acks, ConnId conn, const std::string& why);
  void close_all(RoleContext& context, Acks& acks, const std::string& why);
  void close_catch_ups_below(RoleContext& context, Acks& acks, Epoch epoch);  // a newer fence ended theirs

  void checkpoint_ready(Now now, RoleContext& context, CopyId copy, Position position, History history,
                        std::vector<CopyBegin::File> files);
  void checkpoint_failed(RoleContext& context, Acks& acks, CopyId copy, const std::string& why);
  void chunk_read(Now now, RoleContext& context, Acks& acks, CopyId copy, uint32_t file, uint64_t at,
                  const Result<std::string>& bytes);

  bool has(ConnId conn) const { return sources_.contains(conn); }
  Offset floor(Offset otherwise) const;
  std::vector<ReplicaInfo> infos(Now now, const Acks& acks) const;

 private:
  struct LostPlace {
    NodeId node;
    Offset pin;
    std::optional<Instant> until;  // tick() says
  };
  Source* by_copy(CopyId copy);
  void keep_place(const RoleContext& context, const Source& source);
  void drop_place(const NodeId& node);

  std::map<ConnId, Source> sources_;
  std::vector<LostPlace> lost_;  // oldest first; max_followers at most
  CopyId last_copy_;
};

// A refusal with its reason; the connection stays, the follower decides when to try again.
SyncReply refusal(const RoleContext& context, Epoch epoch, std::string why);

}  // namespace onggi
