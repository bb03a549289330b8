// See memory_tier.h. The file: u32 length and bytes of the meta record, then of each key and value in
// turn; then a checksum of it all.
#include "storage/memory_tier.h"

#include <xxhash.h>

#include "common/defects.h"
#include "storage/tier_key.h"
#include "storage/tier_meta.h"

namespace onggi {

namespace {

constexpr const char* kFileName = "tier";
constexpr size_t kChecksumBytes = 8;

void append_counted(std::string& to, std::string_view bytes) {
  append_le(to, static_cast<uint32_t>(bytes.size()));
  to += bytes;
}

std::optional<std::string> take_counted(std::string_view& bytes) {
  if (bytes.size() < 4) return std::nullopt;
  const size_t size = load_le<uint32_t>(bytes.data());
  if (bytes.size() - 4 < size) return std::nullopt;
  std::string taken(bytes.substr(4, size));
  bytes.remove_prefix(4 + size);
  return taken;
}

}  // namespace

Result<std::unique_ptr<MemoryTier>> MemoryTier::open(Disk& disk, const std::string& directory) {
  if (Result<void> made = disk.make_directory(directory); !made) return made.error();
  std::unique_ptr<MemoryTier> tier(new MemoryTier(disk, directory));
  if (Result<void> loaded = tier->load(); !loaded) return loaded.error();
  return tier;
}

Result<void> MemoryTier::load() {
  const std::string path = directory_ + "/" + kFileName;
  if (!disk_.exists(path)) return {};
  const Result<std::shared_ptr<File>> file = disk_.open(path);
  if (!file) return file.error();
  std::string contents((*file)->size(), '\0');
  if (Result<size_t> got = (*file)->read(0, contents.data(), contents.size()); !got) return got.error();
  std::string_view rest = contents;
  if (rest.size() < kChecksumBytes) return Error{path + ": cut short"};
  const auto checksum = load_le<uint64_t>(rest.data() + rest.size() - kChecksumBytes);
  rest.remove_suffix(kChecksumBytes);
  if (checksum != XXH3_64bits(rest.data(), rest.size())) return Error{path + ": bad bytes"};
  const std::optional<std::string> meta = take_counted(rest);
  if (!meta) return Error{path + ": cut short"};
  Result<TierMeta> decoded = decode_tier_meta(*meta);
  if (!decoded) return decoded.error();
  while (!rest.empty()) {
    std::optional<std::string> key = take_counted(rest);
    std::optional<std::string> value = take_counted(rest);
    if (!key || !value) return Error{path + ": cut short"};
    values_[std::move(*key)] = std::move(*value);
  }
  meta_ = std::move(*decoded);
  durable_ = meta_.position;
  return {};
}

std::string MemoryTier::encode() const {
  std::string contents;
  append_counted(contents, encode_tier_meta(meta_));
  for (const auto& [key, value] : values_) {
    append_counted(contents, key);
    append_counted(contents, value);
  }
  append_le(contents, XXH3_64bits(contents.data(), contents.size()));
  return contents;
}

Result<void> MemoryTier::save(const std::string& directory) const {
  const std::string temporary = directory + "/" + kFileName + ".tmp";
  if (Result<void> done = disk_.remove(temporary); !done) return done;
  const Result<std::shared_ptr<File>> file = disk_.create(temporary);
  if (!file) return file.error();
  if (Result<void> done = (*file)->append(encode()); !done) return done;
  if (Result<void> done = (*file)->sync(); !done) return done;
  if (Result<void> done = disk_.rename(temporary, directory + "/" + kFileName); !done) return done;
  return disk_.sync_directory(directory);
}

TierMeta MemoryTier::meta() const {
  const std::lock_guard lock(mutex_);
  return meta_;
}

Position MemoryTier::durable() const {
  const std::lock_guard lock(mutex_);
  return durable_;
}

void MemoryTier::spoil(std::optional<uint16_t> slot) {
  const std::lock_guard lock(mutex_);
  spoilt_ = slot;
}

Result<void> MemoryTier::readable(uint16_t slot) const {
  if (spoilt_ && slot % kSpoiltOf == *spoilt_ % kSpoiltOf) return Error{"bad bytes in slot " + std::to_string(slot)};
  return {};
}

Result<std::optional<std::string>> MemoryTier::get(DbId db, uint16_t slot, std::string_view key) const {
  const std::lock_guard lock(mutex_);
  if (Result<void> is = readable(slot); !is) return is.error();
  const auto found = values_.find(tier_key(db, slot, key));
  if (found == values_.end()) return std::optional<std::string>();
  return std::optional<std::string>(found->second);
}

Result<void> MemoryTier::scan_slot(
    DbId db, uint16_t slot, const std::function<bool(std::string_view key, std::string_view value)>& visit) const {
  const std::lock_guard lock(mutex_);
  if (Result<void> is = readable(slot); !is) return is;
  const auto end = values_.lower_bound(tier_slot_end(db, slot));
  for (auto at = values_.lower_bound(tier_key(db, slot, {})); at != end; ++at) {
    if (!visit(std::string_view(at->first).substr(kTierPrefixBytes), at->second)) break;
  }
  return {};
}

Result<void> MemoryTier::write(const TierBatch& batch) {
  const std::lock_guard lock(mutex_);
  for (const TierBatch::Touch& touch : batch.touches) {
    if (Result<void> is = readable(touch.key.slot); !is) return is;
  }
  for (const DbId db : batch.drops) {
    values_.erase(values_.lower_bound(tier_database_begin(db)),
                  values_.lower_bound(tier_database_begin({db.value + 1})));
  }
  for (const TierBatch::Key& key : batch.deletes) values_.erase(tier_key(key.db, key.slot, key.key));
  for (const TierBatch::Touch& touch : batch.touches) {
    const auto found = values_.find(tier_key(touch.key.db, touch.key.slot, touch.key.key));
    if (found != values_.end()) set_deadline(found->second, touch.expire_at);
  }
  for (const TierBatch::Put& put : batch.puts) values_[tier_key(put.key.db, put.key.slot, put.key.key)] = put.value;
  meta_ = batch.meta;
  return {};
}

Result<void> MemoryTier::flush() {
  const std::lock_guard lock(mutex_);
  if (has_defect(Defect::kTierApart)) {  // what save() is to write: this position, and the values of the last time
    auto newest = values_;
    std::swap(values_, saved_values_);
    Result<void> done = save(directory_);
    values_ = newest;
    saved_values_ = std::move(newest);
    if (!done) return done;
  } else if (Result<void> done = save(directory_); !done) {
    return done;
  }
  durable_ = meta_.position;
  return {};
}

Result<std::vector<CheckpointFile>> MemoryTier::checkpoint(const std::string& directory) {
  if (Result<void> done = flush(); !done) return done.error();
  const std::lock_guard lock(mutex_);
  if (Result<void> done = disk_.remove(directory); !done) return done.error();
  if (Result<void> done = disk_.make_directory(directory); !done) return done.error();
  if (Result<void> done = save(directory); !done) return done.error();
  return std::vector<CheckpointFile>{{kFileName, encode().size()}};
}

std::vector<std::pair<std::string, std::string>> MemoryTier::stats() const {
  const std::lock_guard lock(mutex_);
  return {{"engine", "memory"}, {"estimate_keys", std::to_string(values_.size())}};
}

}  // namespace onggi
