// All followers of this node, by connection: who may be served at all was decided by the role; here each gets its
// Source.
//
// Bounded by max_followers and max_copies. One node has one connection: a new one replaces the old.
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

  void forget(RoleContext& context, Acks& acks, ConnId conn);  // it closed
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
  Source* by_copy(CopyId copy);

  std::map<ConnId, Source> sources_;
  CopyId last_copy_;
};

// A refusal with its reason; the connection stays, the follower decides when to try again.
SyncReply refusal(const RoleContext& context, Epoch epoch, std::string why);

}  // namespace onggi
