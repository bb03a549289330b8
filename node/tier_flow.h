// When the tier gets what: cuts, flushes, reads, warm-up, checkpoints. Decides; the driver's workers do.
//
// Invariants:
// 1. One cut at a time: encode, wait (N7: the log is synced up to it, and as far as Role::tier_limit allows, unless the
//    backlog would overflow or a full copy waits for it), write.
// 2. One read per key and one per slot under way, however many ask (collapsed forwarding).
// 3. After abandon() nothing that was under way changes the store: results carry a generation.
// Owned by the engine's thread; reads no clock.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "common/types.h"
#include "node/config.h"
#include "storage/store.h"

namespace onggi {

struct WriteTask {
  TierBatch batch;
};
struct FlushTask {};
struct LoadTask {
  uint32_t db = 0;  // logical, at the time of asking
  DbId id;
  uint16_t slot = 0;
  std::string key;
  uint64_t ticket = 0;  // Store::read_ticket
  Part part = Part::kValue;
};
struct SlotLoadTask {
  uint32_t db = 0;
  DbId id;
  uint16_t slot = 0;
  uint64_t ticket = 0;
  bool sweeps = false;  // for what expired alone
};
struct CheckpointTask {
  uint64_t id = 0;  // names the checkpoint's folder
};

// Work for a thread that may block. `generation` comes back with the result.
struct TierTask {
  uint64_t generation = 0;
  std::variant<WriteTask, FlushTask, LoadTask, SlotLoadTask, CheckpointTask> work;
};

// How the work ended. An error leaves everything as it was; the flow tries again later.
struct TierResult {
  uint64_t generation = 0;
  std::variant<WriteTask, FlushTask, LoadTask, SlotLoadTask, CheckpointTask> work;  // as it was asked
  std::optional<Error> error;
  std::optional<std::string> value;                          // LoadTask
  std::vector<std::pair<std::string, std::string>> entries;  // SlotLoadTask
  std::vector<CheckpointFile> files;                         // CheckpointTask
  TierMeta meta;                                             // of the tier afterwards
  Position durable;
};

class TierFlow {
 public:
  TierFlow(const Config& config, Log& log, Store& store, const TierMeta& meta, Position durable);

  // ---- the engine asks
  // A client needs a key, or a whole slot; it is told by drain_loaded().
  void need_key(uint32_t db, std::string_view key, Part part, ConnId who);
  void need_slot(uint32_t db, uint16_t slot, ConnId who);
  // Everything up to now must get into the tier, and be flushed (SAVE, shutdown).
  void request_save();
  bool save_pending() const { return save_requested_ || saving_; }
  // How the last save ended, once none is pending.
  const std::optional<Error>& save_error() const { return save_error_; }
  // A checkpoint of everything up to now, for a full copy.
  void request_checkpoint(uint64_t id) { checkpoints_wanted_.push_back(id); }

  // ---- once a batch: moves the cut on. `limit`: Role::tier_limit().
  void step(Now now, Offset limit);
  // Where expired keys may be removed: looks for those that only the tier has, if there is no room to warm up.
  void sweep(Now now);
  void finished(Now now, TierResult&& result);
  // Memory is not what the log says: it is never again written to the tier.
  void halt(const std::string& why);
  // The log was cut, or everything is copied anew: forgets what is under way. The store must be reset by the caller.
  void abandon(const TierMeta& meta);

  // ---- outputs
  std::vector<TierTask> drain_tasks();
  // A connection whose read is done: its command is tried again, or fails with the error.
  struct Loaded {
    ConnId who;
    std::optional<Error> error;
  };
  std::vector<Loaded> drain_loaded();
  struct CheckpointDone {
    uint64_t id = 0;
    std::optional<Error> error;
    TierMeta meta;
    std::vector<CheckpointFile> files;
  };
  std::vector<CheckpointDone> drain_checkpoints();
  // The cut waits for a sync of the log.
  bool wants_sync() const;

  // ---- state, for INFO and for whom it concerns
  Position position() const { return meta_.position; }
  Position durable() const { return durable_; }
  bool busy() const { return writing_ || store_.cut_active() || store_.cut_pending() || batch_.has_value(); }
  bool write_in_flight() const { return writing_; }
  // Every key is in memory; the engine needs to ask for none.
  bool warm() const { return warm_; }
  // Values left memory (evicted).
  void cooled() { warm_ = false; }
  size_t loads_pending() const { return key_waiters_.size() + slot_waiters_.size(); }
  uint64_t collapsed() const { return collapsed_; }
  uint64_t reads() const { return reads_; }
  uint64_t cuts() const { return cuts_; }
  const std::string& last_error() const { return last_error_; }
  WallTime last_save() const { return last_save_; }
  std::optional<Instant> next_deadline() const;

 private:
  using Key = std::pair<uint32_t, std::string>;
  using Slot = std::pair<uint32_t, uint16_t>;

  bool cut_due(Now now) const;
  void advance(Now now, Offset limit);
  void begin_cut(Now now);
  void serve_requests();
  void flush_if_due(Now now);
  void warm_up(Now now);
  bool memory_is_full() const;
  std::optional<Slot> next_to_warm() const;
  void set_aside(Now now, const SlotLoadTask& slot);
  void try_aside_again(Now now);
  void failed(Now now, const TierResult& result);
  void fail_save(Error why);
  void post(decltype(TierTask::work) work);
  void wake(const std::vector<ConnId>& waiters, const std::optional<Error>& error);
  void key_read(const LoadTask& load, TierResult& result);
  void slot_swept(Now now, const SlotLoadTask& slot, const TierResult& result);
  void slot_read(Now now, const SlotLoadTask& slot, TierResult& result);
  void write_done(Now now, const TierResult& result);

  const Config& config_;
  Log& log_;
  Store& store_;
  TierMeta meta_;
  Position durable_;
  uint64_t generation_ = 1;

  std::optional<TierBatch> batch_;  // whole, waits for invariant 1
  bool writing_ = false;
  bool flushing_ = false;
  bool save_requested_ = false;
  bool saving_ = false;  // the cut under way belongs to a save
  std::optional<Error> save_error_;
  bool warm_ = false;
  bool warming_ = false;
  Slot warmed_{0, 0};     // the slot that warm-up asked for last: it doesn't look from the start each time
  std::set<Slot> aside_;  // couldn't be read: warm-up and sweep leave them out
  Instant aside_until_;
  Instant warm_up_at_;  // not before
  bool sweeping_ = false;
  uint32_t swept_ = 0;  // Store::next_expired_slot
  Instant sweep_at_;    // not before
  Offset cut_end_;      // of the last cut begun
  Instant last_cut_;
  bool halted_ = false;
  Instant retry_at_;  // a write, a flush or a checkpoint that failed; reads go on
  std::map<Key, std::vector<ConnId>> key_waiters_;
  std::map<Slot, std::vector<ConnId>> slot_waiters_;
  std::vector<uint64_t> checkpoints_wanted_;
  std::vector<uint64_t> checkpoints_after_cut_;  // wait for the cut under way
  std::vector<TierTask> tasks_;
  std::vector<Loaded> loaded_;
  std::vector<CheckpointDone> checkpoints_done_;
  uint64_t collapsed_ = 0;
  uint64_t reads_ = 0;
  uint64_t cuts_ = 0;
  std::string last_error_;
  WallTime last_save_;
};

}  // namespace onggi
