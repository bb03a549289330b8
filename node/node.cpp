#include "node/node.h"

#include <algorithm>
#include <utility>

#include "common/check.h"

namespace onggi {

namespace {
constexpr size_t kExpirePerBatch = 200;
constexpr size_t kFreePerBatch = 10'000;
constexpr milliseconds kRatesEvery{1000};
// A terminal's Ctrl-C and a service manager's stop signal both the watcher, which passes it on, and the node.
constexpr milliseconds kSameStop{500};
}  // namespace

RoleOptions role_options(const Config& config, const Address& own) {
  RoleOptions options;
  options.managed = config.managed;
  if (!config.replicaof.empty()) {
    const size_t space = config.replicaof.rfind(' ');
    options.replica_of = Address{config.replicaof.substr(0, space),
                                 static_cast<uint16_t>(std::stoi(config.replicaof.substr(space + 1)))};
  }
  options.announce = {config.announce_ip.empty() ? own.host : config.announce_ip,
                      config.announce_port == 0 ? own.port : config.announce_port};
  options.durability = config.durability;
  options.write_acks = config.write_acks;
  options.priority = config.replica_priority;
  options.master_user = config.masteruser;
  options.master_password = config.masterauth;
  options.required_password = config.requirepass;
  options.tail_directory = config.dir + "/cut-tails";
  options.version = ONGGI_VERSION;
  options.hold = milliseconds(config.hold_ms);
  options.repl_timeout = seconds(config.repl_timeout);
  options.repl_ping = seconds(config.repl_ping_replica_period);
  return options;
}

Node::Node(NodeParts parts, Now now) : parts_(std::move(parts)), now_(now) {
  stats_.started = now.instant;
  stats_.started_wall = now.wall;
  rates_at_ = now.instant;
  next_cron_ = now.instant;
}

Node::~Node() = default;

Result<std::unique_ptr<Node>> Node::start(NodeParts parts, Now now) {
  std::unique_ptr<Node> node(new Node(std::move(parts), now));
  NodeParts& p = node->parts_;
  p.store.set_now(now.wall);
  if (auto made = p.disk.make_directory(p.config.dir + "/cut-tails"); !made) return made.error();
  const Result<void> replayed = node->replay();
  const bool has_a_master = p.config.managed || !p.config.replicaof.empty();
  if (!replayed && (!node->unapplied_ || !has_a_master)) return replayed.error();
  node->tier_flow_ = std::make_unique<TierFlow>(p.config, p.log, p.store, p.tier.meta(), p.tier.durable());
  RoleOptions options = role_options(p.config, p.own);
  options.id_file = p.id_file;
  auto role =
      Role::start(std::move(options), RoleSeams{p.log, p.state, *node, p.random, node->conns_}, p.run, p.boot_id, now);
  if (!role) return role.error();
  node->role_ = std::move(*role);
  node->role_->tier_reached(p.tier.meta().position.offset);
  if (!replayed) node->memory_remade(now, replayed);
  node->services_ = std::unique_ptr<Services>(
      new Services{p.config, node->stats_, node->clients_, node->commands_, *node->role_, *node, p.store});
  node->engine_ = std::make_unique<Engine>(*node->services_, p.store, *node->tier_flow_, p.log, p.random, p.stopwatch);
  node->engine_->set_now(now);
  node->drain_role(now);
  return node;
}

// What the log has beyond the tier's position goes into memory. unapplied_: the log can be read, but a record of it
// can't be applied to what the tier gives.
Result<void> Node::replay() {
  const TierMeta meta = parts_.tier.meta();
  Result<void> applied;
  auto visited = parts_.log.visit(meta.position.offset, [&](const RecordView& record) {
    applied = apply(record, WallTime{});
    return static_cast<bool>(applied);
  });
  if (!visited) return visited;
  unapplied_ = !applied;
  return applied;
}

// Without all records memory must not become a state of the tier: the node waits for a full copy (N6).
void Node::memory_remade(Now now, const Result<void>& replayed) {
  if (!replayed) tier_flow_->halt(replayed.error().message);
  role_->rewound(now, replayed);
}

Result<void> Node::apply(const RecordView& record, WallTime) {
  return parts_.store.apply(
      record, [this](DbId db, uint16_t slot, std::string_view key) { return parts_.tier.get(db, slot, key); });
}

void Node::log_line(LogLine::Level level, std::string text) {
  effects_.log.push_back({level, std::move(text)});
}

NodeEffects Node::drain() {
  return std::exchange(effects_, {});
}

// ---- results of work done elsewhere

void Node::log_synced(Now now, const SyncTask& task, const Result<void>& result) {
  now_ = now;
  sync_in_flight_ = false;
  if (!result) {
    log_line(LogLine::Level::kError, "the log could not be synced: " + result.error().message);
    parts_.log.sync_failed(task);
    return;
  }
  parts_.log.synced(task);
  role_->log_synced(now);
  drain_role(now);
}

void Node::tier_finished(Now now, TierResult&& result) {
  now_ = now;
  if (result.error) log_line(LogLine::Level::kError, "the tier: " + result.error->message);
  tier_flow_->finished(now, std::move(result));
  if (rewind_to_ && !tier_flow_->write_in_flight()) rewind(now, *rewind_to_);
  drain_tier(now);
}

void Node::copy_finished(Now now, CopyResult&& result) {
  now_ = now;
  if (auto* write = std::get_if<RoleEffects::CopyWrite>(&result.task)) {
    const bool was_behind = copy_is_behind();
    copy_backlog_ -= write->bytes.size();
    if (!was_behind || copy_is_behind()) return;
    for (const auto& [id, peer] : peers_) {
      if (peer.outgoing) effects_.resume.push_back(id);
    }
    return;
  }
  if (auto* read = std::get_if<ReadCheckpoint>(&result.task)) {
    if (result.error) {
      role_->chunk_read(now, read->copy, read->file, read->at, *result.error);
    } else {
      role_->chunk_read(now, read->copy, read->file, read->at, std::move(result.bytes));
    }
  } else if (std::holds_alternative<CopyInstall>(result.task)) {
    // On success the owner has opened the copy and made a new node of it; this one hears only of failures.
    if (result.error) role_->copy_installed(now, *result.error);
  }
  drain_role(now);
}

// ---- time

void Node::tick(Now now) {
  now_ = now;
  role_->tick(now);
  drain_role(now);
  engine_->tick(now);
  if (now.instant >= next_cron_) {
    next_cron_ = now.instant + Duration(1'000'000 / std::max<uint32_t>(1, parts_.config.hz));
    close_idle(now);
    decided_by_time(now);
    measure_rates(now);
  }
  progress_stop(now);
}

std::optional<Instant> Node::next_deadline() const {
  std::optional<Instant> next = next_cron_;
  for (const std::optional<Instant>& at :
       {role_->next_deadline(), engine_->next_deadline(), tier_flow_->next_deadline()}) {
    if (at && (!next || *at < *next)) next = at;
  }
  return next;
}

void Node::write_log(Now now) {
  now_ = now;
  engine_->set_now(now);
  expire(now);
  if (auto written = parts_.log.write_out(); !written) {
    if (!std::exchange(unwritable_, true)) {
      log_line(LogLine::Level::kError, "the log can't be written: " + written.error().message);
    }
  } else if (std::exchange(unwritable_, false)) {
    log_line(LogLine::Level::kWarning, "the log can be written again");
  }
}

void Node::end_of_batch(Now now) {
  now_ = now;
  engine_->set_now(now);
  role_->after_write_out(now);
  drain_role(now);
  engine_->end_of_batch(now, role_->released());
  engine_->answer_waits(now);
  engine_->retry_held(now);
  engine_->make_room();
  evict_clients(now);
  tier_flow_->step(now, role_->tier_limit());
  if (!tier_flow_->warm() && role_->may_expire(now)) tier_flow_->sweep(now);
  drain_tier(now);
  answer_saves();
  if (!sync_in_flight_ && (parts_.config.durability == Durability::kDisk || tier_flow_->wants_sync())) {
    effects_.sync = parts_.log.prepare_sync();
    sync_in_flight_ = effects_.sync.has_value();
  }
  parts_.log.release(std::min(role_->readers_floor(), tier_flow_->durable().offset));
  parts_.store.free_some(kFreePerBatch);
  for (ConnId id : engine_->drain_ready()) {
    effects_.send.push_back(id);
    const Session* session = clients_.find(id);
    if (session != nullptr && session->close_after_flush && session->held.empty())
      effects_.close_after_send.push_back(id);
  }
  for (ConnId id : engine_->drain_resume()) effects_.resume.push_back(id);
  for (ConnId id : engine_->drain_abort()) close_now(id);
  for (auto& one : engine_->drain_forwards()) forward(one.who, one.command);
}

// Expired keys are removed by the master alone, each by a record; while it may not write, expiry waits (L1, H2).
void Node::expire(Now now) {
  if (now.wall == expiry_settled_) return;  // deadlines are in milliseconds: nothing expires twice in one
  const auto next = parts_.store.next_expiry();
  if (!next || *next > now.wall) {
    expiry_settled_ = now.wall;
    return;
  }
  if (!role_->may_expire(now)) return;
  stats_.expired_keys += parts_.store.expire_some(kExpirePerBatch).removed;
}

void Node::close_idle(Now now) {
  if (parts_.config.timeout == 0) return;
  std::vector<ConnId> idle;
  clients_.for_each([&](const Session& session) {
    const Duration since = now.instant - session.last_command_at;
    if (session.blocked == Blocked::kNo && since > seconds(parts_.config.timeout)) idle.push_back(session.id);
  });
  for (ConnId id : idle) close_now(id);
}

void Node::measure_rates(Now now) {
  const Duration since = now.instant - rates_at_;
  if (since < kRatesEvery) return;
  const double elapsed_s = static_cast<double>(since.count()) / 1e6;
  stats_.ops_per_second = static_cast<double>(stats_.commands_processed - rates_commands_) / elapsed_s;
  stats_.input_kbps = static_cast<double>(stats_.net_input_bytes - rates_input_) / 1024 / elapsed_s;
  stats_.output_kbps = static_cast<double>(stats_.net_output_bytes - rates_output_) / 1024 / elapsed_s;
  rates_at_ = now.instant;
  rates_commands_ = stats_.commands_processed;
  rates_input_ = stats_.net_input_bytes;
  rates_output_ = stats_.net_output_bytes;
}

// ---- the program's end

void Node::stop(Now now) {
  now_ = now;
  if (stopping_ != Stopping::kNo) {  // asked twice: no more patience
    if (now.instant < stop_asked_ + kSameStop) return;
    stop_by_ = now.instant;
    progress_stop(now);
    return;
  }
  stop_asked_ = now.instant;
  stop_by_ = now.instant + seconds(parts_.config.shutdown_timeout);
  stopping_ = Stopping::kSaving;
  if (role_->managed() && role_->is_master()) {
    if (auto asked = role_->want_handover(now, true)) {
      stopping_ = Stopping::kHandingOver;
      log_line(LogLine::Level::kInfo, "stopping: asking the sentinels to hand over to a replica first");
    } else {
      log_line(LogLine::Level::kWarning, "stopping without a hand-over: " + asked.error().message);
    }
  }
  if (stopping_ == Stopping::kSaving && stop_saves_) tier_flow_->request_save();
  drain_role(now);
}

void Node::progress_stop(Now now) {
  const bool late = now.instant >= stop_by_;
  if (stopping_ == Stopping::kHandingOver && (!role_->is_master() || late)) {
    if (late) log_line(LogLine::Level::kWarning, "stopping without a hand-over: it did not come in time");
    if (!late && (undecided_until_ || !forwarder_.empty())) return;  // held commands are on their way to the new master
    stopping_ = Stopping::kSaving;
    if (stop_saves_) tier_flow_->request_save();
    stop_by_ = now.instant + seconds(parts_.config.shutdown_timeout);
    return;
  }
  if (stopping_ != Stopping::kSaving) return;
  if (stop_saves_ && tier_flow_->save_pending() && !late) return;
  stopping_ = Stopping::kDone;
  auto synced = parts_.log.sync_now();
  if (synced) synced = role_->stopped_clean();
  if (!synced) log_line(LogLine::Level::kError, "the log could not be synced at the end: " + synced.error().message);
  log_line(LogLine::Level::kInfo, "bye");
  effects_.exit = synced ? 0 : 1;
}

}  // namespace onggi
