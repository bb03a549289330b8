// A node without I/O: sessions, engine, role, store, log and tier put together. The program's driver and the simulator
// run this very class.
//
// The owner calls inputs, then write_log(), then end_of_batch() with a fresh clock, then carries out the effects in the
// order of their fields. Nothing here blocks but what the Disk seam does (one write a batch) and a rewind.
//
// Invariants:
// 1. Order within a batch: commands, one write of the log, streams and acknowledgements, released replies (N3).
// 2. A connection is a client's until it speaks the internal command; what peers send goes to Role alone.
// 3. A rewind or a lost mastership is finished before the next command is taken.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "common/log_line.h"
#include "common/reserve.h"
#include "node/copy.h"
#include "node/engine.h"
#include "node/forwarder.h"
#include "node/role/role.h"
#include "node/tier_flow.h"

namespace onggi {

// What the owner must do, in this order.
struct NodeEffects {
  std::vector<LogLine> log;
  std::optional<SyncTask> sync;                         // then log_synced()
  std::vector<TierTask> tier;                           // then tier_finished()
  std::vector<CopyTask> copy;                           // a full copy's files, both ways; then copy_finished()
  std::vector<std::pair<ConnId, Address>> connect;      // then connected() or connect_failed()
  std::vector<ConnId> send;                             // take_output() and write
  std::vector<ConnId> close_after_send;                 // and close when written
  std::vector<ConnId> close;                            // at once
  std::vector<ConnId> resume;                           // receive() again what was not consumed
  std::optional<std::vector<Address>> watcher_targets;  // tell the watcher (L4)
  std::optional<std::string> log_level;                 // CONFIG SET loglevel
  std::optional<int> exit;                              // stop the program with this status
};

// What the owner tells INFO about the process.
struct ProcessFacts {
  uint64_t resident_bytes = 0;
  uint64_t cpu_user_us = 0;
  uint64_t cpu_system_us = 0;
  uint64_t process_id = 0;
  uint64_t system_memory_bytes = 0;
  std::string executable;
  std::string os;                                         // as uname says
  std::vector<std::pair<std::string, std::string>> tier;  // Tier::stats()
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
  Address own;  // that others are told where replica-announce-ip and -port say no other; no host: what they see
  Disk& disk;
  uint64_t copies_adopted = 0;  // by this process so far: each began a node anew
  std::string id_file = {};     // which file, of which host's boot, holds the id: NodeStatus::id_file
};

class Node : private NodeControl, private StreamSink {
 public:
  // Replays the log after the tier's position into the store, and takes up the node's role. An error: the data folder
  // or the state is damaged; it says how. If only the tier is, a node that has a master starts, and waits for a copy.
  static Result<std::unique_ptr<Node>> start(NodeParts parts, Now now);
  ~Node() override;

  // ---- connections
  // An error is the reply to send before closing: too many clients, or protected mode.
  Result<ConnId> accepted(Now now, Address remote, Address local);
  // Takes what it can of `bytes`; the rest comes again, with what follows it, at the next call. `fresh`: something new
  // is among them.
  size_t receive(Now now, ConnId id, std::string_view bytes, bool fresh);
  void closed(Now now, ConnId id);
  void connected(Now now, ConnId id);
  void connect_failed(Now now, ConnId id, bool refused);
  // How much of what was sent has not left yet: to be told after each send on a link (it may go on sending only then),
  // and of a client's connection when something had to wait.
  void drained(Now now, ConnId id, size_t pending_bytes);
  bool is_link(ConnId id) const { return peers_.contains(id); }
  std::string take_output(ConnId id);  // what may leave now
  // Gives a buffer that take_output() handed out back, so that its memory serves the next batch.
  void reuse(std::string&& buffer);
  // Whether more input is worth reading: not while a session is blocked with plenty waiting.
  bool wants_input(ConnId id, size_t buffered) const;

  // ---- results
  void log_synced(Now now, const SyncTask& task, const Result<void>& result);
  void tier_finished(Now now, TierResult&& result);
  void copy_finished(Now now, CopyResult&& result);
  void facts(ProcessFacts facts) { facts_ = std::move(facts); }

  // ---- time
  void tick(Now now);
  std::optional<Instant> next_deadline() const;
  // Hands the batch's records to the page cache.
  void write_log(Now now);
  // After write_log(), with a clock read after it (L5): what may leave, leaves.
  void end_of_batch(Now now);
  NodeEffects drain();
  bool has_more_to_do() const { return !effects_.send.empty() || !effects_.resume.empty(); }

  void stop(Now now);  // SIGTERM, SIGINT: hands over if it can, then everything into the tier, then exit

  const Role& role() const { return *role_; }
  Role& role() { return *role_; }
  Store& store() { return parts_.store; }
  const Log& log() const { return parts_.log; }
  const Stats& stats() const { return stats_; }
  const TierFlow& tier_flow() const { return *tier_flow_; }
  Clients& clients() { return clients_; }

 private:
  Node(NodeParts parts, Now now);
  Result<void> replay();
  void memory_remade(Now now, const Result<void>& replayed);

  // A connection that carries internal messages: made by us, or accepted and turned out to be a peer's.
  struct Peer {
    RequestParser parser;
    std::string output;
    Address remote;         // of an accepted one
    bool outgoing = false;  // the link to the master
    bool trusted = true;    // may say anything; else it may only ask to follow, with the password (SyncRequest)
  };
  enum class Stopping : uint8_t { kNo, kHandingOver, kSaving, kDone };

  // node.cpp
  void expire(Now now);
  void close_idle(Now now);
  void measure_rates(Now now);
  void progress_stop(Now now);
  void answer_saves();
  void log_line(LogLine::Level level, std::string text);
  // node_role.cpp: what the role wants done
  void drain_role(Now now);
  void demoted(const Demoted& demoted);
  void rewind(Now now, Position to);
  void copies(RoleEffects& effects);
  void name_dropped_keys(const CutTail& cut);
  void leave_clients();
  void decided(std::optional<Address> master);
  void decided_by_time(Now now);
  void adopt(Session& session);
  void forward(ConnId client, std::string_view command);
  void drain_tier(Now now);
  // node_limits.cpp: what connections may take
  size_t connected() const;
  bool reserve(ConnId id);
  void make_way(ConnId id);
  void enforce_output_limit(Now now, Session& session, size_t pending);
  void evict_clients(Now now);
  // node_links.cpp: connections
  size_t receive_peer(Now now, ConnId id, std::string_view bytes);
  size_t receive_relay(ConnId id, std::string_view bytes);
  void end_relay(ConnId client);
  void become_peer(Session& session);
  void close_now(ConnId id);
  void relay_sent(ConnId link, size_t pending);
  void resume_relay(const Session& session);
  bool copy_is_behind() const;

  // NodeControl, in node_control.cpp
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
  Offset log_synced() const override;
  uint64_t resident_bytes() const override { return facts_.resident_bytes; }
  std::optional<Address> master_address() const override;
  void reconfigured() override;
  ProcessDescription process() const override;

  // StreamSink
  Result<void> apply(const RecordView& record, WallTime master_wall) override;
  void look_ahead(std::span<const RecordView> records) override { parts_.store.prefetch(records); }

  NodeParts parts_;
  Stats stats_;
  Clients clients_;
  CommandTable commands_;
  ConnIds conns_;
  Reserve reserve_;
  Instant evict_clients_at_;  // not before: the last look found too few to close
  Forwarder forwarder_;
  std::optional<Instant> undecided_until_;  // after a planned demotion: who is master?
  std::optional<Instant> forward_until_;    // then, for a while
  Address forward_to_;                      // the new master
  std::unique_ptr<TierFlow> tier_flow_;
  std::unique_ptr<Role> role_;
  std::unique_ptr<Services> services_;
  std::unique_ptr<Engine> engine_;
  std::unordered_map<ConnId, Peer> peers_;
  std::map<CopyId, std::vector<CheckpointFile>> checkpoints_;  // being sent
  uint64_t copy_backlog_ = 0;                                  // bytes of a full copy received and not written yet
  bool unwritable_ = false;                                    // the last write of the log failed
  bool unapplied_ = false;                                     // replay() met a record that can't be applied
  std::optional<std::string> no_handover_;                     // why nobody took over from a full disk: said once
  std::optional<Position> rewind_to_;                          // waits for a tier write under way
  std::vector<ConnId> savers_;                                 // sessions in SAVE
  std::vector<std::string> spare_outputs_;                     // empty, with room
  WallTime expiry_settled_;                                    // nothing is left that expired by then
  bool sync_in_flight_ = false;
  Stopping stopping_ = Stopping::kNo;
  bool stop_saves_ = true;
  Instant stop_asked_;
  Instant stop_by_;
  Instant next_cron_;
  Instant rates_at_;
  uint64_t rates_commands_ = 0;
  uint64_t rates_input_ = 0;
  uint64_t rates_output_ = 0;
  Now now_;
  NodeEffects effects_;
  ProcessFacts facts_;
};

}  // namespace onggi
