// Databases of 16384 slots of entries. Counts, deadlines' lower bounds, completeness and the lists of changed entries
// are kept here; what a change means (log, cut, tier) is not known here.
//
// Invariants:
// 1. keys and expires of a database count both tiers; a slot's table holds what is in memory, `hidden` of it kNone.
// 2. A slot's earliest is at most the least deadline in its table; a group's at most the least of its slots. 0: none.
//    An incomplete slot's tier_earliest is at most the least deadline that only the tier knows. 0: anything is
//    possible.
// 3. An entry is in at most one list, at list_index; lists have holes (nullptr).
// 4. A slot's version is new each time something leaves its table that a tier read begun earlier may not know of.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <limits>
#include <memory>
#include <span>
#include <vector>

#include "storage/entry.h"
#include "storage/table.h"

namespace onggi {

inline constexpr uint32_t kGroups = 128;
inline constexpr uint32_t kSlotsPerGroup = kSlots / kGroups;
inline constexpr int64_t kNoDeadline = std::numeric_limits<int64_t>::max();  // of Slot::tier_earliest

using EntryList = std::deque<Entry*>;  // grows without moving what it has

struct Slot {  // all zero: empty
  Table<EntryTraits> table;
  int64_t earliest;
  int64_t tier_earliest;
  uint64_t version;  // 0: the database's
  uint32_t hidden;
  bool toggled;  // complete iff the database began so, toggled
};

struct Database {
  Database(Heap& memory, DbId identity, bool complete, uint64_t first_version);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  const Slot* slot_if(uint16_t number) const { return slots == nullptr ? nullptr : &slots[number]; }
  Slot& slot(uint16_t number);
  bool complete(uint16_t number) const { return (slots != nullptr && slots[number].toggled) != began_complete; }
  void set_complete(uint16_t number, bool complete);
  void note_deadline(uint16_t number, int64_t deadline_ms);
  void note_leaving(const Entry& entry, uint16_t number);  // memory: the tier alone knows it from now on
  void unlist(Entry* entry);
  void enlist(Entry* entry, ListId which);
  EntryList& list(ListId which) { return lists[static_cast<size_t>(which)]; }

  Heap& heap;
  DbId id;
  bool began_complete;
  uint64_t base_version;
  uint64_t keys = 0;
  uint64_t expires = 0;
  uint32_t incomplete = 0;  // slots
  uint16_t drained = 0;     // slots, while it is being freed
  Slot* slots = nullptr;    // kSlots of them, made with the first key
  std::array<int64_t, kGroups> group_earliest{};
  std::array<EntryList, 5> lists;
};

// Where a key is, or would be. Lives until the slot's table changes.
struct Place {
  Database* db = nullptr;
  std::string_view key;
  uint16_t number = 0;
  uint64_t hash = 0;
  Word* word = nullptr;
  Entry* entry = nullptr;

  bool complete() const { return db->complete(number); }
  // The key exists (expired or not), as far as memory knows.
  bool exists() const { return entry != nullptr && entry->form != Form::kNone; }
  // Memory has the value, or is sure that there is none.
  bool certain() const { return complete() || db->keys == 0 || (entry != nullptr && entry->form != Form::kCold); }
  // The same of whether it exists, its type and its deadline.
  bool header_certain() const { return certain() || (entry != nullptr && entry->type != kUnknownType); }
};

class Keyspace {
 public:
  Keyspace(uint64_t hash_seed, uint32_t databases);
  ~Keyspace();

  Heap& heap() { return heap_; }
  const Heap& heap() const { return heap_; }
  uint32_t databases() const { return static_cast<uint32_t>(databases_.size()); }
  Database& db(uint32_t number) { return *databases_[number]; }
  const Database& db(uint32_t number) const { return *databases_[number]; }
  const std::vector<std::shared_ptr<Database>>& all() const { return databases_; }
  uint64_t next_version() { return ++version_; }
  uint64_t version(const Database& db, uint16_t slot) const;

  // Puts an empty, complete database (or one whose keys are all in the tier) in place of the old one, which is freed
  // later.
  Database& replace(uint32_t number, DbId id, bool complete);
  void swap(uint32_t a, uint32_t b);

  static Place locate(const Database& db, std::string_view key);
  // Has what locate() will read of these keys on its way into the cache: the misses of all are waited for together.
  static void prefetch(const Database& db, std::span<const std::string_view> keys);
  void insert(Place& place, Entry* entry);
  // The entry's block moved: the table and the list learn it.
  void moved(Place& place, Entry* entry);
  // Takes the entry out and frees it.
  void drop(Place& place);
  void discard(BigMap* map);  // freed in slices; nullptr is fine

  // Frees about `limit` items of what was discarded or replaced; what somebody else still holds waits. True: nothing
  // left.
  size_t free_some(size_t limit);
  bool freeing() const { return !discarded_.empty() || !replaced_.empty(); }

 private:
  size_t drain(Database& db, size_t limit);

  Heap heap_;
  uint64_t version_ = 0;
  std::vector<std::shared_ptr<Database>> databases_;
  std::vector<std::shared_ptr<Database>> replaced_;
  std::vector<BigMap*> discarded_;
};

}  // namespace onggi
