// The tier on disk: RocksDB, whose own write-ahead log is off, since the log is that.
//
// Invariants:
// 1. Everything is in one column family, and a batch with its meta record is one WriteBatch: RocksDB flushes whole
//    memtables in order, so after any crash there is the state of some batch, whole, and meta() says which.
// 2. durable() never runs ahead of what a flush has made durable.
// Memory is bounded by RocksTierOptions. get(), scan_slot(), meta(), durable() and stats() may be called on any thread.
#pragma once

#include <memory>
#include <string>

#include "storage/tier.h"

namespace onggi {

struct RocksTierOptions {
  uint64_t block_cache_bytes = 64ull << 20;   // index and filter blocks included
  uint64_t write_buffer_bytes = 32ull << 20;  // one memtable; there are three at most
  int background_jobs = 2;                    // one of them flushes
  int max_open_files = 512;
};

class RocksTier : public Tier {
 public:
  static Result<std::unique_ptr<RocksTier>> open(const std::string& directory, const RocksTierOptions& options = {});
  ~RocksTier() override;
  RocksTier(const RocksTier&) = delete;
  RocksTier& operator=(const RocksTier&) = delete;

  TierMeta meta() const override;
  Position durable() const override;
  Result<std::optional<std::string>> get(DbId db, uint16_t slot, std::string_view key) const override;
  Result<void> scan_slot(DbId db, uint16_t slot,
                         const std::function<bool(std::string_view key, std::string_view value)>& visit) const override;
  Result<void> write(const TierBatch& batch) override;
  Result<void> flush() override;
  Result<std::vector<CheckpointFile>> checkpoint(const std::string& directory) override;
  std::vector<std::pair<std::string, std::string>> stats() const override;

 private:
  struct Impl;
  explicit RocksTier(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace onggi
