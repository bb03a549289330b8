#include "node/engine.h"

#include <algorithm>

#include "common/check.h"
#include "common/codec.h"
#include "common/numbers.h"
#include "common/text.h"

namespace onggi {

namespace {
// "get", or "client|list" for a subcommand.
std::string full_name(const CommandTable& table, const CommandSpec& spec, std::span<const std::string_view> args) {
  const CommandSpec* top = table.find(args[0]);
  if (top == &spec) return std::string(spec.name);
  return std::string(top->name) + "|" + std::string(spec.name);
}

constexpr std::string_view kReadonlyText = "READONLY You can't write against a read only replica.";
constexpr std::string_view kKnowsNothingText =
    "MASTERDOWN Link with MASTER is down, and this node is not in step with one yet: it can't know what is there.";
constexpr std::string_view kDiskText =
    "MISCONF Errors writing to the log: the disk is full or failing (see the node's log). Writes are refused until it "
    "is mended; reads go on.";
constexpr std::string_view kNoDebugText =
    "ERR DEBUG command not allowed. If the enable-debug-command option is set to \"local\", you can run it from a "
    "local connection, otherwise you need to set this option in the configuration file, and then restart the server.";
constexpr std::string_view kNoReplicasText =
    "NOREPLICAS Not enough good replicas to write: the command was not executed.";
}  // namespace

Engine::Engine(Services& services, Store& store, TierFlow& tier, Log& log, Random& random, const Stopwatch& stopwatch)
    : services_(services),
      store_(store),
      tier_(tier),
      log_(log),
      random_(random),
      stopwatch_(stopwatch),
      replies_(services.clients, services.stats) {}

void Engine::set_now(Now now) {
  now_ = now;
  store_.set_now(now.wall);
}

Engine::Verdict Engine::dispatch(Session& session, const CommandSpec* spec, std::span<const std::string_view> args,
                                 std::string_view raw) {
  if (session.forwarding) {
    forwards_.push_back({session.id, std::string(raw)});
    session.forward_waiting += raw.size();
    return Verdict::kExecuted;
  }
  if (now_.instant < frozen_until_) {
    block(session, Blocked::kSleep);
    session.blocked_until = frozen_until_;
    return Verdict::kNotYet;
  }
  if (spec == nullptr && args[0] == kInternalCommand) {
    session.internal = true;  // a peer: its bytes are not the engine's
    session.blocked = Blocked::kForward;
    return Verdict::kNotYet;
  }
  if (spec == nullptr) {
    unknown_command(session, args);
    return Verdict::kRefused;
  }
  if (!spec->subcommands.empty() && args.size() > 1) {
    const CommandSpec* sub = find_subcommand(*spec, args[1]);
    if (sub == nullptr) {
      return refuse(session, "ERR unknown subcommand '" + std::string(args[1].substr(0, 128)) + "'. Try " +
                                 upper(args[0]) + " HELP.");
    }
    spec = sub;
  }
  const int count = static_cast<int>(args.size());
  if ((spec->arity > 0 && count != spec->arity) || (spec->arity < 0 && count < -spec->arity)) {
    named_stats(*spec, args).second.rejected++;
    return refuse(session,
                  "ERR wrong number of arguments for '" + full_name(services_.commands, *spec, args) + "' command");
  }
  if ((spec->flags & kWrite) && raw.size() > store_.max_record_bytes() / 16 && !fits_record(*spec, args)) {
    named_stats(*spec, args).second.rejected++;
    return refuse(session, kTooLongForRecord);
  }
  const Verdict verdict = admit(session, *spec, args);
  if (verdict == Verdict::kRefused) named_stats(*spec, args).second.rejected++;
  if (verdict != Verdict::kExecuted) return verdict;
  execute(session, *spec, args);
  return Verdict::kExecuted;
}

bool Engine::fits_record(const CommandSpec& spec, std::span<const std::string_view> args) {
  keys_of(spec, args, key_indices_);
  return record_bytes(args, key_indices_) <= store_.max_record_bytes();
}

// Whether the command may run now: authentication, the gate for writes, memory, and its keys in memory.
Engine::Verdict Engine::admit(Session& session, const CommandSpec& spec, std::span<const std::string_view> args) {
  if (!session.authenticated && (spec.flags & kNoAuth) == 0) return refuse(session, "NOAUTH Authentication required.");
  if ((spec.flags & kDebugging) != 0 && !may_debug(session)) return refuse(session, kNoDebugText);
  if (spec.flags & kWrite) {
    const Verdict verdict = gate_write(session);
    if (verdict != Verdict::kExecuted) return verdict;
    if ((spec.flags & kDenyOom) && !make_room()) {
      return refuse(session, "OOM command not allowed when used memory > 'maxmemory'.");
    }
  }
  if ((spec.flags & kReadonly) != 0 && spec.keys.first > 0 && services_.role.knows_nothing()) {
    return hold(session, kKnowsNothingText);
  }
  return tier_.warm() ? Verdict::kExecuted : reside(session, spec, args);
}

bool Engine::may_debug(const Session& session) const {
  const DebugCommand who = services_.config.enable_debug_command;
  return who == DebugCommand::kYes || (who == DebugCommand::kLocal && is_loopback(session.remote.host));
}

Engine::Verdict Engine::gate_write(Session& session) {
  const WriteGate gate = this->gate();
  if (gate == WriteGate::kOpen) return Verdict::kExecuted;
  if (gate == WriteGate::kReadonly && !undecided()) return readonly(session);
  if (gate == WriteGate::kHoldDisk) {
    // Of a managed node the sentinels may find another master meanwhile.
    return services_.config.managed ? hold(session, kDiskText) : refuse(session, kDiskText);
  }
  return hold(session, gate == WriteGate::kHoldReplicas ? kNoReplicasText : kReadonlyText);
}

// Late rather than refused: for hold-ms from its arrival.
Engine::Verdict Engine::hold(Session& session, std::string_view refusal) {
  if (now_.instant < session.arrived_at + milliseconds(services_.config.hold_ms)) {
    if (session.blocked_since < session.arrived_at) services_.stats.commands_held++;
    block(session, Blocked::kHeld);
    held_.push_back(session.id);
    return Verdict::kNotYet;
  }
  services_.stats.commands_refused++;
  return refuse(session, refusal);
}

Engine::Verdict Engine::readonly(Session& session) {
  if (planned_demotion_ == PlannedDemotion::kForwarding && session.can_be_relayed()) {
    session.forwarding = true;  // the node adopts it
    block(session, Blocked::kForward);
    return Verdict::kNotYet;
  }
  if (!services_.config.replica_read_only && !services_.config.managed) {
    return refuse(session, "READONLY Onggi's replicas are always read only: a write here would fork history.");
  }
  return refuse(session, kReadonlyText);
}

WriteGate Engine::gate() {
  if (!gate_) gate_ = services_.role.gate(now_);
  return *gate_;
}

Engine::Verdict Engine::refuse(Session& session, std::string_view error) {
  const size_t before = session.output.size();
  ReplyWriter(session.output, session.resp).error(error);
  services_.stats.count_error(error);
  drop_output_if_muted(session, before);
  return Verdict::kRefused;
}

void Engine::block(Session& session, Blocked why) {
  session.blocked = why;
  session.blocked_since = now_.instant;
}

void Engine::execute(Session& session, const CommandSpec& spec, std::span<const std::string_view> args) {
  const size_t before = session.output.size();
  ReplyWriter reply(session.output, session.resp);
  Call call{session, args, reply, store_, services_, random_, now_};
  session.commands++;
  session.last_command_at = now_.instant;
  store_.begin();
  const Outcome outcome = spec.handler(call);
  std::optional<Offset> offset = store_.commit();
  const bool refused = session.output.size() > before && session.output[before] == '-';
  // A write that changes nothing says that it is so, by a write before it: it is no truer than that one.
  if (!offset && (spec.flags & kWrite) && !refused) offset = log_.end().offset;
  if (spec.keys.first == 0) gate_.reset();
  // One look at the clock a command: it began where the one before it ended, its parsing counts.
  const uint64_t ended = stopwatch_.nanoseconds();
  account(session, spec, args, before, ended - std::exchange(measured_at_, ended));
  drop_output_if_muted(session, before);
  if (offset) {
    session.last_write = *offset;
    writers_.push_back(session.id);
    if (session.output.size() > before && replies_wait()) {
      replies_.hold(session, before, *offset,
                    session.arrived_at + milliseconds(services_.config.write_acks_timeout_ms));
    }
  }
  ONGGI_CHECK(outcome == Outcome::kDone || session.blocked != Blocked::kNo);
}

bool Engine::replies_wait() const {
  return services_.role.required_acks() > 0 || services_.config.durability == Durability::kDisk;
}

Engine::NamedStats& Engine::named_stats(const CommandSpec& spec, std::span<const std::string_view> args) {
  RecentStats& recent = recent_stats_[reinterpret_cast<uintptr_t>(&spec) / sizeof(CommandSpec) % recent_stats_.size()];
  if (recent.spec == &spec) return *recent.stats;
  NamedStats*& named = stats_of_[&spec];
  if (named == nullptr) {
    named = &*services_.stats.commands.try_emplace(full_name(services_.commands, spec, args)).first;
  }
  recent = {&spec, named};
  return *named;
}

void Engine::account(Session& session, const CommandSpec& spec, std::span<const std::string_view> args,
                     size_t output_before, uint64_t nanoseconds) {
  Stats& stats = services_.stats;
  stats.commands_processed++;
  NamedStats& named = named_stats(spec, args);
  session.last_command = named.first;
  CommandStats* entry = &named.second;
  entry->calls++;
  entry->nanoseconds += nanoseconds;
  if (session.output.size() > output_before && session.output[output_before] == '-') {
    entry->failed++;
    stats.count_error(std::string_view(session.output).substr(output_before + 1));
  }
  const auto took_us = static_cast<int64_t>(nanoseconds / 1000);
  const int64_t threshold = services_.config.slowlog_log_slower_than;
  if (threshold >= 0 && took_us >= threshold && (spec.flags & kSkipSlowlog) == 0) note_slow(session, args, took_us);
  const uint32_t latency_ms = services_.config.latency_monitor_threshold;
  if (latency_ms != 0 && took_us / 1000 >= latency_ms) {
    stats.note_latency(spec.flags & kFast ? "fast-command" : "command", now_.wall.ms / 1000,
                       static_cast<uint32_t>(took_us / 1000));
  }
}

void Engine::note_slow(const Session& session, std::span<const std::string_view> args, int64_t took_us) {
  constexpr size_t kMaxArgs = 32;
  constexpr size_t kMaxBytes = 128;
  SlowEntry entry;
  entry.unix_seconds = now_.wall.ms / 1000;
  entry.microseconds = took_us;
  const size_t shown = args.size() > kMaxArgs ? kMaxArgs - 1 : args.size();
  for (size_t i = 0; i < shown; i++) {
    std::string text(args[i].substr(0, kMaxBytes));
    if (args[i].size() > kMaxBytes) text += "... (" + std::to_string(args[i].size() - kMaxBytes) + " more bytes)";
    entry.args.push_back(std::move(text));
  }
  if (shown < args.size()) entry.args.push_back("... (" + std::to_string(args.size() - shown) + " more arguments)");
  entry.client_address = to_string(session.remote);
  entry.client_name = session.name;
  services_.stats.note_slow(std::move(entry), services_.config.slowlog_max_len);
}

// CLIENT REPLY OFF and SKIP.
void Engine::drop_output_if_muted(Session& session, size_t before) {
  switch (session.reply_mode) {
    case ReplyMode::kOn:
      return;
    case ReplyMode::kOff:
      session.output.resize(before);
      return;
    case ReplyMode::kSkipNext:
      session.reply_mode = ReplyMode::kSkip;
      return;
    case ReplyMode::kSkip:
      session.output.resize(before);
      session.reply_mode = ReplyMode::kOn;
      return;
  }
}

void Engine::mark_ready(Session& session) {
  if (session.touched) return;
  session.touched = true;
  touched_.push_back(session.id);
}

void Engine::end_of_batch(Now now, Offset released) {
  // L5: a batch with writes, and the lease ran out while it was executed: its replies must not leave.
  if (!writers_.empty() && !services_.role.lease_valid(now)) {
    for (ConnId id : writers_) {
      const Session* session = services_.clients.find(id);
      const bool held =
          session != nullptr && !session->held.empty() && session->held.back().offset == session->last_write;
      if (!held || !undecided()) abort_.push_back(id);
    }
  }
  // The page cache does not have this batch's writes (disk full): no reply may claim them.
  if (!writers_.empty() && log_.written() < log_.end().offset) {
    abort_.insert(abort_.end(), writers_.begin(), writers_.end());
  }
  writers_.clear();
  looks_left_ = kMostEvictionLooks;
  // L5 for replies of earlier batches: acknowledged by k members they are true for ever, else only under a lease.
  if (services_.role.required_acks() > 0 || services_.role.lease_valid(now)) replies_.release(released, ready_);
  for (ConnId id : touched_) {
    Session* session = services_.clients.find(id);
    if (session == nullptr) continue;
    session->touched = false;
    ready_.push_back(id);
  }
  touched_.clear();
}

void Engine::tick(Now now) {
  set_now(now);
  replies_.expire(now.instant, services_.role.required_acks(), ready_);
  retry_held(now);
  answer_waits(now);
  if (now.instant >= frozen_until_) {
    services_.clients.for_each([this](Session& session) {
      if (session.blocked == Blocked::kSleep) unblock(session);
    });
  }
}

void Engine::sleep(Session& session, microseconds duration) {
  frozen_until_ = now_.instant + duration;
  block(session, Blocked::kSleep);
  ReplyWriter(session.output, session.resp).simple_string("OK");
}

std::optional<Instant> Engine::next_deadline() const {
  std::optional<Instant> next = replies_.next_deadline();
  const auto consider = [&next](Instant at) {
    if (!next || at < *next) next = at;
  };
  for (ConnId id : held_) {
    if (const Session* session = services_.clients.find(id)) {
      consider(session->arrived_at + milliseconds(services_.config.hold_ms));
    }
  }
  for (ConnId id : waiting_) {
    const Session* session = services_.clients.find(id);
    if (session != nullptr && session->blocked_until) consider(*session->blocked_until);
  }
  if (frozen_until_ > now_.instant) consider(frozen_until_);
  if (more_may_leave_) consider(now_.instant);
  return next;
}

void Engine::unblock(Session& session) {
  session.blocked = Blocked::kNo;
  session.blocked_until.reset();
  resume_.push_back(session.id);
}

std::vector<ConnId> Engine::demoted() {
  std::vector<ConnId> sessions = replies_.abandon();
  writers_.clear();
  return sessions;
}

void Engine::abort(const std::vector<ConnId>& sessions) {
  abort_.insert(abort_.end(), sessions.begin(), sessions.end());
}

std::vector<ConnId> Engine::drain_ready() {
  return std::exchange(ready_, {});
}
std::vector<ConnId> Engine::drain_resume() {
  return std::exchange(resume_, {});
}
std::vector<ConnId> Engine::drain_abort() {
  return std::exchange(abort_, {});
}
std::vector<Engine::Forward> Engine::drain_forwards() {
  return std::exchange(forwards_, {});
}

}  // namespace onggi
