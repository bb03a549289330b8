// Memory as a cache of the tier: what comes in, what leaves, and the cut that the tier writes.
#include <algorithm>

#include "storage/store_impl.h"
#include "storage/value_codec.h"

namespace onggi {

// ---- coming in

uint64_t Store::read_ticket(uint32_t db, uint16_t slot) const {
  return impl_->keyspace.version(impl_->keyspace.db(db), slot);
}

Store::LoadOutcome Store::loaded(uint32_t db, std::string_view key, const std::optional<std::string>& value,
                                 uint64_t ticket, Part part) {
  Place place = Keyspace::locate(impl_->keyspace.db(db), key);
  if (ticket != 0 && ticket != impl_->keyspace.version(*place.db, place.number)) return LoadOutcome::kSuperseded;
  return part == Part::kHeader && value ? impl_->install_header(place, *value) : impl_->install(place, value);
}

Store::LoadOutcome Store::Impl::install_header(Place& place, std::string_view value) {
  if (place.header_certain()) return LoadOutcome::kSettled;
  const std::optional<WallTime> deadline = encoded_deadline(value);
  const std::optional<ValueType> type = encoded_type(value);
  if (!deadline || !type) {
    undecodable_values++;
    return LoadOutcome::kUndecodable;
  }
  if (place.entry == nullptr) {
    Entry* cold = make_entry(keyspace.heap(), place.key, 0);
    cold->form = Form::kCold;
    cold->deadline_ms = deadline->ms;
    cold->in_tier = true;
    keyspace.insert(place, cold);
    place.db->note_deadline(place.number, deadline->ms);
  }
  place.entry->type = *type;
  place.entry->used_seconds = effects.now_seconds();
  return LoadOutcome::kSettled;
}

Store::LoadOutcome Store::Impl::install(Place& place, const std::optional<std::string>& value) {
  const bool cold = place.entry != nullptr && place.entry->form == Form::kCold;
  if (place.complete() || (place.entry != nullptr && !cold)) return LoadOutcome::kSettled;
  Heap& heap = keyspace.heap();
  if (!value) {
    // A cold entry without a value can't be; it is left to say so again.
    if (cold) return LoadOutcome::kUndecodable;
    Entry* absent = make_entry(heap, place.key, 0);
    absent->used_seconds = effects.now_seconds();
    keyspace.insert(place, absent);
    place.db->slot(place.number).hidden++;
    return LoadOutcome::kSettled;
  }
  const std::optional<WallTime> deadline = encoded_deadline(*value);
  Entry* entry =
      cold ? place.entry
           : make_entry(
                 heap, place.key,
                 value->size() <= kLongestInlineString ? value->size() - std::min(value->size(), kValueHeader) : 0);
  Entry* whole = deadline ? decode_value(heap, entry, options, *value) : nullptr;
  if (whole == nullptr) {
    if (!cold) free_entry(heap, entry);
    undecodable_values++;
    return LoadOutcome::kUndecodable;
  }
  if (cold) {
    keyspace.moved(place, whole);
  } else {
    whole->deadline_ms = deadline->ms;
    whole->in_tier = true;
    keyspace.insert(place, whole);
  }
  whole->used_seconds = effects.now_seconds();
  place.db->note_deadline(place.number, whole->deadline_ms);
  return LoadOutcome::kSettled;
}

Store::LoadOutcome Store::slot_loaded(uint32_t db, DbId id, uint16_t slot,
                                      const std::vector<std::pair<std::string, std::string>>& entries,
                                      uint64_t ticket) {
  Database& database = impl_->keyspace.db(db);
  if (database.id != id || (ticket != 0 && ticket != impl_->keyspace.version(database, slot))) {
    return LoadOutcome::kSuperseded;
  }
  if (database.complete(slot)) return LoadOutcome::kSettled;
  for (const auto& [key, value] : entries) {
    Place place = Keyspace::locate(database, key);
    if (place.number != slot || impl_->install(place, value) == LoadOutcome::kUndecodable) {
      return LoadOutcome::kUndecodable;
    }
  }
  database.set_complete(slot, true);
  return LoadOutcome::kSettled;
}

std::optional<std::pair<uint32_t, uint16_t>> Store::next_incomplete_slot() const {
  for (uint32_t db = 0; db < databases(); db++) {
    const Database& database = impl_->keyspace.db(db);
    if (database.incomplete == 0) continue;
    if (!database.complete(0)) return std::pair{db, uint16_t{0}};
    return next_incomplete_slot({db, 0});
  }
  return std::nullopt;
}

std::optional<std::pair<uint32_t, uint16_t>> Store::next_incomplete_slot(std::pair<uint32_t, uint16_t> after) const {
  uint32_t first = after.second + 1u;
  for (uint32_t db = after.first; db < databases(); db++, first = 0) {
    const Database& database = impl_->keyspace.db(db);
    if (database.incomplete == 0) continue;
    for (uint32_t slot = first; slot < kSlots; slot++) {
      if (!database.complete(static_cast<uint16_t>(slot))) return std::pair{db, static_cast<uint16_t>(slot)};
    }
  }
  return std::nullopt;
}

// ---- leaving

namespace {

// Of a key or a slot, so that those of two databases differ.
uint64_t pin_of(const Database& db, uint64_t hash) {
  constexpr uint64_t kSpread = 0x9e3779b97f4a7c15;
  return hash ^ db.id.value * kSpread;
}

}  // namespace

void Store::pin(uint32_t db, std::string_view key, PinSet& pins) const {
  const Database& database = impl_->keyspace.db(db);
  const Place place = Keyspace::locate(database, key);
  pins.add(impl_->pins, pin_of(database, place.hash), place.entry == nullptr ? 0 : memory_of(*place.entry));
}

void Store::pin_slot(uint32_t db, uint16_t slot, PinSet& pins) const {
  pins.add(impl_->pins, pin_of(impl_->keyspace.db(db), slot), 0);
}

uint64_t Store::pinned_bytes() const {
  return impl_->pins->bytes();
}

bool Store::Impl::pinned(const Database& db, const Entry& entry) const {
  if (pins->none()) return false;
  return pins->holds(pin_of(db, keyspace.heap().hash(entry.key()))) || pins->holds(pin_of(db, slot_of(entry.key())));
}

// A key of memory that may leave it, near a random place; nullptr if none is near.
Entry* Store::Impl::sample(Database& db, Random& random) {
  constexpr uint32_t kNear = 256;
  const uint64_t first = random.below(kSlots);
  for (uint32_t step = 0; step < kNear; step++) {
    const Slot& slot = db.slots[(first + step) % kSlots];
    if (slot.table.size() == 0) continue;
    Entry* entry = slot.table.random(random);
    return cut.settled(*entry) && !pinned(db, *entry) ? entry : nullptr;
  }
  return nullptr;
}

size_t Store::evict(uint64_t target_bytes, size_t limit, Random& random) {
  constexpr int kSamples = 8;
  constexpr size_t kVain = 256;  // so many in a row that may not leave: there are few that may
  Keyspace& keyspace = impl_->keyspace;
  std::vector<Database*> used;
  for (const auto& db : keyspace.all()) {
    if (db->slots != nullptr) used.push_back(db.get());
  }
  if (used.empty()) return 0;
  size_t left_memory = 0;
  size_t vain = 0;
  for (size_t looked_at = 0; looked_at < limit && vain < kVain && keyspace.heap().bytes() > target_bytes;) {
    Database* owner = nullptr;
    const Entry* oldest = nullptr;
    for (int count = 0; count < kSamples && looked_at < limit; count++, looked_at++) {
      Database* db = used[random.below(used.size())];
      const Entry* entry = impl_->sample(*db, random);
      if (entry == nullptr || (oldest != nullptr && entry->used_seconds >= oldest->used_seconds)) continue;
      owner = db;
      oldest = entry;
    }
    if (oldest == nullptr) {
      vain += kSamples;
      continue;
    }
    vain = 0;
    Place place = Keyspace::locate(*owner, oldest->key());
    impl_->evicted_keys += oldest->has_value();
    owner->note_leaving(*place.entry, place.number);
    keyspace.drop(place);
    left_memory++;
  }
  return left_memory;
}

size_t Store::free_some(size_t limit) {
  const size_t hidden = impl_->cut.drop_hidden(limit);
  return hidden + (hidden < limit ? impl_->keyspace.free_some(limit - hidden) : 0);
}

bool Store::freeing() const {
  return impl_->keyspace.freeing();
}

// ---- the cut

TierMeta Store::Impl::meta() const {
  TierMeta meta;
  meta.position = log.end();
  meta.history = log.history();
  for (const auto& db : keyspace.all()) meta.databases.push_back({db->id, db->keys, db->expires});
  meta.next_id = next_id;
  return meta;
}

bool Store::cut_active() const {
  return impl_->cut.active();
}
bool Store::cut_pending() const {
  return impl_->cut.pending();
}

void Store::begin_cut() {
  ONGGI_CHECK(!impl_->open);
  impl_->cut.begin(impl_->meta());
}

bool Store::encode_cut(size_t max_bytes) {
  return impl_->cut.encode_some(max_bytes);
}
TierBatch Store::take_cut() {
  return impl_->cut.take();
}
void Store::cut_written() {
  impl_->cut.written();
}

// ---- starting over

void Store::clear() {
  ONGGI_CHECK(!impl_->open);
  impl_->cut.reset();
  for (uint32_t db = 0; db < databases(); db++) impl_->keyspace.replace(db, DbId{db + 1}, true);
  impl_->next_id = DbId{databases() + 1};
}

void Store::reset(const TierMeta& meta) {
  clear();
  impl_->next_id = std::max(impl_->next_id, meta.next_id);
  for (uint32_t number = 0; number < databases(); number++) {
    if (number >= meta.databases.size()) {
      if (meta.databases.empty()) continue;
      impl_->keyspace.replace(number, impl_->next_id, true);
      impl_->next_id.value++;
      continue;
    }
    const DatabaseMeta& known = meta.databases[number];
    Database& db = impl_->keyspace.replace(number, known.id, known.keys == 0);
    db.keys = known.keys;
    db.expires = known.expires;
  }
}

}  // namespace onggi
