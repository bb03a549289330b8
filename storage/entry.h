// One key in memory: header, key and small value in a single block. A block may move when its value changes size: every
// function that changes one returns where it is now, and the caller puts that into the table and the list it is in.
//
//   header (28 bytes) | key | value: inline bytes, or a pointer to what lies outside
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

#include "storage/heap.h"
#include "storage/store.h"

namespace onggi {

class BigMap;

enum class Form : uint8_t {
  kNone = 0,     // no such key: hides what the tier still has, or remembers that the tier has nothing
  kCold = 1,     // deadline, and perhaps the type; the value is in the tier
  kInline = 2,   // string in the block
  kOutside = 3,  // string in a block of its own, with room to grow
  kPacked = 4,   // small hash or set, in the block: storage/packed.h
  kBig = 5,      // hash or set as a BigMap
};

// The list of changed keys an entry is in (storage/keyspace.h).
enum class ListId : uint8_t { kNone = 0, kDirty0 = 1, kDirty1 = 2, kDeleted0 = 3, kDeleted1 = 4 };

inline constexpr ValueType kUnknownType{};  // of a cold entry: a deadline that came by the stream

struct Entry {
  int64_t deadline_ms;    // 0: none
  uint32_t used_seconds;  // when it was last read or written, for eviction
  uint32_t key_size;
  uint32_t value_size;  // inline bytes in use
  uint32_t list_index;
  ValueType type;
  Form form;
  uint8_t generation;  // of the cut that encoded it last
  ListId list : 4;
  bool in_tier : 1;  // the tier has, or may have, something under this key

  static constexpr size_t kHeader = 28;
  char* data() { return reinterpret_cast<char*>(this) + kHeader; }
  const char* data() const { return reinterpret_cast<const char*>(this) + kHeader; }
  std::string_view key() const { return {data(), key_size}; }
  char* value() { return data() + key_size; }
  std::string_view inline_value() const { return {data() + key_size, value_size}; }
  bool has_value() const { return form >= Form::kInline; }
};
static_assert(sizeof(Entry) == 32);

// A long string: what follows is `capacity` bytes.
struct LongString {
  uint64_t size;
  uint64_t capacity;
  char* bytes() { return reinterpret_cast<char*>(this + 1); }
  std::string_view view() const { return {reinterpret_cast<const char*>(this + 1), size}; }
};

inline constexpr size_t kLongestInlineString = 16 << 10;

Entry* make_entry(Heap& heap, std::string_view key, size_t inline_bytes);  // form kNone, room for inline_bytes
// Frees what lies outside; the form is kNone then. A big map is handed out instead, to be freed in slices.
BigMap* drop_value(Heap& heap, Entry* entry);
// With a small value: a block that fits; the rest is unchanged.
Entry* shrink_to_key(Heap& heap, Entry* entry);
void free_entry(Heap& heap, Entry* entry);  // the value was dropped

// Makes room for `bytes` of inline value, keeping those there; value_size becomes `bytes`. `slack`: with room to grow.
enum class Fit : uint8_t { kExact, kSlack };
Entry* resize_value(Heap& heap, Entry* entry, size_t bytes, Fit fit);
// Opens a gap of `insert` bytes in place of `remove` bytes at `at` of the inline value; the gap's bytes are the
// caller's.
Entry* splice_value(Heap& heap, Entry* entry, size_t at, size_t remove, size_t insert);

// Strings. The entry has no value or a string; set_deadline and type are the caller's business, form and type are set.
Entry* set_string(Heap& heap, Entry* entry, std::string_view value);
Entry* patch_string(Heap& heap, Entry* entry, size_t at, std::string_view bytes);

template <class T>
T* outside(const Entry& entry) {
  T* pointer;
  // NOLINTNEXTLINE(bugprone-sizeof-expression): it is the pointer that is stored
  std::memcpy(&pointer, entry.data() + entry.key_size, sizeof pointer);
  return pointer;
}
Entry* set_outside(Heap& heap, Entry* entry, const void* pointer);

struct EntryTraits {
  using Item = Entry;
  static std::string_view key(const Entry& entry) { return entry.key(); }
};

}  // namespace onggi
