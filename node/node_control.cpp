// The part of Node that commands may ask for (NodeControl).
#include "node/node.h"

namespace onggi {

RoleOptions role_options(const Config& config, const Address& own);

void Node::save(Session* session) {
  tier_flow_->request_save();
  if (session == nullptr) return;
  session->blocked = Blocked::kWait;
  savers_.push_back(session->id);
}

void Node::answer_saves() {
  if (savers_.empty() || tier_flow_->save_pending()) return;
  for (ConnId id : std::exchange(savers_, {})) {
    Session* session = clients_.find(id);
    if (session == nullptr) continue;
    ReplyWriter reply(session->output, session->resp);
    if (const auto& error = tier_flow_->save_error()) {
      reply.error("ERR the save failed: " + error->message);
      stats_.count_error("ERR");
    } else {
      reply.ok();
    }
    engine_->unblock(*session);
    effects_.send.push_back(id);
  }
}

Result<void> Node::replica_of(std::optional<Address> master) {
  auto result = role_->replica_of(now_, master);
  // As in Redis, the directive says what is; a node that starts over from a full copy goes on following by it.
  if (result) parts_.config.replicaof = master ? master->host + " " + std::to_string(master->port) : "";
  drain_role(now_);
  return result;
}

void Node::shutdown(ShutdownMode mode) {
  stop_saves_ = mode != ShutdownMode::kNoSave;
  stop(now_);
  if (mode == ShutdownMode::kNow && stopping_ == Stopping::kHandingOver) stop_by_ = now_.instant;
}

bool Node::abort_shutdown() {
  if (stopping_ == Stopping::kNo || stopping_ == Stopping::kDone) return false;
  if (stopping_ == Stopping::kHandingOver) (void)role_->want_handover(now_, false);
  stopping_ = Stopping::kNo;
  return true;
}

Result<void> Node::hand_over() {
  auto result = role_->want_handover(now_, true);
  drain_role(now_);
  return result;
}

void Node::wait(Session& session, const WaitState& what, milliseconds timeout) {
  engine_->wait(session, what, timeout);
}

void Node::sleep(Session& session, microseconds duration) {
  engine_->sleep(session, duration);
}

void Node::close(Session& session) {
  session.close_after_flush = true;
  effects_.close_after_send.push_back(session.id);
}

std::vector<std::pair<std::string, std::string>> Node::persistence_info() const {
  const Log& log = parts_.log;
  const auto text = [](uint64_t number) { return std::to_string(number); };
  return {{"log_begin", text(log.begin().value)},     {"log_end", text(log.end().offset.value)},
          {"log_written", text(log.written().value)}, {"log_synced", text(log.synced().value)},
          {"log_disk_bytes", text(log.disk_bytes())}, {"log_status", log.failed() ? "failing" : "ok"},
          {"log_epochs", text(log.history().size())}, {"log_unwritten_bytes", text(log.unwritten_bytes())},
          {"log_torn_bytes", text(log.torn_bytes())}};
}

std::vector<std::pair<std::string, std::string>> Node::tier_info() const {
  const TierFlow& tier = *tier_flow_;
  const StoreStats& store = parts_.store.stats();
  const auto text = [](uint64_t number) { return std::to_string(number); };
  std::vector<std::pair<std::string, std::string>> info = {
      {"tier_epoch", text(tier.position().epoch.value)},
      {"tier_offset", text(tier.position().offset.value)},
      {"tier_durable_offset", text(tier.durable().offset.value)},
      {"tier_lag_bytes", text(parts_.log.end().offset - tier.position().offset)},
      {"tier_cuts", text(tier.cuts())},
      {"tier_reads", text(tier.reads())},
      {"tier_reads_collapsed", text(tier.collapsed())},
      {"tier_reads_pending", text(tier.loads_pending())},
      {"tier_warm", tier.warm() ? "1" : "0"},
      {"tier_slots_in_memory", text(store.slots_complete)},
      {"tier_slots", text(store.slots_total)},
      {"tier_undecodable_values", text(store.undecodable_values)},
      {"tier_last_error", tier.last_error().empty() ? "none" : tier.last_error()}};
  info.insert(info.end(), facts_.tier.begin(), facts_.tier.end());
  return info;
}

Position Node::tier_position() const {
  return tier_flow_->position();
}
WallTime Node::last_save() const {
  return tier_flow_->last_save();
}
bool Node::save_in_progress() const {
  return tier_flow_->save_pending();
}
Offset Node::log_synced() const {
  return parts_.log.synced();
}
std::optional<Address> Node::master_address() const {
  return role_->master_address();
}

ProcessDescription Node::process() const {
  return {.run = parts_.run,
          .log_begin = parts_.log.begin(),
          .log_end = parts_.log.end(),
          .id = facts_.process_id,
          .executable = facts_.executable,
          .config_file = parts_.config.config_file,
          .os = facts_.os,
          .system_memory_bytes = facts_.system_memory_bytes,
          .cpu_user_us = facts_.cpu_user_us,
          .cpu_system_us = facts_.cpu_system_us,
          .copies_adopted = parts_.copies_adopted};
}

void Node::reconfigured() {
  effects_.log_level = parts_.config.loglevel;
  role_->reconfigure(now_, role_options(parts_.config, parts_.own));
  drain_role(now_);
}

}  // namespace onggi
