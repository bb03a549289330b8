// The node's half of the protocol (PROTOCOL N, L, F, H): whether this node is master, whom it follows, what it
// promised, which acknowledgements a reply may count on. One pure object: it is told what happened and when, and says
// what to do.
//
// It must never: follow, or answer a fence, before the promise is durable; be master without a PROMOTE of the epoch it
// promised (managed); count an acknowledgement of another epoch; give up records without saving them.
// Owned by the node, used from the engine's thread. It owns no socket, clock or file; the log and the state store are
// used directly (both are seams), records of a stream are applied through the StreamSink.
//
// Use, once a batch: for each thing that happened call the input; after each call drain() and execute the effects in
// their order. At the batch's end log.write_out(), then after_write_out(). Call tick() at next_deadline().
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "common/messages.h"
#include "common/random.h"
#include "common/result.h"
#include "common/state_store.h"
#include "node/role/effects.h"
#include "node/role/info.h"
#include "node/role/options.h"
#include "storage/log.h"

namespace onggi {

// Applies a record of a followed stream; it is in the log already. Implemented by the node with Store::apply.
class StreamSink {
 public:
  virtual ~StreamSink() = default;
  virtual Result<void> apply(const RecordView& record, WallTime master_wall) = 0;
  // These are applied next: what they touch may be fetched from memory together. Changes nothing.
  virtual void look_ahead(std::span<const RecordView>) {}
};

// What the role is given to work with; all of it outlives it.
struct RoleSeams {
  Log& log;
  StateStore& state;
  StreamSink& sink;
  Random& random;
  ConnIds& conns;
};

class RoleCore;

class Role {
 public:
  // Loads the state, decides whether the node is still sure (N4), and takes up its role: a managed node follows nobody
  // (N2), an unmanaged one is master or follows `replica_of`. `boot` names the boot of the host, `run` this process.
  // An unreadable state is an error, never a new identity. Leaves effects.
  static Result<std::unique_ptr<Role>> start(RoleOptions options, RoleSeams seams, RunId run, const std::string& boot,
                                             Now now);
  ~Role();

  // ---- inputs
  void message(Now now, ConnId conn, Message message);  // any internal message, of any connection
  void connected(Now now, ConnId conn);
  void connect_failed(Now now, ConnId conn, bool refused);
  void closed(Now now, ConnId conn);                         // by the other side, or by the driver; any connection
  void drained(Now now, ConnId conn, size_t pending_bytes);  // how much of what was sent has not left yet
  void after_write_out(Now now);                             // once a batch: streams and acknowledgements leave
  void log_synced(Now now);                                  // after log.synced()
  void tick(Now now);
  std::optional<Instant> next_deadline() const;
  RoleEffects drain();

  // ---- inputs of the node's own
  void reconfigure(Now now, RoleOptions options);  // CONFIG SET; `managed` and `replica_of` are ignored
  Result<void> replica_of(Now now, std::optional<Address> master);  // REPLICAOF; refused on a managed node
  // SIGTERM of a master, FAILOVER: asks the sentinels for a hand-over; false takes the wish back. An error says why
  // not.
  Result<void> want_handover(Now now, bool wanted);
  // The greatest offset of any tier batch that was begun (in flight included): a cut below it needs a full copy.
  void tier_reached(Offset offset);
  Result<void> stopped_clean();                       // last of all: log synced, tier written, nothing will follow
  void rewound(Now now, const Result<void>& result);  // an error: a full copy is needed
  void copy_installed(Now now, const Result<void>& result);
  void checkpoint_ready(Now now, CopyId copy, Position position, History history, std::vector<CopyBegin::File> files);
  void checkpoint_failed(Now now, CopyId copy, const std::string& why);
  void chunk_read(Now now, CopyId copy, uint32_t file, uint64_t at, const Result<std::string>& bytes);

  // ---- queries for the write path
  WriteGate gate(Now now) const;
  bool lease_valid(Now now) const;  // L5: read with a fresh clock before replies of writes leave; unmanaged: always
  bool says_master(Now now) const;  // L1: what INFO and ROLE may say
  bool is_master() const;           // promoted, with or without a lease
  bool knows_nothing() const;       // N2: reads can't be answered yet
  bool lacks_records() const;       // memory is not what the log says: a full copy is needed (N6)
  bool may_expire(Now now) const;   // expiry and eviction may write records
  Offset released() const;          // replies up to here may leave: own durability, and k members in this epoch
  Offset tier_limit() const;        // N7: how far the tier may go (the node goes further if the backlog would overflow)
  Offset readers_floor() const;     // no follower needs the log before this; for Log::release
  size_t acked(Offset offset) const;      // WAIT: members whose page cache has it, in this epoch;
                                          // 0 while this node's own has not
  size_t synced_by(Offset offset) const;  // WAITAOF: members whose disk has it

  // ---- queries for INFO, ROLE and the like
  bool managed() const;
  bool paused(Now now) const;
  const NodeId& id() const;
  Epoch epoch() const;  // of which it is master, or whose master it follows
  Epoch promise() const;
  Epoch known_epoch() const;  // the highest that it promised, follows, is master of, or has in its log
  bool sure() const;
  ClusterId cluster() const;
  const Configuration& configuration() const;
  uint32_t required_acks() const;                        // k in force
  size_t following() const;                              // members that follow
  std::vector<ReplicaInfo> replicas(Now now) const;      // by connection
  std::optional<MasterLink> master_link(Now now) const;  // nullopt: a master, or nobody's follower
  std::optional<Address> master_address() const;         // as known: followed, or of the configuration
  Duration lease_left(Now now) const;
  const RoleCounters& counters() const;
  NodeStatus status(Now now);  // N9; makes a lease token

 private:
  explicit Role(std::unique_ptr<RoleCore> core);
  std::unique_ptr<RoleCore> core_;
};

}  // namespace onggi
