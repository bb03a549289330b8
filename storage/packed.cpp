#include "storage/packed.h"

namespace onggi {

namespace {
void set_count(Entry& entry, size_t count) {
  const uint16_t number = static_cast<uint16_t>(count);
  std::memcpy(entry.value(), &number, sizeof number);
}
}  // namespace

std::optional<PackedItem> packed_find(std::string_view block, ValueType type, std::string_view name) {
  std::optional<PackedItem> found;
  packed_for_each(block, type, [&](const PackedItem& item) {
    if (item.name != name) return true;
    found = item;
    return false;
  });
  return found;
}

Entry* packed_make(Heap& heap, Entry* entry, ValueType type) {
  entry = resize_value(heap, entry, kPackedHeader, Fit::kSlack);  // what room there is stays
  set_count(*entry, 0);
  entry->type = type;
  entry->form = Form::kPacked;
  return entry;
}

Entry* packed_append(Heap& heap, Entry* entry, std::string_view name, std::string_view value) {
  const size_t at = entry->value_size;
  const bool hash = entry->type == ValueType::kHash;
  entry = splice_value(heap, entry, at, 0, counted_size(name) + (hash ? counted_size(value) : 0));
  char* end = put_counted(entry->value() + at, name);
  if (hash) put_counted(end, value);
  set_count(*entry, packed_count(entry->inline_value()) + 1u);
  return entry;
}

Entry* packed_replace(Heap& heap, Entry* entry, const PackedItem& item, std::string_view value) {
  entry = splice_value(heap, entry, item.value_at, item.end - item.value_at, counted_size(value));
  put_counted(entry->value() + item.value_at, value);
  return entry;
}

Entry* packed_erase(Heap& heap, Entry* entry, const PackedItem& item) {
  entry = splice_value(heap, entry, item.at, item.end - item.at, 0);
  set_count(*entry, packed_count(entry->inline_value()) - 1u);
  return entry;
}

}  // namespace onggi
