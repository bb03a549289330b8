// Reading, and the parts put together. Changes: store_changes.cpp; residency, eviction and the cut:
// store_residency.cpp; expiry: store_expiry.cpp; the digest: store_digest.cpp.
#include "storage/store.h"

#include "storage/store_impl.h"

namespace onggi {

Store::Impl::Impl(Log& the_log, const StoreOptions& the_options)
    : log(the_log),
      options(the_options),
      keyspace(the_options.hash_seed, the_options.databases),
      cut(keyspace),
      next_id{the_options.databases + 1},
      effects(keyspace, cut, options, next_id) {}

Store::Store(Log& log, StoreOptions options) : impl_(std::make_unique<Impl>(log, options)) {}
Store::Store(Log& log, StoreOptions options, const TierMeta& meta) : Store(log, options) {
  reset(meta);
}
Store::~Store() = default;

void Store::set_now(WallTime now) {
  impl_->now = now;
  impl_->effects.set_now(now);
}
WallTime Store::now() const {
  return impl_->now;
}

Residency Store::residency(uint32_t db, std::string_view key, Part part) const {
  const Database& database = impl_->keyspace.db(db);
  if (database.incomplete == 0) return Residency::kInMemory;
  const Place place = Keyspace::locate(database, key);
  const bool certain = part == Part::kHeader ? place.header_certain() : place.certain();
  return certain ? Residency::kInMemory : Residency::kInTier;
}

Entry* Store::find(uint32_t db, std::string_view key) {
  Entry* entry = find_header(db, key);
  return entry != nullptr && entry->has_value() ? entry : nullptr;
}

Entry* Store::find_header(uint32_t db, std::string_view key) {
  Entry* entry = Keyspace::locate(impl_->keyspace.db(db), key).entry;
  if (entry == nullptr || !impl_->live_header(*entry)) return nullptr;
  if (entry->used_seconds != impl_->effects.now_seconds()) entry->used_seconds = impl_->effects.now_seconds();
  return entry;
}

const Entry* Store::peek(uint32_t db, std::string_view key) const {
  const Entry* entry = Keyspace::locate(impl_->keyspace.db(db), key).entry;
  return entry != nullptr && impl_->live(*entry) ? entry : nullptr;
}

const Entry* Store::peek_header(uint32_t db, std::string_view key) const {
  const Entry* entry = Keyspace::locate(impl_->keyspace.db(db), key).entry;
  return entry != nullptr && impl_->live_header(*entry) ? entry : nullptr;
}

void Store::prefetch(uint32_t db, std::span<const std::string_view> keys) const {
  Keyspace::prefetch(impl_->keyspace.db(db), keys);
}

void Store::prefetch(std::span<const RecordView> records) const {
  constexpr size_t kMost = 16;
  std::array<std::string_view, kMost> keys;
  size_t count = 0;
  uint32_t db = 0;
  for (const RecordView& record : records) {
    if (record.type != RecordType::kOperations) continue;
    const auto first = first_key(record.payload, databases());
    if (!first || (count > 0 && first->db != db)) continue;  // those of one database, as nearly always
    db = first->db;
    keys[count++] = first->key;
    if (count == kMost) break;
  }
  if (count > 1) prefetch(db, {keys.data(), count});
}

uint32_t Store::databases() const {
  return impl_->keyspace.databases();
}
uint64_t Store::size(uint32_t db) const {
  return impl_->keyspace.db(db).keys;
}
uint64_t Store::expires(uint32_t db) const {
  return impl_->keyspace.db(db).expires;
}
bool Store::complete(uint32_t db, uint16_t slot) const {
  return impl_->keyspace.db(db).complete(slot);
}
DbId Store::id(uint32_t db) const {
  return impl_->keyspace.db(db).id;
}

// ---- going through keys. A cursor: the place in the slot (kCursorBits) above the slot's 14 bits.

uint16_t Store::scan_slot(uint64_t cursor) const {
  return cursor % kSlots;
}

uint64_t Store::scan(uint32_t db, uint64_t cursor, size_t count,
                     FunctionRef<void(std::string_view, const Entry&)> visit) {
  const Database& database = impl_->keyspace.db(db);
  if (database.slots == nullptr && database.incomplete == 0) return 0;
  uint64_t at = cursor / kSlots & ((1ull << kCursorBits) - 1);
  size_t seen = 0;
  for (uint32_t number = scan_slot(cursor); number < kSlots; number++, at = 0) {
    if (seen >= count && number != scan_slot(cursor)) return number;
    if (!database.complete(static_cast<uint16_t>(number))) return at * kSlots + number;
    if (database.slots[number].table.size() == 0) continue;
    at = database.slots[number].table.scan(impl_->keyspace.heap(), at, count - seen, [&](const Entry& entry) {
      seen++;
      if (impl_->live(entry)) visit(entry.key(), entry);
    });
    if (at != 0) return at * kSlots + number;
  }
  return 0;
}

void Store::for_each(uint32_t db, uint16_t slot, FunctionRef<void(std::string_view, const Entry&)> visit) const {
  const Slot* found = impl_->keyspace.db(db).slot_if(slot);
  if (found == nullptr) return;
  found->table.for_each([&](const Entry& entry) {
    if (impl_->live(entry)) visit(entry.key(), entry);
    return true;
  });
}

uint64_t Store::keys_in_slot(uint32_t db, uint16_t slot) const {
  const Slot* found = impl_->keyspace.db(db).slot_if(slot);
  return found == nullptr ? 0 : found->table.size() - found->hidden;
}

const Entry* Store::random_entry(uint32_t db, Random& random) const {
  const Database& database = impl_->keyspace.db(db);
  if (database.slots == nullptr || database.keys == 0) return nullptr;
  constexpr uint32_t kFewTries = 128;
  const Entry* found = nullptr;
  for (uint32_t tries = 0; tries < kFewTries && found == nullptr; tries++) {
    const Slot& slot = database.slots[random.below(kSlots)];
    if (slot.table.size() == 0) continue;
    const Entry* entry = slot.table.random(random);
    if (impl_->live(*entry)) found = entry;
  }
  // Few keys, or few that live: the first slot that has one, from a random one on.
  const uint64_t first = random.below(kSlots);
  for (uint32_t step = 0; step < kSlots && found == nullptr; step++) {
    database.slots[(first + step) % kSlots].table.for_each([&](const Entry& entry) {
      if (impl_->live(entry)) found = &entry;
      return found == nullptr;
    });
  }
  return found;
}

uint64_t Store::memory_bytes() const {
  return impl_->keyspace.heap().bytes();
}

const StoreStats& Store::stats() const {
  StoreStats& stats = impl_->stats;
  stats = StoreStats{};
  stats.memory_bytes = memory_bytes();
  stats.expired_keys = impl_->expired_keys;
  stats.evicted_keys = impl_->evicted_keys;
  stats.undecodable_values = impl_->undecodable_values;
  stats.dirty_bytes = impl_->cut.dirty_bytes();
  stats.dirty_keys = impl_->cut.dirty_keys();
  for (const auto& db : impl_->keyspace.all()) {
    if (db->keys == 0) continue;
    stats.slots_total += kSlots;
    stats.slots_complete += kSlots - db->incomplete;
  }
  return stats;
}

}  // namespace onggi
