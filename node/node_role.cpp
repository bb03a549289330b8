// The part of Node that carries out what the role and the tier's flow want done.
#include <algorithm>
#include <set>

#include "common/check.h"
#include "common/codec.h"
#include "node/cut_tails.h"
#include "node/node.h"

namespace onggi {

namespace {
constexpr size_t kNamedKeys = 100;  // of a cut tail, in the log; the side file has all
constexpr milliseconds kRelayPause{20};
}  // namespace

// In the order of the fields of RoleEffects.
void Node::drain_role(Now now) {
  RoleEffects effects = role_->drain();
  if (effects.demoted) demoted(*effects.demoted);
  if (effects.promoted) {  // H3: this very node again? What it held was never executed, and runs here
    undecided_until_.reset();
    forward_until_.reset();
    engine_->planned_demotion(Engine::PlannedDemotion::kNone);
  }
  // Replies still held may speak of what is cut now.
  if (undecided_until_ && (effects.rewind || !effects.cut_tails.empty())) decided(std::nullopt);
  for (const CutTail& cut : effects.cut_tails) name_dropped_keys(cut);
  if (effects.rewind) rewind(now, effects.rewind->to);
  copies(effects);
  if (effects.new_master && undecided_until_) decided(effects.new_master);
  for (const auto& close : effects.closes) {
    if (!close.why.empty()) log_line(LogLine::Level::kInfo, "closing a link: " + close.why);
    peers_.erase(close.conn);
    effects_.close.push_back(close.conn);
  }
  for (auto& connect : effects.connects) {
    peers_.try_emplace(connect.conn).first->second.outgoing = true;
    effects_.connect.emplace_back(connect.conn, std::move(connect.address));
  }
  for (auto& send : effects.sends) {
    auto peer = peers_.find(send.conn);
    if (peer == peers_.end()) continue;
    if (peer->second.output.empty()) effects_.send.push_back(send.conn);
    peer->second.output += frame(send.message);
  }
  if (effects.watcher_targets) effects_.watcher_targets = std::move(effects.watcher_targets);
  if (effects.handover_refused) {
    const bool stops = stopping_ == Stopping::kHandingOver;
    if (stops) stop_by_ = now.instant;
    if (stops || effects.handover_refused != no_handover_) {
      log_line(LogLine::Level::kWarning, "no hand-over: " + *effects.handover_refused);
    }
    no_handover_ = effects.handover_refused;
  }
  for (LogLine& line : effects.log) effects_.log.push_back(std::move(line));
}

// A planned demotion is left open until somebody is promoted: all waits, nothing is refused or closed.
void Node::demoted(const Demoted& what) {
  if (what.planned) {
    undecided_until_ = now_.instant + 2 * milliseconds(parts_.config.hold_ms);
    engine_->planned_demotion(Engine::PlannedDemotion::kUndecided);
  } else if (what.close_clients) {
    leave_clients();
  } else {
    engine_->abort(engine_->demoted());  // one of them may be saying REPLICAOF at this moment
  }
}

// N8: replies still held are never sent, held commands never run (but for H3), clients are disconnected.
void Node::leave_clients() {
  for (ConnId id : engine_->demoted()) close_now(id);
  std::vector<ConnId> all;
  clients_.for_each([&](const Session& session) {
    if (!forwarder_.has(session.id)) all.push_back(session.id);
  });
  for (ConnId id : all) close_now(id);
}

// H3: who is master after a planned demotion; nullopt: nobody was named in time, or this node's log was cut.
void Node::decided(std::optional<Address> master) {
  undecided_until_.reset();
  engine_->planned_demotion(master ? Engine::PlannedDemotion::kForwarding : Engine::PlannedDemotion::kNone);
  if (master) {
    forward_to_ = *master;
    forward_until_ = now_.instant + 2 * milliseconds(parts_.config.hold_ms);
    for (ConnId id : engine_->held_commands()) {
      Session* session = clients_.find(id);
      if (session != nullptr && session->blocked == Blocked::kHeld && session->can_be_relayed()) adopt(*session);
    }
  }
  leave_clients();
}

// Its held command, and what follows it, goes to the new master.
void Node::adopt(Session& session) {
  forwarder_.adopt(session, parts_.config.masteruser, parts_.config.masterauth);
  const ConnId link = conns_.take();
  forwarder_.link(session.id, link);
  effects_.connect.emplace_back(link, forward_to_);
  session.forwarding = true;
  engine_->unblock(session);  // its commands are handed to the forwarder as they are taken
}

void Node::forward(ConnId client, std::string_view command) {
  const std::optional<ConnId> link = forwarder_.add(client, command);
  if (!link) return;
  peers_[*link].output.append(command);
  effects_.send.push_back(*link);
}

void Node::decided_by_time(Now now) {
  if (undecided_until_ && now.instant >= *undecided_until_) decided(std::nullopt);
  if (forward_until_ && now.instant >= *forward_until_) {
    forward_until_.reset();
    engine_->planned_demotion(Engine::PlannedDemotion::kNone);
  }
  const Duration pause = forward_until_ ? Duration(kRelayPause) : Duration{0};
  for (ConnId client : forwarder_.idle_since(now.instant - pause)) end_relay(client);
}

// N5, N7: memory goes back to the tier, and forward again along what is left of the log.
void Node::rewind(Now now, Position to) {
  if (tier_flow_->write_in_flight()) {
    rewind_to_ = to;  // tier_finished() comes back here; no command is taken meanwhile
    return;
  }
  rewind_to_.reset();
  const TierMeta meta = parts_.tier.meta();
  if (meta.position.offset > to.offset) {
    memory_remade(now, Error{"the tier is beyond the common point of the two histories"});
  } else {
    tier_flow_->abandon(meta);
    parts_.store.reset(meta);
    memory_remade(now, replay());
  }
  clients_.for_each([this](Session& session) { effects_.resume.push_back(session.id); });
  drain_role(now);
}

void Node::copies(RoleEffects& effects) {
  if (effects.copy_drop) effects_.copy.emplace_back(CopyDrop{});
  if (effects.copy_open) effects_.copy.emplace_back(std::move(*effects.copy_open));
  for (auto& write : effects.copy_writes) {
    copy_backlog_ += write.bytes.size();
    effects_.copy.emplace_back(std::move(write));
  }
  if (effects.copy_install) effects_.copy.emplace_back(CopyInstall{});
  for (CopyId copy : effects.drop_checkpoints) {
    checkpoints_.erase(copy);
    effects_.copy.emplace_back(DropCheckpoint{copy});
  }
  for (const auto& start : effects.start_checkpoints) tier_flow_->request_checkpoint(start.copy.value);
  for (const auto& read : effects.read_chunks) {
    auto found = checkpoints_.find(read.copy);
    if (found == checkpoints_.end() || read.file >= found->second.size()) continue;
    effects_.copy.emplace_back(ReadCheckpoint{read.copy, found->second[read.file].name, read.file, read.at, read.size});
  }
}

// N5: which keys the records that this node gives up had written.
void Node::name_dropped_keys(const CutTail& cut) {
  log_line(LogLine::Level::kWarning,
           "gave up " + std::to_string(cut.records) + " record(s) from offset " +
               std::to_string(cut.from.offset.value) + " to " + std::to_string(cut.end.offset.value) + ", kept in " +
               cut.path + "; keys: " + dropped_keys(parts_.disk, cut.path, parts_.config.databases, kNamedKeys));
  for (const std::string& name : forget_old_tails(parts_.disk, parts_.config.dir + "/cut-tails")) {
    log_line(LogLine::Level::kWarning, "removed the old cut tail " + name + ": only the newest are kept");
  }
}

void Node::drain_tier(Now now) {
  for (const auto& loaded : tier_flow_->drain_loaded()) engine_->loaded(loaded.who, loaded.error);
  for (auto& done : tier_flow_->drain_checkpoints()) {
    const CopyId copy{done.id};
    if (done.error) {
      role_->checkpoint_failed(now, copy, done.error->message);
      continue;
    }
    std::vector<CopyBegin::File> files;
    for (const CheckpointFile& file : done.files) files.push_back({file.name, file.size});
    checkpoints_[copy] = std::move(done.files);
    role_->checkpoint_ready(now, copy, done.meta.position, done.meta.history, std::move(files));
  }
  drain_role(now);
  for (TierTask& task : tier_flow_->drain_tasks()) {
    if (auto* write = std::get_if<WriteTask>(&task.work)) role_->tier_reached(write->batch.meta.position.offset);
    effects_.tier.push_back(std::move(task));
  }
  for (ConnId id : engine_->drain_resume()) effects_.resume.push_back(id);
}

}  // namespace onggi
