// The store: the keyspace in memory, and the only way to change it. Every change is an operation, appended to the log's
// open record and applied to memory by the same code that a replica's stream and a restart's replay go through.
//
// Invariants:
// 1. Memory never holds an effect that is not in the log's open or sealed records.
// 2. Expired keys are invisible to find(); they are removed only by an operation of the master.
// 3. A key not in memory is absent only if its slot is complete; otherwise the tier may have it: ask residency() first.
// 4. Between begin_cut() and the last encode_cut(), a write to a key that is in the cut and not yet encoded encodes its
// old
//    value first (copy on write): the cut is exactly the state at its position, and nothing pauses.
// Owned by the engine's thread. Reads no clock: `now` is handed in.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/random.h"
#include "common/types.h"
#include "storage/function_ref.h"
#include "storage/log.h"
#include "storage/pins.h"
#include "storage/record.h"
#include "storage/tier.h"

namespace onggi {

inline constexpr uint16_t kSlots = 16384;
// CRC16 (XMODEM) of the key, or of its {hash tag}, modulo kSlots: as in Redis Cluster.
uint16_t slot_of(std::string_view key);

enum class ValueType : uint8_t { kString = 1, kHash = 2, kSet = 3 };
const char* type_name(ValueType type);  // "string", "hash", "set"

struct Entry;  // one key in memory: storage/entry.h

enum class Residency : uint8_t {
  kInMemory,  // the entry, or the certain absence of the key
  kInTier,    // only the tier knows: load first
};

// How much of a key a command needs. The header: whether it exists, its type and its deadline.
enum class Part : uint8_t { kValue, kHeader };

struct StoreOptions {
  uint32_t databases = 16;
  uint32_t hash_max_packed_entries = 512;
  uint32_t hash_max_packed_value = 64;  // as hash-max-listpack-*
  uint32_t set_max_packed_entries = 128;
  uint64_t max_record_bytes = kMaxPayloadBytes;
  uint64_t hash_seed = 0;  // of the process's own, so that strangers can't choose keys that collide
};

// A read view of a hash or set value; invalid after the next change of the store.
class HashView {
 public:
  explicit HashView(const Entry& entry) : entry_(&entry) {}
  size_t size() const;
  std::optional<std::string_view> get(std::string_view field) const;
  void for_each(FunctionRef<bool(std::string_view field, std::string_view value)> visit) const;
  // SCAN's contract: every field present during a whole scan is seen; 0 starts and ends.
  uint64_t scan(uint64_t cursor, size_t count,
                FunctionRef<void(std::string_view field, std::string_view value)> visit) const;
  std::pair<std::string_view, std::string_view> random(Random& random) const;  // size() > 0

 private:
  const Entry* entry_;
};

class SetView {
 public:
  explicit SetView(const Entry& entry) : entry_(&entry) {}
  size_t size() const;
  bool contains(std::string_view member) const;
  void for_each(FunctionRef<bool(std::string_view member)> visit) const;
  uint64_t scan(uint64_t cursor, size_t count, FunctionRef<void(std::string_view member)> visit) const;
  std::string_view random(Random& random) const;  // size() > 0

 private:
  const Entry* entry_;
};

using FieldValue = std::pair<std::string_view, std::string_view>;

struct StoreStats {
  uint64_t memory_bytes = 0;  // entries, tables, values: what the allocator was asked for
  uint64_t expired_keys = 0;
  uint64_t evicted_keys = 0;  // left memory, still in the tier
  uint64_t dirty_bytes = 0;   // changed since the last cut, estimated
  uint64_t dirty_keys = 0;
  uint64_t slots_complete = 0;  // of the databases in use
  uint64_t slots_total = 0;
  uint64_t undecodable_values = 0;  // read from the tier
};

class Store {
 public:
  // Empty keyspace, every slot complete: a new node. With `meta`, a keyspace whose keys are all in the tier.
  Store(Log& log, StoreOptions options);
  Store(Log& log, StoreOptions options, const TierMeta& meta);
  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  // ---- time: what find() and operations take as now; set once a batch
  void set_now(WallTime now);
  WallTime now() const;

  // ---- reading. `db` is the logical number. Expired keys are absent.
  Residency residency(uint32_t db, std::string_view key, Part part = Part::kValue) const;
  Entry* find(uint32_t db, std::string_view key);              // also marks it as used
  const Entry* peek(uint32_t db, std::string_view key) const;  // does not
  Entry* find_header(uint32_t db, std::string_view key);       // its value may be in the tier alone; marks it as used
  const Entry* peek_header(uint32_t db, std::string_view key) const;
  void prefetch(std::span<const RecordView> records) const;                  // what apply() will touch
  void prefetch(uint32_t db, std::span<const std::string_view> keys) const;  // soon to be asked for; costs little
  uint32_t databases() const;
  uint64_t size(uint32_t db) const;     // keys, both tiers, expired ones not yet removed included
  uint64_t expires(uint32_t db) const;  // those with a deadline
  bool complete(uint32_t db, uint16_t slot) const;
  // SCAN over the slot order; the slot under the cursor must be complete: scan_slot tells which. cursor 0 starts and
  // ends.
  uint16_t scan_slot(uint64_t cursor) const;
  uint64_t scan(uint32_t db, uint64_t cursor, size_t count,
                FunctionRef<void(std::string_view key, const Entry&)> visit);
  // Every live key of a complete slot.
  void for_each(uint32_t db, uint16_t slot, FunctionRef<void(std::string_view key, const Entry&)> visit) const;
  uint64_t keys_in_slot(uint32_t db, uint16_t slot) const;  // in memory
  // A live key of those in memory, near enough uniformly; nullptr if none was found.
  const Entry* random_entry(uint32_t db, Random& random) const;

  // ---- the record: changes happen between begin() and commit(); one command (later one transaction) is one record
  void begin();
  std::optional<Offset> commit();  // the record's end; nullopt if nothing changed
  // What the changes of one record may take. Nothing takes a change back: whoever makes several, or a large one, asks
  // first.
  uint64_t max_record_bytes() const;
  // ---- changes: each appends an operation and applies it. The key must be in memory or certainly absent. An expired
  // key counts as absent: it is removed first, in the same record. Views handed in must not point into the changed
  // value. remove() and set_expiry() need no more than the key's header.
  void put_string(uint32_t db, std::string_view key, std::string_view value, WallTime expire_at);  // replaces any type
  void patch_string(uint32_t db, std::string_view key, size_t at,
                    std::string_view bytes);                               // zero-fills; creates; keeps the deadline
  void remove(uint32_t db, std::string_view key);                          // must be there
  void set_expiry(uint32_t db, std::string_view key, WallTime expire_at);  // 0: persist; must be there
  void hash_set(uint32_t db, std::string_view key, std::span<const FieldValue> fields);  // creates
  void hash_remove(uint32_t db, std::string_view key,
                   std::span<const std::string_view> fields);  // those there; empty: key removed
  void set_add(uint32_t db, std::string_view key, std::span<const std::string_view> members);  // creates
  void set_remove(uint32_t db, std::string_view key, std::span<const std::string_view> members);
  void rename(uint32_t db, std::string_view from, std::string_view to);                     // replaces `to`
  void copy(uint32_t from_db, std::string_view from, uint32_t to_db, std::string_view to);  // replaces `to`
  void flush(uint32_t db);
  void flush_all();
  void swap(uint32_t a, uint32_t b);

  // ---- replica and replay: applies a sealed record of the log (it is in the log already).
  // `load` is asked, synchronously, for values that an operation needs and only the tier has. An error: the operation
  // was not applied, and memory is no longer what the log says.
  using Loader = std::function<Result<std::optional<std::string>>(DbId db, uint16_t slot, std::string_view key)>;
  Result<void> apply(const RecordView& record, const Loader& load);

  // ---- expiry (master): removes up to `limit` expired keys, each in its own record. Returns how many; `more` when not
  // all.
  struct Expired {
    uint64_t removed = 0;
    bool more = false;
  };
  Expired expire_some(size_t limit);
  // The earliest instant at which expire_some may have work; nullopt: none known.
  std::optional<WallTime> next_expiry() const;
  // Keys that only the tier knows expire too. Of `limit` slots from `cursor` on, which moves: the first in which one
  // may have; it is to be read.
  std::optional<std::pair<uint32_t, uint16_t>> next_expired_slot(uint32_t& cursor, uint32_t limit) const;
  // What expired of a slot that was read whole comes into memory, key and deadline alone, for expire_some(). Returns
  // how many keys; of a read that was superseded, none.
  size_t take_expired(uint32_t db, DbId id, uint16_t slot,
                      const std::vector<std::pair<std::string, std::string>>& entries, uint64_t ticket);

  // ---- residency (cache of the tier)
  // Whoever reads the tier off this thread takes the slot's ticket first and hands it back with the result: meanwhile
  // the key may have been changed, written to the tier and evicted, or the databases swapped, and the value read be an
  // old one. Ticket 0: nothing happened since the read began.
  uint64_t read_ticket(uint32_t db, uint16_t slot) const;
  enum class LoadOutcome : uint8_t {
    kSettled,      // the key (or slot) is in memory
    kSuperseded,   // ignored: ask residency() again
    kUndecodable,  // the tier's bytes are no value: its key stays in the tier
  };
  // Of Part::kHeader the value's beginning is enough (kValueHeader), and the value stays in the tier.
  LoadOutcome loaded(uint32_t db, std::string_view key, const std::optional<std::string>& value, uint64_t ticket = 0,
                     Part part = Part::kValue);
  // Installs a slot read whole from the tier; keys in memory win. The slot is then complete.
  LoadOutcome slot_loaded(uint32_t db, DbId id, uint16_t slot,
                          const std::vector<std::pair<std::string, std::string>>& entries, uint64_t ticket = 0);
  // For warm-up: the first one, or the first one after `after`.
  std::optional<std::pair<uint32_t, uint16_t>> next_incomplete_slot() const;
  std::optional<std::pair<uint32_t, uint16_t>> next_incomplete_slot(std::pair<uint32_t, uint16_t> after) const;
  DbId id(uint32_t db) const;
  // Takes clean values out of memory until memory_bytes <= target or `limit` were looked at; returns how many left.
  // What is pinned stays.
  size_t evict(uint64_t target_bytes, size_t limit, Random& random);
  void pin(uint32_t db, std::string_view key, PinSet& pins) const;  // there or not
  void pin_slot(uint32_t db, uint16_t slot, PinSet& pins) const;
  uint64_t pinned_bytes() const;  // what the pinned keys took when they were pinned last

  // Frees memory of what was flushed, replaced or is hidden no more, in slices of about `limit` items: once a tick.
  // Returns how many went.
  size_t free_some(size_t limit);
  bool freeing() const;  // some of it waits

  // ---- the cut
  bool cut_active() const;            // begin_cut() to take_cut()
  bool cut_pending() const;           // take_cut() to cut_written()
  void begin_cut();                   // at log end; requires !cut_active(), !cut_pending() and no open record
  bool encode_cut(size_t max_bytes);  // true: the cut is whole, take it
  TierBatch take_cut();
  void cut_written();  // the tier has it: tombstones of it may go

  // ---- starting over
  void clear();                      // N6: before a full copy is installed
  void reset(const TierMeta& meta);  // everything is in the tier, at its position

  const StoreStats& stats() const;
  uint64_t memory_bytes() const;  // the one of stats() that is asked for with each write
  // Order-independent digest of all keys and values of complete memory (DEBUG DIGEST): 40 hex digits; empty store:
  // zeros.
  std::string digest() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// ---- reading an entry
ValueType type_of(const Entry& entry);
std::string_view key_of(const Entry& entry);
std::string_view string_of(const Entry& entry);  // kString
WallTime expiry_of(const Entry& entry);          // 0: none
size_t memory_of(const Entry& entry);
const char* encoding_of(const Entry& entry);  // OBJECT ENCODING's name

}  // namespace onggi
