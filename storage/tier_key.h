// Keys and deadlines as they lie in a tier: u64 database id, u16 slot, both big endian so that a database, and in it a
// slot, is one range of keys; then the key. A value's first 8 bytes are its deadline (i64 ms, little endian, 0: none),
// whatever follows (storage/value_codec.h): a touch changes nothing else.
#pragma once

#include <string>
#include <string_view>

#include "common/types.h"
#include "storage/little_endian.h"

namespace onggi {

inline constexpr size_t kTierPrefixBytes = 10;
inline constexpr size_t kDeadlineBytes = 8;

inline void append_big_endian(std::string& to, uint64_t value, int bytes) {
  for (int shift = (bytes - 1) * 8; shift >= 0; shift -= 8) to.push_back(static_cast<char>(value >> shift));
}

inline void append_tier_key(std::string& to, DbId db, uint16_t slot, std::string_view key) {
  append_big_endian(to, db.value, 8);
  append_big_endian(to, slot, 2);
  to += key;
}

inline std::string tier_key(DbId db, uint16_t slot, std::string_view key) {
  std::string bytes;
  bytes.reserve(kTierPrefixBytes + key.size());
  append_tier_key(bytes, db, slot, key);
  return bytes;
}

// The first tier key of a database: its keys are in [first_of(db), first_of(db + 1)).
inline std::string tier_database_begin(DbId db) {
  std::string bytes;
  append_big_endian(bytes, db.value, 8);
  return bytes;
}

// The first tier key behind a slot.
inline std::string tier_slot_end(DbId db, uint16_t slot) {
  return slot == 0xffff ? tier_database_begin({db.value + 1}) : tier_key(db, static_cast<uint16_t>(slot + 1), {});
}

// False: it is no value.
inline bool set_deadline(std::string& value, WallTime expire_at) {
  if (value.size() < kDeadlineBytes) return false;
  store_le(value.data(), expire_at.ms);
  return true;
}

}  // namespace onggi
