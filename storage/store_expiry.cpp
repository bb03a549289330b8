// Expiry, on the master: a key past its deadline is removed by an operation like any other, each in its own record.
#include <algorithm>

#include "storage/store_impl.h"
#include "storage/value_codec.h"

namespace onggi {

namespace {

constexpr size_t kManyKeys = 4096;

void lower(int64_t& least, int64_t deadline_ms) {
  if (deadline_ms != 0 && (least == 0 || deadline_ms < least)) least = deadline_ms;
}

}  // namespace

std::optional<WallTime> Store::next_expiry() const {
  int64_t least = 0;
  for (const auto& db : impl_->keyspace.all()) {
    if (db->slots == nullptr) continue;
    for (const int64_t earliest : db->group_earliest) lower(least, earliest);
  }
  if (least == 0) return std::nullopt;
  return WallTime{least + 1};
}

void Store::Impl::collect_expired(Slot& slot, size_t limit) {
  expired_now.clear();
  int64_t least = 0;
  slot.table.for_each([&](const Entry& entry) {
    if (expired(entry) && expired_now.size() < limit) {
      expired_now.emplace_back(entry.key());
    } else {
      lower(least, entry.deadline_ms);
    }
    // In a slot of very many keys the bound just stays where it was once enough were found.
    return expired_now.size() < limit || slot.table.size() < kManyKeys;
  });
  if (expired_now.size() < limit || slot.table.size() < kManyKeys) slot.earliest = least;
}

Store::Expired Store::expire_some(size_t limit) {
  Expired result;
  for (uint32_t number = 0; number < databases(); number++) {
    Database& db = impl_->keyspace.db(number);
    for (uint32_t group = 0; group < kGroups; group++) {
      if (db.group_earliest[group] == 0 || impl_->now.ms <= db.group_earliest[group]) continue;
      int64_t group_least = 0;
      for (uint32_t at = group * kSlotsPerGroup; at < (group + 1) * kSlotsPerGroup; at++) {
        Slot& slot = db.slots[at];
        if (slot.earliest != 0 && impl_->now.ms > slot.earliest) {
          if (result.removed >= limit) {
            result.more = true;
            return result;
          }
          impl_->collect_expired(slot, limit - result.removed);
          for (const std::string& key : impl_->expired_now) {
            begin();
            remove(number, key);
            commit();
          }
          result.removed += impl_->expired_now.size();
          impl_->expired_keys += impl_->expired_now.size();
        }
        lower(group_least, slot.earliest);
      }
      db.group_earliest[group] = group_least;
    }
  }
  const std::optional<WallTime> next = next_expiry();
  result.more = next && *next <= impl_->now;
  return result;
}

std::optional<std::pair<uint32_t, uint16_t>> Store::next_expired_slot(uint32_t& cursor, uint32_t limit) const {
  const uint32_t end = databases() * kSlots;
  for (uint32_t looked_at = 0; looked_at < limit; looked_at++) {
    cursor = (cursor + 1) % end;
    const uint32_t number = cursor / kSlots;
    const auto at = static_cast<uint16_t>(cursor % kSlots);
    const Database& db = impl_->keyspace.db(number);
    if (db.incomplete == 0 || db.keys == 0) {
      cursor = number * kSlots + kSlots - 1;
      continue;
    }
    const Slot* slot = db.slot_if(at);
    if (!db.complete(at) && (slot == nullptr || impl_->now.ms > slot->tier_earliest)) return std::pair{number, at};
  }
  return std::nullopt;
}

size_t Store::take_expired(uint32_t db, DbId id, uint16_t slot,
                           const std::vector<std::pair<std::string, std::string>>& entries, uint64_t ticket) {
  Database& database = impl_->keyspace.db(db);
  if (database.id != id || database.complete(slot) || ticket != impl_->keyspace.version(database, slot)) return 0;
  size_t taken = 0;
  int64_t least = 0;
  for (const auto& [key, value] : entries) {
    const std::optional<WallTime> deadline = encoded_deadline(value);
    if (!deadline || deadline->ms == 0) continue;
    Place place = Keyspace::locate(database, key);
    if (place.number != slot || place.entry != nullptr) continue;  // memory knows better
    if (impl_->now.ms <= deadline->ms) {
      lower(least, deadline->ms);
      continue;
    }
    Entry* entry = make_entry(impl_->keyspace.heap(), key, 0);
    entry->form = Form::kCold;
    entry->in_tier = true;
    entry->deadline_ms = deadline->ms;
    entry->used_seconds = impl_->effects.now_seconds();
    impl_->keyspace.insert(place, entry);
    database.note_deadline(slot, deadline->ms);
    taken++;
  }
  database.slot(slot).tier_earliest = least == 0 ? kNoDeadline : least;
  return taken;
}

}  // namespace onggi
