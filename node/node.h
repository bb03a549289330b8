// A node without I/O: sessions, engine, role, store, log and tier put together. The program's driver and the simulator
// run this very class.
//
// The owner calls an input, then end_of_batch() with a fresh clock, then carries out the effects in the order of their
// fields. Nothing here blocks but what the Disk seam does (one write a batch) and a rewind.
//
// Invariants:
// 1. Order within a batch: commands, one write of the log, streams and acknowledgements, released replies (N3).
// 2. A connection is a client's until it speaks the internal command; what peers send goes to Role alone.
// 3. A rewind or a lost mastership is finished before the next command is taken.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "common/log_line.h"
#include "node/copy.h"
#include "node/engine.h"
#include "node/forwarder.h"
#include "node/role/role.h"
#include "node/tier_flow.h"

namespace onggi {

// What the owner must do, in this order.
struct NodeEffects {
  std::vector<LogLine> log;
  std::optional<SyncTask> sync;                             // then log_synced()
  std::vector<TierTask> tier;                               // then tier_finished()
  std::vector<CopyTask> copy;                               // a full copy's files, both ways; then copy_finished()
  std::vector<std::pair<ConnId, Address>> connect;          // then connected() or connect_failed()
  std::vector<ConnId> send;                                 // take_output() and write
  std::vector<ConnId> close_after_send;                     // and close when written
  std::vector<ConnId> close;                                // at once
  std::vector<ConnId> resume;                               // receive() again what was not consumed
  bool adopt_copy = false;                                  // N6: the copy is whole: open it in place of this node's data
  std::optional<int> exit;                                  // stop the program with this status
};

// What the owner tells INFO about the process.
struct ProcessFacts {
  uint64_t resident_bytes = 0;
  uint64_t cpu_user_us = 0;
  uint64_t cpu_system_us = 0;
  std::vector<std::pair<std::string, std::string>> tier;    // Tier::stats()
};

struct NodeParts {
  Config& config;
  Log& log;
  Store& store;
  const Tier& tier;
  StateStore& state;
  Random& random;
  const Stopwatch& stopwatch;
  RunId run;
  std::string boot_id;
  std::string side_directory;  // of cut tails
};

class Node : private NodeControl, private StreamSink {
 public:
  // Replays the log after the tier's position into the store. An error: the data folder is damaged; it says how.
  static Result<std::unique_ptr<Node>> start(NodeParts parts, Now now);
  ~Node() override;

  // ---- connections
  ConnId accepted(Now now, Address remote, Address local);   // ConnId{0}: maxclients; the owner sends refusal() and closes
  static std::string_view refusal();
  // Takes what it can of `bytes`; the rest must be given again, with what follows it, at the next call.
  size_t receive(Now now, ConnId id, std::string_view bytes, bool fresh);
  void closed(Now now, ConnId id);
  void connected(Now now, ConnId id);
  void connect_failed(Now now, ConnId id, bool refused);
  void drained(Now now, ConnId id, size_t pending_bytes);    // what the owner could not write yet
  // Output that may leave now.
  std::string take_output(ConnId id);

  // ---- results
  void log_synced(Now now, const SyncTask& task, const Result<void>& result);
  void tier_finished(Now now, TierResult&& result);
  void copy_finished(Now now, CopyResult&& result);
  void facts(ProcessFacts facts) { facts_ = std::move(facts); }

  // ---- time
  void tick(Now now);
  std::optional<Instant> next_deadline() const;
  void end_of_batch(Now now);
  NodeEffects drain();

  // ---- the program
  void stop(Now now);                                        // SIGTERM, SIGINT: hands over if it can, then exits

  const Role& role() const { return *role_; }
  Store& store() { return parts_.store; }
  const Log& log() const { return parts_.log; }
  const Stats& stats() const { return stats_; }
  const TierFlow& tier_flow() const { return *tier_flow_; }
  Clients& clients() { return clients_; }

 private:
  Node(NodeParts parts, Now now);
  Result<void> replay();

  // A connection that carries internal messages: made by us, or a client's that turned out to be a peer's.
  struct Peer {
    RequestParser parser;
    std::string output;
    bool outgoing = false;
  };

  size_t receive_client(Session& session, std::string_view bytes);
  size_t receive_peer(Now now, ConnId id, Peer& peer, std::string_view bytes);
  Peer& become_peer(Session& session);
  void drain_role(Now now);
  void drain_copies();
  void rewind(Position common);
  void finish_rewind(Now now);
  void name_dropped_keys(const CutTail& cut);
  void disconnect_clients();
  void forward_held(const Demoted& demoted);
  void expire(Now now);
  void close_idle(Now now);
  void measure_rates(Now now);
  void enforce_output_limit(Now now, Session& session);
  void progress_shutdown(Now now);
  Offset released() const;

  // NodeControl
  void save(Session* session) override;
  Result<void> replica_of(std::optional<Address> master) override;
  void shutdown(ShutdownMode mode) override;
  bool abort_shutdown() override;
  Result<void> hand_over() override;
  void wait(Session& session, const WaitState& what, milliseconds timeout) override;
  void sleep(Session& session, microseconds duration) override;
  void close(Session& session) override;
  std::vector<std::pair<std::string, std::string>> persistence_info() const override;
  std::vector<std::pair<std::string, std::string>> tier_info() const override;
  Position tier_position() const override;
  WallTime last_save() const override;
  bool save_in_progress() const override;
  Offset log_synced_offset() const override;
  uint64_t resident_bytes() const override { return facts_.resident_bytes; }
  std::optional<Address> master_address() const override;

  // StreamSink
  Result<void> apply(const RecordView& record) override;

  NodeParts parts_;
  Stats stats_;
  Clients clients_;
  CommandTable commands_;
  std::unique_ptr<TierFlow> tier_flow_;
  std::unique_ptr<Role> role_;
  std::unique_ptr<Services> services_;
  std::unique_ptr<Engine> engine_;
  std::unordered_map<ConnId, Peer> peers_;
  std::unordered_map<ConnId, size_t> pending_;               // bytes handed to the owner and not yet written
  uint64_t next_conn_ = 1;
  Now now_;
  NodeEffects effects_;
  ProcessFacts facts_;
};

}  // namespace onggi
