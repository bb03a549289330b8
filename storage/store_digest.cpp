// DEBUG DIGEST: the same for equal keyspaces, however they came to be. Each key's hash covers database, key, type,
// deadline and value; a hash's or set's value is the XOR of its items' hashes; the whole is the XOR of all keys.
#include <xxhash.h>

#include <string>

#include "storage/collections.h"
#include "storage/encoding.h"
#include "storage/store_impl.h"

namespace onggi {

namespace {

struct Sum {
  uint64_t low = 0;
  uint64_t high = 0;
  void mix(std::string_view bytes) {
    const XXH128_hash_t hash = XXH3_128bits(bytes.data(), bytes.size());
    low ^= hash.low64;
    high ^= hash.high64;
  }
};

void append_counted(std::string& bytes, std::string_view view) {
  bytes.resize(bytes.size() + counted_size(view));
  put_counted(bytes.data() + bytes.size() - counted_size(view), view);
}

void append_number(std::string& bytes, uint64_t number) {
  bytes.append(reinterpret_cast<const char*>(&number), sizeof number);
}

std::string canonical(uint32_t db, const Entry& entry) {
  std::string bytes;
  append_number(bytes, db);
  append_number(bytes, static_cast<uint64_t>(entry.deadline_ms));
  bytes.push_back(static_cast<char>(entry.type));
  append_counted(bytes, entry.key());
  if (entry.type == ValueType::kString) {
    bytes += string_of(entry);
    return bytes;
  }
  Sum items;
  collection_for_each(entry, [&](std::string_view name, std::string_view value) {
    std::string item;
    append_counted(item, name);
    item += value;
    items.mix(item);
    return true;
  });
  append_number(bytes, items.low);
  append_number(bytes, items.high);
  return bytes;
}

}  // namespace

std::string Store::digest() const {
  Sum sum;
  for (uint32_t number = 0; number < databases(); number++) {
    const Database& db = impl_->keyspace.db(number);
    for (uint32_t slot = 0; db.slots != nullptr && slot < kSlots; slot++) {
      db.slots[slot].table.for_each([&](const Entry& entry) {
        if (entry.has_value()) sum.mix(canonical(number, entry));
        return true;
      });
    }
  }
  constexpr size_t kDigits = 40;
  static constexpr char kHex[] = "0123456789abcdef";
  std::string text(kDigits, '0');
  for (int digit = 0; digit < 16; digit++) {
    text[static_cast<size_t>(digit)] = kHex[sum.high >> (60 - 4 * digit) & 15];
    text[size_t{16} + static_cast<size_t>(digit)] = kHex[sum.low >> (60 - 4 * digit) & 15];
  }
  return text;
}

}  // namespace onggi
