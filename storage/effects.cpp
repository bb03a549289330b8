#include "storage/effects.h"

#include <algorithm>

#include "storage/collections.h"

namespace onggi {

namespace {

constexpr Fault kNoKey = "an operation on a key that isn't there";
constexpr Fault kWrongType = "an operation on a value of another type";
constexpr Fault kTooLong = "a string that is too long";
constexpr Fault kNotInMemory = "an operation on a value that isn't in memory";
constexpr Fault kUsedId = "a database id that was used before";

// What the key was before a put: what memory knows, or what the operation says if only the tier knows.
struct Before {
  bool existed;
  bool had_deadline;
};

Before before(const Place& place, uint8_t flags) {
  if (place.entry != nullptr) return {place.exists(), place.entry->deadline_ms != 0};
  if (place.complete()) return {false, false};
  return {(flags & kExisted) != 0, (flags & kExisted) != 0 && (flags & kHadDeadline) != 0};
}

// A count that a stranger's flags can't take below zero.
void subtract(uint64_t& count, bool one) {
  count -= one && count > 0;
}

void count_put(Database& db, Before was, int64_t deadline_ms) {
  db.keys += !was.existed;
  subtract(db.expires, was.had_deadline);
  db.expires += deadline_ms != 0;
}

enum class Hand : uint8_t { kOver, kCopy };

// Gives `to` (no value) the value of `from`. Handed over, what lies outside is `to`'s, and `from` only has inline
// bytes.
Entry* give_value(Heap& heap, Entry* to, Entry& from, Hand hand) {
  to->type = from.type;
  if (from.form == Form::kOutside && hand == Hand::kCopy) return set_string(heap, to, string_of(from));
  if (from.form == Form::kBig && hand == Hand::kCopy) {
    to = set_outside(heap, to, outside<BigMap>(from)->clone());
  } else {
    to = resize_value(heap, to, from.value_size, Fit::kExact);
    std::memcpy(to->value(), from.value(), from.value_size);
  }
  to->form = from.form;
  if (hand == Hand::kOver) from.form = Form::kInline;
  return to;
}

size_t inline_bytes_of(const Operation& operation) {
  size_t bytes = kPackedHeader;
  for (const auto& [field, value] : operation.fields) bytes += counted_size(field) + counted_size(value);
  for (const std::string_view name : operation.names) bytes += counted_size(name);
  return std::min(bytes, kLongestInlineString);
}

}  // namespace

bool Effects::needs_value(OperationKind kind) {
  return kind != OperationKind::kPutString && kind != OperationKind::kRemove && kind != OperationKind::kSetExpiry &&
         !on_database(kind);
}

Fault Effects::apply(const Operation& operation, Place& place) {
  if (needs_value(operation.kind) && !place.certain()) return kNotInMemory;
  switch (operation.kind) {
    case OperationKind::kPutString:
      return put_string(operation, place);
    case OperationKind::kPatchString:
      return patch(operation, place);
    case OperationKind::kRemove:
      return remove(operation, place);
    case OperationKind::kSetExpiry:
      return set_expiry(operation, place);
    case OperationKind::kHashSet:
      return set_items(operation, place, ValueType::kHash);
    case OperationKind::kSetAdd:
      return set_items(operation, place, ValueType::kSet);
    case OperationKind::kHashRemove:
      return remove_items(operation, place, ValueType::kHash);
    case OperationKind::kSetRemove:
      return remove_items(operation, place, ValueType::kSet);
    case OperationKind::kRename:
      return rename(operation, place);
    case OperationKind::kCopy:
      return copy(operation, place);
    default:
      return apply_to_database(operation);
  }
}

Fault Effects::apply_to_database(const Operation& operation) {
  constexpr uint64_t kLargestId = 1ull << 62;
  if (operation.kind == OperationKind::kSwap) {
    keyspace_.swap(operation.db, operation.other_db);
    return nullptr;
  }
  if (operation.number < next_id_.value || operation.number > kLargestId) return kUsedId;
  if (operation.kind == OperationKind::kFlush) {
    flush(operation.db, DbId{operation.number});
  } else {
    for (uint32_t db = 0; db < keyspace_.databases(); db++) flush(db, DbId{operation.number + db});
  }
  return nullptr;
}

void Effects::flush(uint32_t db, DbId id) {
  cut_.dropped(keyspace_.db(db).id);
  keyspace_.replace(db, id, true);
  next_id_ = std::max(next_id_, DbId{id.value + 1});
}

Entry* Effects::open(Place& place, size_t inline_bytes) {
  if (place.entry == nullptr) {
    Entry* entry = make_entry(keyspace_.heap(), place.key, inline_bytes);
    entry->in_tier = !place.complete();
    keyspace_.insert(place, entry);
  } else {
    cut_.before_change(*place.db, place.entry);
    if (place.entry->form == Form::kNone) place.db->slot(place.number).hidden--;
  }
  return place.entry;
}

void Effects::close(Place& place, Entry* entry) {
  keyspace_.moved(place, entry);
  entry->used_seconds = now_seconds_;
  cut_.changed(*place.db, entry);
}

void Effects::clear_value(Place& place) {
  keyspace_.discard(drop_value(keyspace_.heap(), place.entry));
}

Fault Effects::put_string(const Operation& operation, Place& place) {
  const Before was = before(place, operation.flags);
  const size_t size = operation.other.size();
  Entry* entry = open(place, size <= kLongestInlineString ? size : sizeof(void*));
  if (entry->form == Form::kBig) clear_value(place);
  entry = onggi::set_string(keyspace_.heap(), entry, operation.other);
  entry->deadline_ms = operation.deadline_ms;
  close(place, entry);
  count_put(*place.db, was, operation.deadline_ms);
  place.db->note_deadline(place.number, operation.deadline_ms);
  return nullptr;
}

Fault Effects::patch(const Operation& operation, Place& place) {
  if (place.exists() && place.entry->type != ValueType::kString) return kWrongType;
  if (operation.number > kLongestString || operation.other.size() > kLongestString - operation.number) return kTooLong;
  const bool existed = place.exists();
  const size_t size = operation.number + operation.other.size();
  Entry* entry = open(place, size <= kLongestInlineString ? size : sizeof(void*));
  close(place, onggi::patch_string(keyspace_.heap(), entry, operation.number, operation.other));
  place.db->keys += !existed;
  return nullptr;
}

Fault Effects::remove(const Operation& operation, Place& place) {
  if (place.entry != nullptr || place.complete()) {
    if (!place.exists()) return kNoKey;
    cut_.before_change(*place.db, place.entry);
    take_away(place);
    return nullptr;
  }
  subtract(place.db->keys, true);
  subtract(place.db->expires, (operation.flags & kHadDeadline) != 0);
  Entry* entry = open(place, 0);
  place.db->slot(place.number).hidden++;
  close(place, entry);
  return nullptr;
}

void Effects::take_away(Place& place) {
  subtract(place.db->keys, true);
  subtract(place.db->expires, place.entry->deadline_ms != 0);
  const bool in_tier = place.entry->in_tier;
  if (!in_tier) cut_.forget(*place.db, place.entry);
  if (!in_tier && place.complete()) {
    keyspace_.drop(place);
    return;
  }
  // The entry stays: it hides what the tier has, or remembers that the tier has nothing.
  clear_value(place);
  place.entry->deadline_ms = 0;
  place.db->slot(place.number).hidden++;
  keyspace_.moved(place, shrink_to_key(keyspace_.heap(), place.entry));
  if (in_tier) cut_.changed(*place.db, place.entry);
}

Fault Effects::set_expiry(const Operation& operation, Place& place) {
  if ((place.entry != nullptr || place.complete()) && !place.exists()) return kNoKey;
  const bool had = place.entry != nullptr ? place.entry->deadline_ms != 0 : (operation.flags & kHadDeadline) != 0;
  Entry* entry = open(place, 0);
  if (entry->form == Form::kNone) entry->form = Form::kCold;
  entry->deadline_ms = operation.deadline_ms;
  close(place, entry);
  subtract(place.db->expires, had);
  place.db->expires += operation.deadline_ms != 0;
  place.db->note_deadline(place.number, operation.deadline_ms);
  return nullptr;
}

Fault Effects::set_items(const Operation& operation, Place& place, ValueType type) {
  if (place.exists() && place.entry->type != type) return kWrongType;
  const bool existed = place.exists();
  Heap& heap = keyspace_.heap();
  Entry* entry = open(place, existed ? 0 : inline_bytes_of(operation));
  entry = collection_begin(heap, entry, type);
  for (const auto& [field, value] : operation.fields) entry = collection_set(heap, entry, options_, field, value);
  for (const std::string_view name : operation.names) entry = collection_set(heap, entry, options_, name, {});
  close(place, entry);
  place.db->keys += !existed;
  return nullptr;
}

Fault Effects::remove_items(const Operation& operation, Place& place, ValueType type) {
  if (!place.exists()) return kNoKey;
  if (place.entry->type != type) return kWrongType;
  Entry* entry = open(place, 0);
  for (const std::string_view name : operation.names) entry = collection_erase(keyspace_.heap(), entry, name);
  keyspace_.moved(place, entry);
  if (collection_size(*entry) == 0) {
    take_away(place);
  } else {
    close(place, entry);
  }
  return nullptr;
}

Fault Effects::rename(const Operation& operation, Place& place) {
  if (!place.exists()) return kNoKey;
  if (operation.other == operation.key) return nullptr;
  Entry* from = open(place, 0);
  Place to = Keyspace::locate(*place.db, operation.other);
  const Before was = before(to, operation.flags);
  const int64_t deadline_ms = from->deadline_ms;
  open(to, from->value_size);
  clear_value(to);
  to.entry->deadline_ms = deadline_ms;
  close(to, give_value(keyspace_.heap(), to.entry, *from, Hand::kOver));
  count_put(*to.db, was, deadline_ms);
  to.db->note_deadline(to.number, deadline_ms);
  place = Keyspace::locate(*place.db, operation.key);
  take_away(place);
  return nullptr;
}

Fault Effects::copy(const Operation& operation, Place& place) {
  if (!place.exists()) return kNoKey;
  if (operation.other == operation.key && operation.db == operation.other_db) return nullptr;
  Entry* from = place.entry;
  Place to = Keyspace::locate(keyspace_.db(operation.other_db), operation.other);
  const Before was = before(to, operation.flags);
  open(to, from->form == Form::kOutside ? sizeof(void*) : from->value_size);
  clear_value(to);
  to.entry->deadline_ms = from->deadline_ms;
  close(to, give_value(keyspace_.heap(), to.entry, *from, Hand::kCopy));
  count_put(*to.db, was, from->deadline_ms);
  to.db->note_deadline(to.number, from->deadline_ms);
  return nullptr;
}

}  // namespace onggi
