// The engine: takes commands from sessions, one at a time, and leaves replies and log records.
//
// It owns no socket, file, clock or random source. It decides for each command: execute now; hold it (PROTOCOL L1, N8,
// H2); load from the tier first; or refuse. A command that can't be executed yet is not consumed: the connection's
// bytes stay where they are, and the connection is tried again later.
//
// Invariants:
// 1. The commands of one connection are executed in order, and none while its session is blocked.
// 2. A write is executed only while Role::gate() is open, and is one log record.
// 3. A reply to a write leaves only after end_of_batch() found the lease valid on a clock read after its execution
// (L5).
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "node/clients.h"
#include "node/command.h"
#include "node/config.h"
#include "node/replies.h"
#include "node/services.h"
#include "node/stats.h"
#include "node/tier_flow.h"

namespace onggi {

// Measures how long a command took, for SLOWLOG and INFO commandstats; never used to decide anything.
class Stopwatch {
 public:
  virtual ~Stopwatch() = default;
  virtual uint64_t nanoseconds() const = 0;
};

inline constexpr size_t kMostEvictionLooks = 8192;  // at entries, a batch: about a millisecond

class Engine {
 public:
  Engine(Services& services, Store& store, TierFlow& tier, Log& log, Random& random, const Stopwatch& stopwatch);

  void set_now(Now now);

  // Executes as many commands of `bytes` as may be executed now; returns how many bytes were consumed.
  size_t take(Session& session, std::string_view bytes);

  // Once a batch, with a clock read after the last command: replies up to `released` may leave, but for those that L5
  // or a failing disk forbids.
  void end_of_batch(Now now, Offset released);
  // -NOACK, -NOREPLICAS, WAIT's timeouts, the end of DEBUG SLEEP.
  void tick(Now now);
  std::optional<Instant> next_deadline() const;

  // The session's next command is tried again.
  void unblock(Session& session);
  void loaded(ConnId id, const std::optional<Error>& error);
  // Held commands go on if the gate is open, or are refused if their hold is over.
  void retry_held(Now now);
  void wait(Session& session, const WaitState& what, milliseconds timeout);
  void answer_waits(Now now);
  void sleep(Session& session, microseconds duration);
  // Above maxmemory: some cold values leave memory. Once a batch, and before a write that needs memory. If more may
  // leave, next_deadline() is now.
  bool make_room();
  // Demoted or fenced: forgets held replies; the sessions that had some must be closed unsent.
  std::vector<ConnId> demoted();
  void abort(const std::vector<ConnId>& sessions);  // drain_abort() hands them over at the end of the batch
  const std::vector<ConnId>& held_commands() const { return held_; }
  // H3. After a planned demotion writes wait until it is decided who is master; if it is another, those of clients that
  // come back too early are forwarded for a while, not refused.
  enum class PlannedDemotion : uint8_t { kNone, kUndecided, kForwarding };
  void planned_demotion(PlannedDemotion state) { planned_demotion_ = state; }

  // ---- outputs, drained by the node
  std::vector<ConnId> drain_ready();   // have output that may leave
  std::vector<ConnId> drain_resume();  // take() again
  std::vector<ConnId> drain_abort();   // close, unsent
  struct Forward {
    ConnId who;
    std::string command;  // raw bytes, unexecuted (H3)
  };
  std::vector<Forward> drain_forwards();

 private:
  using NamedStats = std::pair<const std::string, CommandStats>;
  enum class Verdict : uint8_t { kExecuted, kRefused, kNotYet };
  // One whole request of those found ahead.
  struct Request {
    const CommandSpec* spec = nullptr;  // null: there is no such command
    size_t first_arg = 0;               // in ahead_args_
    size_t args = 0;
    size_t bytes = 0;
  };
  void look_ahead(const Session& session, std::string_view bytes);
  bool may_stay(Session& session, const CommandSpec* spec, std::span<const std::string_view> args);
  void note_keys(const CommandSpec& spec, std::span<const std::string_view> args);
  Verdict dispatch(Session& session, const CommandSpec* spec, std::span<const std::string_view> args,
                   std::string_view raw);
  bool fits_record(const CommandSpec& spec, std::span<const std::string_view> args);
  Verdict admit(Session& session, const CommandSpec& spec, std::span<const std::string_view> args);
  bool may_debug(const Session& session) const;
  Verdict gate_write(Session& session);
  Verdict readonly(Session& session);
  Verdict hold(Session& session, std::string_view refusal);
  Verdict refuse(Session& session, std::string_view error);
  void unknown_command(Session& session, std::span<const std::string_view> args);
  // ---- keys in memory (engine_residence.cpp)
  using NeededKey = std::pair<uint32_t, std::string_view>;
  Verdict reside(Session& session, const CommandSpec& spec, std::span<const std::string_view> args);
  Verdict reside_all(Session& session, uint32_t first_db, uint32_t end_db);
  Verdict reside_slot(Session& session, std::string_view cursor_argument);
  Verdict bring_in(Session& session, Part part);
  void pin_those_there(Session& session, Part part);
  bool resides(const NeededKey& key, Part part) const;
  bool all_reside(Part part) const;
  bool crowded() const;
  size_t eviction_looks(uint64_t limit, uint64_t excess) const;
  void block(Session& session, Blocked why);
  void execute(Session& session, const CommandSpec& spec, std::span<const std::string_view> args);
  WriteGate gate();
  NamedStats& named_stats(const CommandSpec& spec, std::span<const std::string_view> args);
  bool replies_wait() const;
  void account(Session& session, const CommandSpec& spec, std::span<const std::string_view> args, size_t output_before,
               uint64_t nanoseconds);
  void note_slow(const Session& session, std::span<const std::string_view> args, int64_t took_us);
  void drop_output_if_muted(Session& session, size_t before);
  void mark_ready(Session& session);
  bool undecided() const { return planned_demotion_ == PlannedDemotion::kUndecided; }

  Services& services_;
  Store& store_;
  TierFlow& tier_;
  Log& log_;
  Random& random_;
  const Stopwatch& stopwatch_;
  Replies replies_;
  Now now_;
  PlannedDemotion planned_demotion_ = PlannedDemotion::kNone;
  Instant frozen_until_;  // DEBUG SLEEP
  std::vector<std::string_view> args_;
  std::vector<Request> ahead_;  // whole requests found in a pipeline, the next one at next_ahead_
  size_t next_ahead_ = 0;
  std::vector<std::string_view> ahead_args_;
  std::vector<std::string_view> ahead_keys_;
  std::vector<size_t> key_indices_;
  std::vector<NeededKey> needed_;  // by the command in hand
  size_t looks_left_ = 0;          // at entries that may leave memory, in this batch
  bool more_may_leave_ = false;
  std::vector<ConnId> touched_;  // sessions with new output in this batch
  std::vector<ConnId> writers_;  // sessions with writes executed in this batch
  std::vector<ConnId> held_;     // sessions whose next command is held
  std::vector<ConnId> waiting_;  // sessions in WAIT
  std::vector<ConnId> ready_;
  std::vector<ConnId> resume_;
  std::vector<ConnId> abort_;
  std::vector<Forward> forwards_;
  std::optional<WriteGate> gate_;  // asked once a take(): only commands without a key can change it meanwhile
  uint64_t measured_at_ = 0;       // of the stopwatch: where the last command ended
  std::unordered_map<const CommandSpec*, NamedStats*> stats_of_;
  struct RecentStats {
    const CommandSpec* spec = nullptr;
    NamedStats* stats = nullptr;
  };
  std::array<RecentStats, 64> recent_stats_{};  // of stats_of_, by the row's address
};

}  // namespace onggi
