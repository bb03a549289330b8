#include "node/driver/tier_jobs.h"

#include <utility>

#include "storage/value_codec.h"

namespace onggi {

TierResult run_tier_job(Tier& tier, TierTask task, const std::string& checkpoint) {
  TierResult result;
  result.generation = task.generation;
  const auto note = [&result](const auto& outcome) {
    if (!outcome) result.error = outcome.error();
  };
  if (auto* write = std::get_if<WriteTask>(&task.work)) {
    note(tier.write(write->batch));
  } else if (std::holds_alternative<FlushTask>(task.work)) {
    note(tier.flush());
  } else if (auto* load = std::get_if<LoadTask>(&task.work)) {
    auto value = tier.get(load->id, load->slot, load->key);
    note(value);
    if (value) result.value = std::move(*value);
    if (result.value && load->part == Part::kHeader) result.value = result.value->substr(0, kValueHeader);
  } else if (auto* slot = std::get_if<SlotLoadTask>(&task.work)) {
    note(tier.scan_slot(slot->id, slot->slot, [&](std::string_view key, std::string_view value) {
      result.entries.emplace_back(key, value);
      return true;
    }));
  } else if (std::holds_alternative<CheckpointTask>(task.work)) {
    auto files = tier.checkpoint(checkpoint);
    note(files);
    if (files) result.files = std::move(*files);
  }
  result.meta = tier.meta();
  result.durable = tier.durable();
  result.work = std::move(task.work);
  return result;
}

}  // namespace onggi
