#include "storage/keyspace.h"

#include <algorithm>
#include <limits>

#include "storage/big_map.h"
#include "storage/prefetch.h"

namespace onggi {

namespace {
constexpr size_t kSmallMap = 64;        // items that are freed at once
constexpr size_t kPrefetchedKeys = 16;  // at a time: more misses than that a core doesn't track
}  // namespace

Database::Database(Heap& memory, DbId identity, bool complete, uint64_t first_version)
    : heap(memory), id(identity), began_complete(complete), base_version(first_version) {
  incomplete = complete ? 0 : kSlots;
  heap.add(sizeof(Database));
}

Database::~Database() {
  heap.release(slots);
  heap.subtract(sizeof(Database));
}

Slot& Database::slot(uint16_t number) {
  if (slots == nullptr) slots = static_cast<Slot*>(heap.allocate_zeroed(sizeof(Slot) * kSlots));
  return slots[number];
}

void Database::set_complete(uint16_t number, bool now_complete) {
  if (complete(number) == now_complete) return;
  slot(number).toggled ^= true;
  incomplete += now_complete ? -1 : 1;
}

void Database::note_deadline(uint16_t number, int64_t deadline_ms) {
  if (deadline_ms == 0) return;
  int64_t& earliest = slots[number].earliest;
  if (earliest == 0 || deadline_ms < earliest) earliest = deadline_ms;
  int64_t& group = group_earliest[number / kSlotsPerGroup];
  if (group == 0 || deadline_ms < group) group = deadline_ms;
}

void Database::note_leaving(const Entry& entry, uint16_t number) {
  const int64_t deadline_ms = entry.deadline_ms == 0 ? kNoDeadline : entry.deadline_ms;
  int64_t& earliest = slot(number).tier_earliest;
  earliest = complete(number) ? deadline_ms : std::min(earliest, deadline_ms);
  set_complete(number, false);
}

void Database::unlist(Entry* entry) {
  if (entry->list == ListId::kNone) return;
  list(entry->list)[entry->list_index] = nullptr;
  entry->list = ListId::kNone;
}

void Database::enlist(Entry* entry, ListId which) {
  unlist(entry);
  entry->list = which;
  entry->list_index = static_cast<uint32_t>(list(which).size());
  list(which).push_back(entry);
}

Keyspace::Keyspace(uint64_t hash_seed, uint32_t databases) : heap_(hash_seed) {
  for (uint32_t number = 0; number < databases; number++) {
    databases_.push_back(std::make_shared<Database>(heap_, DbId{number + 1}, true, next_version()));
  }
}

Keyspace::~Keyspace() {
  for (auto& db : databases_) replaced_.push_back(std::move(db));
  while (free_some(std::numeric_limits<size_t>::max()) > 0) continue;
}

uint64_t Keyspace::version(const Database& db, uint16_t slot) const {
  const Slot* found = db.slot_if(slot);
  return found == nullptr || found->version == 0 ? db.base_version : found->version;
}

Database& Keyspace::replace(uint32_t number, DbId id, bool complete) {
  replaced_.push_back(std::move(databases_[number]));
  databases_[number] = std::make_shared<Database>(heap_, id, complete, next_version());
  return *databases_[number];
}

void Keyspace::swap(uint32_t a, uint32_t b) {
  std::swap(databases_[a], databases_[b]);
}

Place Keyspace::locate(const Database& db, std::string_view key) {
  Place place;
  place.db = const_cast<Database*>(&db);
  place.key = key;
  place.number = slot_of(key);
  place.hash = db.heap.hash(key);
  if (const Slot* slot = db.slot_if(place.number)) {
    place.word = slot->table.find(place.hash, key);
    if (place.word != nullptr) place.entry = slot->table.item(*place.word);
  }
  return place;
}

void Keyspace::prefetch(const Database& db, std::span<const std::string_view> keys) {
  if (db.slots == nullptr) return;
  struct Way {
    const Table<EntryTraits>* table;
    uint64_t hash;
  };
  std::array<Way, kPrefetchedKeys> ways;
  const size_t count = std::min(keys.size(), ways.size());
  for (size_t i = 0; i < count; i++) {
    ways[i] = {&db.slots[slot_of(keys[i])].table, db.heap.hash(keys[i])};
    onggi::prefetch(ways[i].table);
  }
  const std::span<const Way> taken(ways.data(), count);
  for (const Way& way : taken) way.table->prefetch_leaf(way.hash);
  for (const Way& way : taken) way.table->prefetch_word(way.hash);
  for (const Way& way : taken) way.table->prefetch_item(way.hash);
}

void Keyspace::insert(Place& place, Entry* entry) {
  Slot& slot = place.db->slot(place.number);
  slot.table.insert(heap_, place.hash, entry);
  place.word = slot.table.find(place.hash, place.key);
  place.entry = entry;
}

void Keyspace::moved(Place& place, Entry* entry) {
  if (entry == place.entry) return;
  Table<EntryTraits>::set(place.word, entry);
  if (entry->list != ListId::kNone) place.db->list(entry->list)[entry->list_index] = entry;
  place.entry = entry;
}

void Keyspace::drop(Place& place) {
  Slot& slot = place.db->slot(place.number);
  Entry* entry = place.entry;
  place.db->unlist(entry);
  if (entry->form == Form::kNone) slot.hidden--;
  slot.version = next_version();
  slot.table.erase(heap_, place.hash, place.word);
  discard(drop_value(heap_, entry));
  free_entry(heap_, entry);
  place.word = nullptr;
  place.entry = nullptr;
}

void Keyspace::discard(BigMap* map) {
  if (map == nullptr) return;
  if (map->size() <= kSmallMap) {
    delete map;
  } else {
    discarded_.push_back(map);
  }
}

size_t Keyspace::drain(Database& db, size_t limit) {
  size_t done = 0;
  for (; db.slots != nullptr && db.drained < kSlots && done < limit; db.drained++) {
    Table<EntryTraits>& table = db.slots[db.drained].table;
    while (!table.released() && done < limit) {
      done += 1 + table.drain(heap_, limit - done, [this](Entry* entry) {
        discard(drop_value(heap_, entry));
        free_entry(heap_, entry);
      });
    }
    if (!table.released()) break;
  }
  return done;
}

size_t Keyspace::free_some(size_t limit) {
  size_t done = 0;
  while (!discarded_.empty() && done < limit) {
    done += 1 + discarded_.back()->drain(limit - done);
    if (discarded_.back()->size() > 0) break;
    delete discarded_.back();
    discarded_.pop_back();
  }
  for (size_t i = 0; i < replaced_.size() && done < limit;) {
    Database& db = *replaced_[i];
    if (replaced_[i].use_count() > 1) {
      i++;
      continue;
    }
    done += 1 + drain(db, limit - done);
    if (db.slots != nullptr && db.drained < kSlots) break;
    replaced_.erase(replaced_.begin() + static_cast<std::ptrdiff_t>(i));
  }
  return done;
}

}  // namespace onggi
