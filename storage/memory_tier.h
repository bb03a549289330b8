// A tier for tests and the simulator: a map in memory, and one file on the disk that is handed in. What was not flushed
// is gone when the object is; the disk decides what a crash leaves of the rest.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>

#include "storage/disk.h"
#include "storage/tier.h"

namespace onggi {

class MemoryTier : public Tier {
 public:
  // Opens what is in the folder (also a copied checkpoint), or starts empty.
  static Result<std::unique_ptr<MemoryTier>> open(Disk& disk, const std::string& directory);

  TierMeta meta() const override;
  Position durable() const override;
  Result<std::optional<std::string>> get(DbId db, uint16_t slot, std::string_view key) const override;
  Result<void> scan_slot(DbId db, uint16_t slot,
                         const std::function<bool(std::string_view key, std::string_view value)>& visit) const override;
  Result<void> write(const TierBatch& batch) override;
  Result<void> flush() override;
  Result<std::vector<CheckpointFile>> checkpoint(const std::string& directory) override;
  std::vector<std::pair<std::string, std::string>> stats() const override;

  // A fault: one slot in kSpoiltOf can't be read; nullopt: all can.
  static constexpr uint16_t kSpoiltOf = 4;
  void spoil(std::optional<uint16_t> slot);

 private:
  MemoryTier(Disk& disk, std::string directory) : disk_(disk), directory_(std::move(directory)) {}
  Result<void> load();
  Result<void> readable(uint16_t slot) const;
  std::string encode() const;
  Result<void> save(const std::string& directory) const;

  Disk& disk_;
  std::string directory_;
  mutable std::mutex mutex_;
  std::map<std::string, std::string> values_;        // by tier_key()
  std::map<std::string, std::string> saved_values_;  // for the defect "tier-apart" alone
  std::optional<uint16_t> spoilt_;
  TierMeta meta_;
  Position durable_;
};

}  // namespace onggi
