// A value as the tier holds it (storage/FORMAT.md, "Tier values"):
//
//   deadline: i64, ms since 1970, 0: none | type: u8 | body
//   body of a string: its bytes;  of a hash: count varint, count x (field, value);  of a set: count varint, count x
//   member (field, value, member: varint length, bytes; names are not repeated; a hash or set is never empty)
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "storage/entry.h"

namespace onggi {

inline constexpr size_t kValueHeader = 9;

std::string encode_value(const Entry& entry);
// What a tier read needs before it builds anything; nullopt: not a value.
std::optional<WallTime> encoded_deadline(std::string_view value);
std::optional<ValueType> encoded_type(std::string_view value);
// Gives the entry (form kNone or kCold) the value; its deadline is left alone. nullptr: the bytes are no value, and the
// entry is unchanged.
Entry* decode_value(Heap& heap, Entry* entry, const StoreOptions& options, std::string_view value);

}  // namespace onggi
