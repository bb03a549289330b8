#include "node/role/promise.h"

#include <algorithm>

#include "common/defects.h"
#include "common/json_file.h"
#include "storage/history.h"

namespace onggi {

template <class Archive>
void serialize(Archive& archive, DurableState& state) {
  auto weakest = static_cast<uint32_t>(state.weakest);
  archive(cereal::make_nvp("node_id", state.id), cereal::make_nvp("promise", state.promise),
          cereal::make_nvp("promised_to", state.promised_to), cereal::make_nvp("cluster_id", state.cluster),
          cereal::make_nvp("configuration", state.configuration), cereal::make_nvp("clean_stop", state.clean_stop),
          cereal::make_nvp("boot_id", state.boot), cereal::make_nvp("weakest_durability", weakest),
          cereal::make_nvp("sure", state.sure), cereal::make_nvp("held", state.held));
  state.weakest = static_cast<Durability>(std::min<uint32_t>(weakest, static_cast<uint32_t>(Durability::kDisk)));
}

Result<Promise> Promise::load(StateStore& store, const Log& log, Random& random, Durability durability,
                              const std::string& boot) {
  Promise promise(store, log);
  DurableState state;
  if (const std::optional<std::string> text = store.load()) {
    Result<DurableState> loaded = from_json<DurableState>(*text);
    if (!loaded) return Error{"the node's state: " + loaded.error().message};
    if (!loaded->id) return Error{"the node's state: it has no node id"};
    state = *loaded;
    const bool rebooted = state.boot != boot;
    if (rebooted && !state.clean_stop && state.weakest != Durability::kDisk) state.sure = false;
    if (log.end() < state.held) state.sure = false;
    // What the page cache had outlives a kill: a tail that is bad without a reboot had been written, and acknowledged.
    if (!rebooted && log.torn_bytes() > 0) state.sure = false;
    if (has_defect(Defect::kUnsureCounts)) state.sure = true;
    state.weakest = rebooted || state.clean_stop ? durability : std::min(state.weakest, durability);
  } else {
    state.id = NodeId{random.hex(40)};
    state.weakest = durability;
  }
  state.clean_stop = false;
  state.boot = boot;
  if (log.end().epoch > state.promise) {
    state.promise = log.end().epoch;
    state.promised_to = {};
  }
  const Result<void> saved = promise.save(std::move(state));
  if (!saved) return Error{"the node's state: " + saved.error().message};
  return promise;
}

Result<void> Promise::swear(Epoch epoch, const SentinelId& leader) {
  ONGGI_CHECK(epoch > state_.promise);
  DurableState next = state_;
  next.promise = epoch;
  next.promised_to = leader;
  if (has_defect(Defect::kPromiseNotStored)) {
    state_ = std::move(next);
    return {};
  }
  return save(std::move(next));
}

Result<void> Promise::swear_by_following(Epoch epoch) {
  if (epoch <= state_.promise || has_defect(Defect::kStreamUnpromised)) return {};
  return swear(epoch, {});
}

Result<void> Promise::adopt(const Configuration& configuration) {
  DurableState next = state_;
  if (configuration.epoch > next.configuration.epoch) next.configuration = configuration;
  if (!next.cluster) next.cluster = configuration.cluster;
  return save(std::move(next));
}

Result<void> Promise::set_sure(bool sure) {
  DurableState next = state_;
  next.sure = sure;
  if (sure) next.held = synced();
  return save(std::move(next));
}

Result<void> Promise::promoted(const Configuration& configuration) {
  DurableState next = state_;
  next.configuration = configuration;
  next.cluster = configuration.cluster;
  return save(std::move(next));
}

Result<void> Promise::weaken(Durability durability) {
  if (durability >= state_.weakest) return {};
  DurableState next = state_;
  next.weakest = durability;
  return save(std::move(next));
}

Result<void> Promise::stop_clean() {
  DurableState next = state_;
  next.clean_stop = true;
  return save(std::move(next));
}

Result<void> Promise::note_log() {
  DurableState next = state_;
  next.held = synced();
  return save(std::move(next));
}

Position Promise::synced() const {
  const Offset synced = std::min(log_->synced(), log_->end().offset);
  return {epoch_at(log_->history(), synced), synced};
}

Result<void> Promise::save(DurableState next) {
  if (next.held <= log_->end()) next.held = std::max(next.held, synced());
  if (next == state_) return {};
  Result<void> saved = store_->save(to_json(next));
  if (!saved) return saved;
  state_ = std::move(next);
  return {};
}

}  // namespace onggi
