// The master's side of replication, for one follower's connection: compare histories, then stream from the common
// point, or send a full copy first (PROTOCOL N3, N5, N6).
//
// Grammar of a connection: the follower sends SyncRequest until one names the common point itself as its end; only then
// the stream starts. In between it cut its tail, or took a full copy that it asked for (must_copy) after being offered
// one.
//
// Invariants:
// 1. A follower's acknowledgements count only while the stream runs.
// 2. A slow follower only lags: what it needs is read from the log when its connection has room, and the log is not
//    released before pin().
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "node/role/acks.h"
#include "node/role/checksum.h"
#include "node/role/context.h"

namespace onggi {

// As what the node serves a follower: the master of `epoch`, or (C8) a fenced node whose log is copied from in `epoch`.
struct Serving {
  Epoch epoch;
  bool catch_up = false;
};

class Source {
 public:
  Source(ConnId conn, const SyncRequest& request, bool member, Now now);

  // A request, the first or a later one; its sender may be served (the role decided).
  void request(Now now, RoleContext& context, Acks& acks, const SyncRequest& request, const Serving& serving,
               CopyId next_copy);
  // False: it said what can't be, and is to be closed.
  bool ack(Now now, RoleContext& context, Acks& acks, const Ack& ack);
  // Sends what the connection has room for. False: the log can't be read, it is to be closed.
  bool pump(Now now, RoleContext& context);
  void drained(size_t pending) { pending_ = pending; }
  void ping(Now now, RoleContext& context);                // when due
  bool silent(Now now, const RoleContext& context) const;  // for repl-timeout
  bool look_quiet(Now now, const RoleContext& context);    // for a while: it is not counted on
  Instant next_deadline(const RoleContext& context) const;
  void drop_copy(RoleContext& context);  // before it is destroyed

  void checkpoint_ready(Now now, RoleContext& context, Position position, History history,
                        std::vector<CopyBegin::File> files);
  bool chunk_read(Now now, RoleContext& context, uint32_t file, uint64_t at, const Result<std::string>& bytes);

  ConnId conn() const { return conn_; }
  const NodeId& node() const { return node_; }
  bool catch_up() const { return serving_.catch_up; }
  Epoch epoch() const { return serving_.epoch; }
  bool copying() const { return std::holds_alternative<Preparing>(state_) || std::holds_alternative<Copying>(state_); }
  std::optional<CopyId> copy() const;
  std::optional<Offset> pin() const;  // the log is needed from here
  // The follower has what there is, or got on: if its link breaks, its place is kept. Who comes again and again and
  // takes nothing would hold the log for ever.
  bool gets_on(const Log& log) const;
  ReplicaInfo info(Now now, const Acks& acks) const;

 private:
  struct Compared {  // has to cut, or to ask for a copy
    std::optional<Offset> pin;
  };
  struct Streaming {
    Offset next;
    Offset held;         // it acknowledged so far: what is under way it asks for again if the link breaks
    bool moved = false;  // on this connection
  };
  struct Preparing {  // the checkpoint is being made
    CopyId copy;
    Offset pin;
  };
  struct Copying {
    CopyId copy;
    Position position;
    std::vector<CopyBegin::File> files;
    uint32_t file = 0;
    uint64_t at = 0;
    bool reading = false;
    Checksum checksum;
  };
  struct Copied {  // the follower swaps it in, then asks again
    Offset pin;
  };

  void start_copy(RoleContext& context, CopyId copy, Offset from);
  bool stream(Now now, RoleContext& context, Streaming& streaming);
  void read_next(RoleContext& context, Copying& copying);
  void send(RoleContext& context, Message message, size_t bytes);

  ConnId conn_;
  NodeId node_;
  Address address_;
  bool member_;
  Serving serving_;
  Instant last_heard_;
  Instant last_sent_;
  bool quiet_ = false;
  size_t pending_ = 0;
  std::variant<Compared, Streaming, Preparing, Copying, Copied> state_;
};

}  // namespace onggi
