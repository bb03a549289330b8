#include "node/tier_flow.h"

#include <algorithm>
#include <utility>

#include "common/check.h"

namespace onggi {

namespace {
constexpr size_t kEncodeBytesPerStep = 512 << 10;  // of a cut: keeps a batch under a millisecond
constexpr milliseconds kRetryAfterError{1000};
constexpr milliseconds kNextSlotAfterError{100};
constexpr seconds kAside{60};
// A slot is swept by reading it whole. So much may be read, and more only where a good part of it had expired.
constexpr size_t kSweepBytesPerMicrosecond = 16;
constexpr milliseconds kSweepBurst{100};
constexpr size_t kGoodPart = 4;
constexpr uint32_t kSlotsPerSweep = 2048;  // looked at
constexpr milliseconds kSweepAgain{10};    // when none of them had any
}  // namespace

TierFlow::TierFlow(const Config& config, Log& log, Store& store, const TierMeta& meta, Position durable)
    : config_(config), log_(log), store_(store), meta_(meta), durable_(durable), cut_end_(meta.position.offset) {}

// Who needs the value and finds that only the header is being read asks again after it.
void TierFlow::need_key(uint32_t db, std::string_view key, Part part, ConnId who) {
  auto [it, first] = key_waiters_.try_emplace(Key{db, std::string(key)});
  it->second.push_back(who);
  if (!first) {
    collapsed_++;
    return;
  }
  reads_++;
  const uint16_t slot = slot_of(key);
  post(LoadTask{db, store_.id(db), slot, std::string(key), store_.read_ticket(db, slot), part});
}

void TierFlow::need_slot(uint32_t db, uint16_t slot, ConnId who) {
  auto [it, first] = slot_waiters_.try_emplace(Slot{db, slot});
  it->second.push_back(who);
  if (first) {
    post(SlotLoadTask{db, store_.id(db), slot, store_.read_ticket(db, slot)});
  } else {
    collapsed_++;
  }
}

void TierFlow::post(decltype(TierTask::work) work) {
  tasks_.push_back({generation_, std::move(work)});
}

bool TierFlow::cut_due(Now now) const {
  const Offset end = log_.end().offset;
  if (end == meta_.position.offset) return false;
  if (save_requested_ || !checkpoints_wanted_.empty()) return true;
  return end - cut_end_ >= config_.tier_lag_bytes || now.instant - last_cut_ >= milliseconds(config_.tier_lag_ms);
}

void TierFlow::request_save() {
  save_requested_ = true;
  save_error_.reset();
}

void TierFlow::step(Now now, Offset limit) {
  if (halted_) {
    if (save_pending()) fail_save({last_error_});
    return;
  }
  if (now.instant >= retry_at_) advance(now, limit);
  if (loads_pending() == 0) warm_up(now);
}

void TierFlow::advance(Now now, Offset limit) {
  retry_at_ = Instant{};
  if (!busy()) {
    if (cut_due(now)) {
      begin_cut(now);
    } else {
      serve_requests();  // nothing new since the last cut
    }
  }
  if (store_.cut_active() && store_.encode_cut(kEncodeBytesPerStep)) batch_ = store_.take_cut();
  if (batch_ && !writing_ && !flushing_) {
    const Offset at = batch_->meta.position.offset;
    const bool overflow = log_.end().offset - at >= config_.repl_backlog_size;  // N7's exception
    // A full copy that waits for this cut, or the next, may be to the very follower that is missing for k
    // acknowledgements.
    const bool copied = !checkpoints_after_cut_.empty() || !checkpoints_wanted_.empty();
    if (log_.synced() >= at && (limit >= at || overflow || copied)) {
      writing_ = true;
      post(WriteTask{std::move(*batch_)});
      batch_.reset();
    }
  }
  flush_if_due(now);
}

void TierFlow::begin_cut(Now now) {
  store_.begin_cut();
  cut_end_ = log_.end().offset;
  last_cut_ = now.instant;
  cuts_++;
  saving_ = saving_ || std::exchange(save_requested_, false);
  checkpoints_after_cut_ = std::exchange(checkpoints_wanted_, {});
}

void TierFlow::serve_requests() {
  if (log_.end().offset != meta_.position.offset) return;
  saving_ = saving_ || std::exchange(save_requested_, false);
  for (uint64_t id : std::exchange(checkpoints_wanted_, {})) post(CheckpointTask{id});
}

void TierFlow::flush_if_due(Now now) {
  if (writing_ || flushing_) return;
  const bool behind = durable_.offset < meta_.position.offset;
  const bool due = behind && meta_.position.offset - durable_.offset >= config_.tier_flush_bytes;
  const bool save_written = saving_ && !busy();
  if (behind && (due || save_written)) {
    flushing_ = true;
    post(FlushTask{});
  } else if (save_written) {
    saving_ = false;
    last_save_ = now.wall;
  }
}

// From the last one on, then from the first: what left memory meanwhile.
std::optional<TierFlow::Slot> TierFlow::next_to_warm() const {
  auto next = store_.next_incomplete_slot(warmed_);
  while (next && aside_.contains(*next)) next = store_.next_incomplete_slot(*next);
  if (next) return next;
  next = store_.next_incomplete_slot();
  while (next && aside_.contains(*next)) next = store_.next_incomplete_slot(*next);
  return next;
}

void TierFlow::set_aside(Now now, const SlotLoadTask& slot) {
  if (aside_.empty()) aside_until_ = now.instant + kAside;
  aside_.insert({slot.db, slot.slot});
  warm_up_at_ = sweep_at_ = now.instant + kNextSlotAfterError;
}

void TierFlow::try_aside_again(Now now) {
  if (now.instant >= aside_until_) aside_.clear();
}

bool TierFlow::memory_is_full() const {
  return config_.maxmemory != 0 && store_.memory_bytes() >= config_.maxmemory / 10 * 9;
}

void TierFlow::sweep(Now now) {
  if (warm_ || sweeping_ || halted_ || now.instant < sweep_at_ || !memory_is_full()) return;
  // What expired is in memory until the tier has heard that it is gone.
  if (store_.memory_bytes() > config_.maxmemory + config_.maxmemory / 16) return;
  try_aside_again(now);
  const auto next = store_.next_expired_slot(swept_, kSlotsPerSweep);
  if (!next || aside_.contains(*next)) {
    sweep_at_ = now.instant + kSweepAgain;
    return;
  }
  sweeping_ = true;
  const auto [db, slot] = *next;
  post(SlotLoadTask{db, store_.id(db), slot, store_.read_ticket(db, slot), true});
}

void TierFlow::slot_swept(Now now, const SlotLoadTask& slot, const TierResult& result) {
  sweeping_ = false;
  if (result.error) return set_aside(now, slot);
  size_t bytes = 0;
  for (const auto& [key, value] : result.entries) bytes += key.size() + value.size();
  const size_t expired = store_.take_expired(slot.db, slot.id, slot.slot, result.entries, slot.ticket);
  const bool good = expired > 0 && expired >= result.entries.size() / kGoodPart;
  const Duration cost(good ? 0 : static_cast<int64_t>(bytes / kSweepBytesPerMicrosecond));
  sweep_at_ = std::max(sweep_at_, now.instant - kSweepBurst) + cost;
}

void TierFlow::warm_up(Now now) {
  if (warming_ || warm_ || now.instant < warm_up_at_) return;
  if (memory_is_full()) return;
  try_aside_again(now);
  const auto next = next_to_warm();
  if (!next) {
    warm_ = aside_.empty();
    if (!warm_) warm_up_at_ = aside_until_;
    return;
  }
  warming_ = true;
  warmed_ = *next;
  slot_waiters_.try_emplace(*next);
  post(SlotLoadTask{next->first, store_.id(next->first), next->second, store_.read_ticket(next->first, next->second)});
}

void TierFlow::finished(Now now, TierResult&& result) {
  if (result.generation != generation_) return;
  if (result.error) failed(now, result);
  if (auto* load = std::get_if<LoadTask>(&result.work)) {
    key_read(*load, result);
  } else if (auto* slot = std::get_if<SlotLoadTask>(&result.work)) {
    slot->sweeps ? slot_swept(now, *slot, result) : slot_read(now, *slot, result);
  } else if (std::holds_alternative<WriteTask>(result.work)) {
    write_done(now, result);
  } else if (std::holds_alternative<FlushTask>(result.work)) {
    flushing_ = false;
    if (!result.error) durable_ = result.durable;
  } else if (auto* checkpoint = std::get_if<CheckpointTask>(&result.work)) {
    if (!result.error) durable_ = std::max(durable_, result.durable);
    checkpoints_done_.push_back({checkpoint->id, result.error, result.meta, std::move(result.files)});
  }
}

// What can't be read keeps nothing from being written.
void TierFlow::failed(Now now, const TierResult& result) {
  last_error_ = result.error->message;
  const bool writes = std::holds_alternative<WriteTask>(result.work) || std::holds_alternative<FlushTask>(result.work);
  if (writes || std::holds_alternative<CheckpointTask>(result.work)) retry_at_ = now.instant + kRetryAfterError;
  if (writes && save_pending()) fail_save(*result.error);
}

void TierFlow::fail_save(Error why) {
  save_requested_ = saving_ = false;
  save_error_ = std::move(why);
}

namespace {
// A superseded read is no error: whoever waits asks again. A value that can't be decoded is.
void judge(Store::LoadOutcome outcome, TierResult& result) {
  if (outcome == Store::LoadOutcome::kUndecodable) result.error = Error{"a value in the tier is damaged"};
}
}  // namespace

void TierFlow::key_read(const LoadTask& load, TierResult& result) {
  if (!result.error && store_.id(load.db) == load.id) {
    judge(store_.loaded(load.db, load.key, result.value, load.ticket, load.part), result);
  }
  if (result.error) last_error_ = result.error->message;
  auto waiters = key_waiters_.extract(Key{load.db, load.key});
  if (waiters) wake(waiters.mapped(), result.error);
}

void TierFlow::slot_read(Now now, const SlotLoadTask& slot, TierResult& result) {
  warming_ = false;
  if (!result.error && store_.id(slot.db) == slot.id) {
    judge(store_.slot_loaded(slot.db, slot.id, slot.slot, result.entries, slot.ticket), result);
  }
  if (result.error) {
    last_error_ = result.error->message;
    set_aside(now, slot);
  } else {
    aside_.erase({slot.db, slot.slot});
  }
  auto waiters = slot_waiters_.extract(Slot{slot.db, slot.slot});
  if (waiters) wake(waiters.mapped(), result.error);
}

void TierFlow::wake(const std::vector<ConnId>& waiters, const std::optional<Error>& error) {
  for (ConnId who : waiters) loaded_.push_back({who, error});
}

void TierFlow::write_done(Now, const TierResult& result) {
  writing_ = false;
  if (result.error) {
    batch_ = std::get<WriteTask>(result.work).batch;  // as it was; step() tries again
    return;
  }
  meta_ = result.meta;
  durable_ = std::max(durable_, result.durable);
  store_.cut_written();
  for (uint64_t id : std::exchange(checkpoints_after_cut_, {})) post(CheckpointTask{id});
}

void TierFlow::halt(const std::string& why) {
  halted_ = true;
  last_error_ = why;
}

void TierFlow::abandon(const TierMeta& meta) {
  ONGGI_CHECK(!writing_);
  generation_++;
  meta_ = meta;
  durable_ = std::min(durable_, meta.position);
  cut_end_ = meta.position.offset;
  batch_.reset();
  flushing_ = false;
  if (saving_) fail_save({"the log was cut meanwhile"});
  warming_ = false;
  sweeping_ = false;
  warm_ = false;
  for (auto& [key, waiters] : key_waiters_) wake(waiters, std::nullopt);
  for (auto& [slot, waiters] : slot_waiters_) wake(waiters, std::nullopt);
  key_waiters_.clear();
  slot_waiters_.clear();
  for (uint64_t id : checkpoints_after_cut_) checkpoints_wanted_.push_back(id);
  checkpoints_after_cut_.clear();
  tasks_.clear();
}

std::vector<TierTask> TierFlow::drain_tasks() {
  return std::exchange(tasks_, {});
}
std::vector<TierFlow::Loaded> TierFlow::drain_loaded() {
  return std::exchange(loaded_, {});
}
std::vector<TierFlow::CheckpointDone> TierFlow::drain_checkpoints() {
  return std::exchange(checkpoints_done_, {});
}

bool TierFlow::wants_sync() const {
  return batch_ && log_.synced() < batch_->meta.position.offset;
}

std::optional<Instant> TierFlow::next_deadline() const {
  if (halted_) return std::nullopt;
  if (store_.cut_active()) return std::max(retry_at_, last_cut_);  // the next slice of it, at once
  // A cut that is whole waits for its write, its sync or its acknowledgements: each of them comes by itself, and a
  // deadline that has passed would only keep a processor busy.
  if (busy()) return retry_at_ != Instant{} ? std::optional(retry_at_) : std::nullopt;
  if (log_.end().offset == cut_end_) return std::nullopt;
  return std::max(retry_at_, last_cut_ + milliseconds(config_.tier_lag_ms));
}

}  // namespace onggi
