// See rocks_tier.h.
#include "storage/rocks_tier.h"

#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/listener.h>
#include <rocksdb/options.h>
#include <rocksdb/perf_level.h>
#include <rocksdb/slice_transform.h>
#include <rocksdb/statistics.h>
#include <rocksdb/table.h>
#include <rocksdb/utilities/checkpoint.h>
#include <rocksdb/write_batch.h>

#include <algorithm>
#include <deque>
#include <filesystem>
#include <mutex>

#include "storage/prefetch.h"
#include "storage/tier_key.h"
#include "storage/tier_meta.h"

namespace onggi {

namespace {

// Behind every database's range: ids never get that far.
const std::string kMetaKey = std::string(kTierPrefixBytes, '\xff') + "meta";

Error failure(const std::string& what, const rocksdb::Status& status) {
  return Error{"tier: " + what + ": " + status.ToString()};
}

// Which batch's position became durable, from the sequence numbers that flushes report. Thread-safe.
class FlushProgress {
 public:
  void start(Position position) {
    const std::lock_guard lock(mutex_);
    durable_ = position;
  }
  void written(uint64_t sequence, Position position) {
    const std::lock_guard lock(mutex_);
    written_.push_back({sequence, position});
    advance();
  }
  void flushed(uint64_t sequence) {
    const std::lock_guard lock(mutex_);
    flushed_ = std::max(flushed_, sequence);
    advance();
  }
  Position durable() const {
    const std::lock_guard lock(mutex_);
    return durable_;
  }

 private:
  void advance() {
    while (!written_.empty() && written_.front().first <= flushed_) {
      durable_ = written_.front().second;
      written_.pop_front();
    }
  }

  mutable std::mutex mutex_;
  std::deque<std::pair<uint64_t, Position>> written_;  // not durable yet; bounded by what memtables hold
  uint64_t flushed_ = 0;
  Position durable_;
};

class Listener : public rocksdb::EventListener {
 public:
  explicit Listener(std::shared_ptr<FlushProgress> progress) : progress_(std::move(progress)) {}

  // Called when the manifest has the file. There is one flush at a time, so those before are done.
  void OnFlushCompleted(rocksdb::DB*, const rocksdb::FlushJobInfo& info) override {
    progress_->flushed(info.largest_seqno);
  }
  void OnBackgroundError(rocksdb::BackgroundErrorReason, rocksdb::Status* status) override {
    const std::lock_guard lock(mutex_);
    error_ = status->ToString();
  }
  void OnErrorRecoveryCompleted(rocksdb::Status) override {
    const std::lock_guard lock(mutex_);
    error_.clear();
  }
  std::string error() const {
    const std::lock_guard lock(mutex_);
    return error_;
  }

 private:
  std::shared_ptr<FlushProgress> progress_;
  mutable std::mutex mutex_;
  std::string error_;
};

// How many bytes all the keys begin with. Of session keys that is much: "spring:session:sessions:".
size_t common_prefix(const TierBatch& batch) {
  if (batch.puts.empty()) return 0;
  const std::string_view first = batch.puts.front().key.key;
  size_t common = first.size();
  for (const TierBatch::Put& put : batch.puts) {
    const std::string_view key = put.key.key;
    const size_t most = std::min(common, key.size());
    const auto differs = std::mismatch(first.begin(), first.begin() + static_cast<std::ptrdiff_t>(most), key.begin());
    common = static_cast<size_t>(differs.first - first.begin());
  }
  return common;
}

// The first bytes as a number of the same order.
uint64_t head_of(std::string_view bytes) {
  uint64_t head = 0;
  for (size_t i = 0; i < sizeof head; i++) head = head << 8 | (i < bytes.size() ? static_cast<uint8_t>(bytes[i]) : 0);
  return head;
}

// The puts of a batch in key order. What nearly always decides lies side by side: the puts themselves are in no cache.
std::vector<const TierBatch::Put*> in_key_order(const TierBatch& batch) {
  struct Place {
    uint64_t db;
    uint64_t head;  // of the key behind what all begin with
    uint32_t slot;
    uint32_t index;
  };
  const size_t common = common_prefix(batch);
  std::vector<Place> places;
  places.reserve(batch.puts.size());
  for (const TierBatch::Put& put : batch.puts) {
    places.push_back({put.key.db.value, head_of(std::string_view(put.key.key).substr(common)), put.key.slot,
                      static_cast<uint32_t>(places.size())});
  }
  std::sort(places.begin(), places.end(), [&](const Place& a, const Place& b) {
    if (a.db != b.db) return a.db < b.db;
    if (a.slot != b.slot) return a.slot < b.slot;
    if (a.head != b.head) return a.head < b.head;
    return batch.puts[a.index].key.key < batch.puts[b.index].key.key;
  });
  std::vector<const TierBatch::Put*> puts;
  puts.reserve(places.size());
  for (const Place& place : places) puts.push_back(&batch.puts[place.index]);
  return puts;
}

// The puts come in an order that is not memory's: those a little ahead are asked for in time.
void prefetch_ahead(const std::vector<const TierBatch::Put*>& puts, size_t at) {
  constexpr size_t kPuts = 16;
  constexpr size_t kValues = 8;
  if (at + kPuts < puts.size()) {
    prefetch(puts[at + kPuts]);
    prefetch(reinterpret_cast<const char*>(puts[at + kPuts]) + 64);
  }
  if (at + kValues < puts.size()) {
    const std::string& value = puts[at + kValues]->value;
    for (size_t line = 0; line < std::min<size_t>(value.size(), 256); line += 64) prefetch(value.data() + line);
  }
}

// Batches come in key order: each insert goes on from where the one before it was, all keys having the same (empty)
// prefix here, and doesn't search a skip list that is in no cache. RocksDB would use the place of a key in the list of
// range deletions too: what they begin with, a database's id alone, is none of these keys.
class InsertInOrder : public rocksdb::SliceTransform {
 public:
  const char* Name() const override { return "onggi.InsertInOrder"; }
  rocksdb::Slice Transform(const rocksdb::Slice& key) const override { return {key.data(), 0}; }
  bool InDomain(const rocksdb::Slice& key) const override { return key.size() >= kTierPrefixBytes; }
};

rocksdb::Options make_options(const RocksTierOptions& ours, const std::shared_ptr<rocksdb::Cache>& cache) {
  rocksdb::Options options;
  options.create_if_missing = true;
  options.write_buffer_size = ours.write_buffer_bytes;
  options.max_write_buffer_number = 3;
  options.max_background_flushes = 1;  // FlushProgress relies on it
  options.max_background_compactions = std::max(1, ours.background_jobs - 1);
  options.max_background_jobs = -1;
  options.max_open_files = ours.max_open_files;
  options.compression = rocksdb::kLZ4Compression;
  options.level_compaction_dynamic_level_bytes = true;
  options.bytes_per_sync = 1 << 20;
  options.avoid_unnecessary_blocking_io = true;

  options.memtable_insert_with_hint_prefix_extractor = std::make_shared<InsertInOrder>();

  // Open at once: nothing is counted, checked or dumped that no read needs.
  options.skip_stats_update_on_db_open = true;
  options.skip_checking_sst_file_sizes_on_db_open = true;
  options.stats_dump_period_sec = 0;
  options.stats_persist_period_sec = 0;
  options.info_log_level = rocksdb::WARN_LEVEL;
  options.max_log_file_size = 1 << 20;
  options.keep_log_file_num = 2;

  rocksdb::BlockBasedTableOptions table;
  table.block_cache = cache;
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  table.cache_index_and_filter_blocks = true;
  table.pin_l0_filter_and_index_blocks_in_cache = true;
  table.format_version = 5;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));

  options.statistics = rocksdb::CreateDBStatistics();
  options.statistics->set_stats_level(rocksdb::kExceptHistogramOrTimers);
  return options;
}

}  // namespace

struct RocksTier::Impl {
  std::string directory;
  std::shared_ptr<rocksdb::Cache> cache;
  std::shared_ptr<FlushProgress> progress = std::make_shared<FlushProgress>();
  std::shared_ptr<Listener> listener = std::make_shared<Listener>(progress);
  std::shared_ptr<rocksdb::Statistics> statistics;
  std::unique_ptr<rocksdb::DB> db;
  mutable std::mutex mutex;
  TierMeta meta;  // of the newest batch

  rocksdb::Slice slice(std::string_view bytes) const { return {bytes.data(), bytes.size()}; }
  Result<void> load_meta();
  Result<void> add_touches(const TierBatch& batch, rocksdb::WriteBatch& writes) const;
  std::string property(const std::string& name) const;
};

RocksTier::RocksTier(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
RocksTier::~RocksTier() = default;

Result<std::unique_ptr<RocksTier>> RocksTier::open(const std::string& directory, const RocksTierOptions& options) {
  auto impl = std::make_unique<Impl>();
  impl->directory = directory;
  impl->cache = rocksdb::NewLRUCache(options.block_cache_bytes, -1, false, 0.5);
  rocksdb::Options rocks = make_options(options, impl->cache);
  rocks.listeners.push_back(impl->listener);
  impl->statistics = rocks.statistics;
  std::error_code ignored;  // RocksDB says it better
  std::filesystem::create_directories(directory, ignored);
  rocksdb::DB* db = nullptr;
  if (const rocksdb::Status status = rocksdb::DB::Open(rocks, directory, &db); !status.ok()) {
    return failure("open " + directory, status);
  }
  impl->db.reset(db);
  if (Result<void> loaded = impl->load_meta(); !loaded) return loaded.error();
  return std::unique_ptr<RocksTier>(new RocksTier(std::move(impl)));
}

Result<void> RocksTier::Impl::load_meta() {
  std::string bytes;
  const rocksdb::Status status = db->Get(rocksdb::ReadOptions(), kMetaKey, &bytes);
  if (status.IsNotFound()) return {};
  if (!status.ok()) return failure("read meta of " + directory, status);
  Result<TierMeta> decoded = decode_tier_meta(bytes);
  if (!decoded) return Error{directory + ": " + decoded.error().message};
  meta = std::move(*decoded);
  progress->start(meta.position);
  return {};
}

TierMeta RocksTier::meta() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->meta;
}

Position RocksTier::durable() const {
  return impl_->progress->durable();
}

Result<std::optional<std::string>> RocksTier::get(DbId db, uint16_t slot, std::string_view key) const {
  std::string value;
  const rocksdb::Status status = impl_->db->Get(rocksdb::ReadOptions(), tier_key(db, slot, key), &value);
  if (status.IsNotFound()) return std::optional<std::string>();
  if (!status.ok()) return failure("get", status);
  return std::optional<std::string>(std::move(value));
}

Result<void> RocksTier::scan_slot(
    DbId db, uint16_t slot, const std::function<bool(std::string_view key, std::string_view value)>& visit) const {
  const std::string end = tier_slot_end(db, slot);
  const rocksdb::Slice upper(end);
  rocksdb::ReadOptions options;
  options.iterate_upper_bound = &upper;
  options.fill_cache = false;  // a slot is read whole to stay in memory
  const std::unique_ptr<rocksdb::Iterator> at(impl_->db->NewIterator(options));
  for (at->Seek(tier_key(db, slot, {})); at->Valid(); at->Next()) {
    const std::string_view key = at->key().ToStringView().substr(kTierPrefixBytes);
    if (!visit(key, at->value().ToStringView())) return {};
  }
  if (!at->status().ok()) return failure("scan", at->status());
  return {};
}

Result<void> RocksTier::Impl::add_touches(const TierBatch& batch, rocksdb::WriteBatch& writes) const {
  for (const TierBatch::Touch& touch : batch.touches) {
    const std::string key = tier_key(touch.key.db, touch.key.slot, touch.key.key);
    std::string value;
    const rocksdb::Status status = db->Get(rocksdb::ReadOptions(), key, &value);
    if (status.IsNotFound()) continue;
    if (!status.ok()) return failure("read of a touched key", status);
    if (!set_deadline(value, touch.expire_at)) return Error{"tier: a value too short to have a deadline"};
    writes.Put(key, value);
  }
  return {};
}

Result<void> RocksTier::write(const TierBatch& batch) {
  rocksdb::SetPerfLevel(rocksdb::PerfLevel::kDisable);  // of this thread: nobody reads its counts of comparisons
  rocksdb::WriteBatch writes(batch.bytes + 64 * (batch.puts.size() + batch.deletes.size()));
  for (const DbId db : batch.drops) {
    writes.DeleteRange(tier_database_begin(db), tier_database_begin({db.value + 1}));
  }
  for (const TierBatch::Key& key : batch.deletes) writes.Delete(tier_key(key.db, key.slot, key.key));
  if (Result<void> done = impl_->add_touches(batch, writes); !done) return done;
  std::string key;
  const std::vector<const TierBatch::Put*> puts = in_key_order(batch);
  for (size_t i = 0; i < puts.size(); i++) {
    prefetch_ahead(puts, i);
    const TierBatch::Put& put = *puts[i];
    key.clear();
    append_tier_key(key, put.key.db, put.key.slot, put.key.key);
    writes.Put(key, put.value);
  }
  writes.Put(kMetaKey, encode_tier_meta(batch.meta));
  rocksdb::WriteOptions options;
  options.disableWAL = true;
  if (const rocksdb::Status status = impl_->db->Write(options, &writes); !status.ok()) return failure("write", status);
  impl_->progress->written(impl_->db->GetLatestSequenceNumber(), batch.meta.position);
  const std::lock_guard lock(impl_->mutex);
  impl_->meta = batch.meta;
  return {};
}

Result<void> RocksTier::flush() {
  const uint64_t sequence = impl_->db->GetLatestSequenceNumber();
  if (const rocksdb::Status status = impl_->db->Flush(rocksdb::FlushOptions()); !status.ok()) {
    return failure("flush", status);
  }
  impl_->progress->flushed(sequence);
  return {};
}

Result<std::vector<CheckpointFile>> RocksTier::checkpoint(const std::string& directory) {
  std::error_code error;
  std::filesystem::remove_all(directory, error);  // of an interrupted one
  if (error) return Error{"tier: remove " + directory + ": " + error.message()};
  std::filesystem::create_directories(std::filesystem::path(directory).parent_path(), error);
  if (error) return Error{"tier: make the folder of " + directory + ": " + error.message()};
  if (Result<void> flushed = flush(); !flushed) return flushed.error();
  rocksdb::Checkpoint* made = nullptr;
  rocksdb::Status status = rocksdb::Checkpoint::Create(impl_->db.get(), &made);
  const std::unique_ptr<rocksdb::Checkpoint> checkpoint(made);
  if (status.ok()) status = checkpoint->CreateCheckpoint(directory, 0);  // 0: flushes, whatever the log's size
  if (!status.ok()) return failure("checkpoint " + directory, status);

  std::vector<CheckpointFile> files;
  std::filesystem::directory_iterator at(directory, error);
  for (; !error && at != std::filesystem::directory_iterator(); at.increment(error)) {
    files.push_back({at->path().filename().string(), at->file_size(error)});
    if (error) break;
  }
  if (error) return Error{"tier: list " + directory + ": " + error.message()};
  std::sort(files.begin(), files.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return files;
}

std::string RocksTier::Impl::property(const std::string& name) const {
  uint64_t value = 0;
  return db->GetIntProperty("rocksdb." + name, &value) ? std::to_string(value) : "0";
}

std::vector<std::pair<std::string, std::string>> RocksTier::stats() const {
  const Impl& impl = *impl_;
  const auto ticker = [&](rocksdb::Tickers which) { return std::to_string(impl.statistics->getTickerCount(which)); };
  std::string level0;
  impl.db->GetProperty("rocksdb.num-files-at-level0", &level0);
  return {
      {"engine", "rocksdb"},
      {"memtable_bytes", impl.property("cur-size-all-mem-tables")},
      {"sst_bytes", impl.property("total-sst-files-size")},
      {"level0_files", level0},
      {"estimate_keys", impl.property("estimate-num-keys")},
      {"pending_compaction_bytes", impl.property("estimate-pending-compaction-bytes")},
      {"running_compactions", impl.property("num-running-compactions")},
      {"running_flushes", impl.property("num-running-flushes")},
      {"write_stopped", impl.property("is-write-stopped")},
      {"delayed_write_rate", impl.property("actual-delayed-write-rate")},
      {"block_cache_capacity", impl.property("block-cache-capacity")},
      {"block_cache_usage", impl.property("block-cache-usage")},
      {"block_cache_pinned_usage", impl.property("block-cache-pinned-usage")},
      {"block_cache_hit", ticker(rocksdb::BLOCK_CACHE_HIT)},
      {"block_cache_miss", ticker(rocksdb::BLOCK_CACHE_MISS)},
      {"table_readers_bytes", impl.property("estimate-table-readers-mem")},
      {"background_errors", impl.property("background-errors")},
      {"background_error", impl.listener->error()},
  };
}

}  // namespace onggi
