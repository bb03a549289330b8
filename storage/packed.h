// Small hashes and sets as one block of bytes, in the order in which their items came:
//
//   count: u16 little endian | count x item
//   item of a hash: field (varint length, bytes) | value (varint length, bytes);  of a set: member (varint length,
//   bytes)
//
// Found by walking: limits on count and length (StoreOptions) keep the walk short. Blocks are our own, not a
// stranger's: the value codec builds them anew from what it checked.
#pragma once

#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>

#include "storage/encoding.h"
#include "storage/entry.h"

namespace onggi {

struct PackedItem {
  std::string_view name;   // field or member
  std::string_view value;  // empty in a set
  size_t at;               // offset of the item in the block
  size_t value_at;         // offset of the value's length
  size_t end;
};

inline constexpr size_t kPackedHeader = 2;

inline uint16_t packed_count(std::string_view block) {
  uint16_t count;
  std::memcpy(&count, block.data(), sizeof count);
  return count;
}

// visit(const PackedItem&) returns false to stop.
template <class Visit>
void packed_for_each(std::string_view block, ValueType type, Visit visit) {
  Reader reader(block.substr(kPackedHeader));
  const auto offset = [&] { return static_cast<size_t>(reader.position() - block.data()); };
  while (!reader.at_end()) {
    PackedItem item{};
    item.at = offset();
    item.name = reader.counted();
    item.value_at = offset();
    if (type == ValueType::kHash) item.value = reader.counted();
    item.end = offset();
    if (!visit(item)) return;
  }
}

std::optional<PackedItem> packed_find(std::string_view block, ValueType type, std::string_view name);

// The entry has form kPacked; each returns where it is now.
Entry* packed_make(Heap& heap, Entry* entry, ValueType type);  // empty; the entry had no value
Entry* packed_append(Heap& heap, Entry* entry, std::string_view name, std::string_view value);  // the name isn't there
Entry* packed_replace(Heap& heap, Entry* entry, const PackedItem& item, std::string_view value);
Entry* packed_erase(Heap& heap, Entry* entry, const PackedItem& item);

}  // namespace onggi
