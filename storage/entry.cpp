#include "storage/entry.h"

#include <algorithm>

#include "storage/big_map.h"

namespace onggi {

namespace {

LongString* make_long(Heap& heap, size_t capacity) {
  auto* string = static_cast<LongString*>(heap.allocate(sizeof(LongString) + capacity));
  string->size = 0;
  string->capacity = capacity;
  return string;
}

Entry* set_long(Heap& heap, Entry* entry, std::string_view value) {
  LongString* string = entry->form == Form::kOutside ? outside<LongString>(*entry) : nullptr;
  if (string != nullptr && (string->capacity < value.size() || string->capacity / 4 > value.size())) {
    heap.release(string);
    string = nullptr;
  }
  if (string == nullptr) string = make_long(heap, value.size());
  std::memcpy(string->bytes(), value.data(), value.size());
  string->size = value.size();
  entry = set_outside(heap, entry, string);
  entry->form = Form::kOutside;
  return entry;
}

// A long string with room for `size` bytes, which keeps its own; growing leaves room for more.
LongString* grow_long(Heap& heap, LongString* string, size_t size) {
  if (string->capacity >= size) return string;
  const size_t capacity = std::max(size, std::min<size_t>(string->capacity * 2, string->capacity + (1 << 20)));
  auto* grown = static_cast<LongString*>(heap.reallocate(string, sizeof(LongString) + capacity));
  grown->capacity = capacity;
  return grown;
}

// Copies `bytes` to `at` of a string of `old_size` bytes; what lies between is zero.
void patch(char* string, size_t old_size, size_t at, std::string_view bytes) {
  if (at > old_size) std::memset(string + old_size, 0, at - old_size);
  if (!bytes.empty()) std::memcpy(string + at, bytes.data(), bytes.size());
}

}  // namespace

Entry* make_entry(Heap& heap, std::string_view key, size_t inline_bytes) {
  const size_t bytes = Entry::kHeader + key.size() + inline_bytes;
  auto* entry = static_cast<Entry*>(heap.allocate(std::max(bytes, sizeof(Entry))));
  std::memset(static_cast<void*>(entry), 0, Entry::kHeader);
  entry->key_size = static_cast<uint32_t>(key.size());
  if (!key.empty()) std::memcpy(entry->data(), key.data(), key.size());
  return entry;
}

BigMap* drop_value(Heap& heap, Entry* entry) {
  BigMap* big = entry->form == Form::kBig ? outside<BigMap>(*entry) : nullptr;
  if (entry->form == Form::kOutside) heap.release(outside<LongString>(*entry));
  entry->form = Form::kNone;
  entry->value_size = 0;
  return big;
}

Entry* shrink_to_key(Heap& heap, Entry* entry) {
  entry->value_size = 0;
  return static_cast<Entry*>(heap.reallocate(entry, std::max(Entry::kHeader + entry->key_size, sizeof(Entry))));
}

void free_entry(Heap& heap, Entry* entry) {
  ONGGI_CHECK(entry->form == Form::kNone || entry->form == Form::kCold || entry->form == Form::kInline ||
              entry->form == Form::kPacked);
  heap.release(entry);
}

Entry* resize_value(Heap& heap, Entry* entry, size_t bytes, Fit fit) {
  const size_t needed = Entry::kHeader + entry->key_size + bytes;
  const size_t room = Heap::room_of(entry);
  // A block is kept unless it is too small, or more than a quarter (and a cache line) too large.
  if (needed > room || (fit == Fit::kExact && needed + needed / 4 + 64 < room)) {
    const size_t slack = fit == Fit::kSlack ? needed / 8 : 0;
    entry = static_cast<Entry*>(heap.reallocate(entry, std::max(needed + slack, sizeof(Entry))));
  }
  entry->value_size = static_cast<uint32_t>(bytes);
  return entry;
}

Entry* splice_value(Heap& heap, Entry* entry, size_t at, size_t remove, size_t insert) {
  const size_t old_size = entry->value_size;
  const size_t tail = old_size - at - remove;
  if (insert > remove) entry = resize_value(heap, entry, old_size - remove + insert, Fit::kSlack);
  std::memmove(entry->value() + at + insert, entry->value() + at + remove, tail);
  if (insert < remove) entry = resize_value(heap, entry, old_size - remove + insert, Fit::kExact);
  return entry;
}

Entry* set_outside(Heap& heap, Entry* entry, const void* pointer) {
  entry = resize_value(heap, entry, sizeof pointer, Fit::kExact);
  std::memcpy(entry->value(), &pointer, sizeof pointer);
  return entry;
}

Entry* set_string(Heap& heap, Entry* entry, std::string_view value) {
  entry->type = ValueType::kString;
  if (value.size() > kLongestInlineString) return set_long(heap, entry, value);
  if (entry->form == Form::kOutside) heap.release(outside<LongString>(*entry));
  entry = resize_value(heap, entry, value.size(), Fit::kExact);
  if (!value.empty()) std::memcpy(entry->value(), value.data(), value.size());
  entry->form = Form::kInline;
  return entry;
}

Entry* patch_string(Heap& heap, Entry* entry, size_t at, std::string_view bytes) {
  entry->type = ValueType::kString;
  const size_t old_size = entry->form == Form::kNone ? 0 : string_of(*entry).size();
  const size_t size = std::max(old_size, at + bytes.size());
  if (entry->form != Form::kOutside && size <= kLongestInlineString) {
    entry = resize_value(heap, entry, size, Fit::kSlack);
    patch(entry->value(), old_size, at, bytes);
    entry->form = Form::kInline;
    return entry;
  }
  LongString* string;
  if (entry->form == Form::kOutside) {
    string = grow_long(heap, outside<LongString>(*entry), size);
  } else {
    string = make_long(heap, size);
    std::memcpy(string->bytes(), entry->value(), old_size);
  }
  patch(string->bytes(), old_size, at, bytes);
  string->size = size;
  entry = set_outside(heap, entry, string);
  entry->form = Form::kOutside;
  return entry;
}

ValueType type_of(const Entry& entry) {
  return entry.type;
}
std::string_view key_of(const Entry& entry) {
  return entry.key();
}
WallTime expiry_of(const Entry& entry) {
  return {entry.deadline_ms};
}

std::string_view string_of(const Entry& entry) {
  return entry.form == Form::kOutside ? outside<LongString>(entry)->view() : entry.inline_value();
}

size_t memory_of(const Entry& entry) {
  size_t bytes = Heap::size_of(const_cast<Entry*>(&entry)) + sizeof(Word);
  if (entry.form == Form::kOutside) bytes += Heap::size_of(outside<LongString>(entry));
  if (entry.form == Form::kBig) bytes += outside<BigMap>(entry)->memory();
  return bytes;
}

const char* type_name(ValueType type) {
  switch (type) {
    case ValueType::kString:
      return "string";
    case ValueType::kHash:
      return "hash";
    case ValueType::kSet:
      return "set";
  }
  return "none";
}

}  // namespace onggi
