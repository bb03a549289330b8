// Hashes and sets as values of entries: packed while they are small, a BigMap after that (and for good: a value that
// shrank isn't packed again until it is written anew). Each function returns where the entry is now.
#pragma once

#include <span>
#include <string_view>

#include "storage/entry.h"

namespace onggi {

size_t collection_size(const Entry& entry);

// The entry is of this type, or has no value and becomes an empty one of it.
Entry* collection_begin(Heap& heap, Entry* entry, ValueType type);
// Sets a field, or adds a member (with an empty value).
Entry* collection_set(Heap& heap, Entry* entry, const StoreOptions& options, std::string_view name,
                      std::string_view value);
Entry* collection_erase(Heap& heap, Entry* entry, std::string_view name);

template <class Visit>  // visit(name, value) returns false to stop
void collection_for_each(const Entry& entry, Visit visit);

}  // namespace onggi

#include "storage/big_map.h"
#include "storage/packed.h"

namespace onggi {

template <class Visit>
void collection_for_each(const Entry& entry, Visit visit) {
  if (entry.form == Form::kBig) {
    outside<BigMap>(entry)->for_each(visit);
  } else {
    packed_for_each(entry.inline_value(), entry.type,
                    [&](const PackedItem& item) { return visit(item.name, item.value); });
  }
}

}  // namespace onggi
