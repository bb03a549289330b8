// Expiry, on the master: a key past its deadline is removed by an operation like any other, each in its own record.
#include <algorithm>

#include "storage/store_impl.h"

namespace onggi {

namespace {

void lower(int64_t& least, int64_t deadline_ms) {
  if (deadline_ms != 0 && (least == 0 || deadline_ms < least)) least = deadline_ms;
}

}  // namespace

std::optional<WallTime> Store::next_expiry() const {
  int64_t least = 0;
  for (const auto& db : impl_->keyspace.all()) {
    for (const int64_t earliest : db->group_earliest) lower(least, earliest);
  }
  if (least == 0) return std::nullopt;
  return WallTime{least + 1};
}

Store::Expired Store::expire_some(size_t limit) {
  Expired result;
  std::vector<std::string> keys;
  for (uint32_t number = 0; number < databases(); number++) {
    Database& db = impl_->keyspace.db(number);
    for (uint32_t group = 0; group < kGroups; group++) {
      if (db.group_earliest[group] == 0 || impl_->now.ms <= db.group_earliest[group]) continue;
      int64_t group_least = 0;
      for (uint32_t at = group * kSlotsPerGroup; at < (group + 1) * kSlotsPerGroup; at++) {
        Slot& slot = db.slots[at];
        if (slot.earliest == 0 || impl_->now.ms <= slot.earliest) {
          lower(group_least, slot.earliest);
          continue;
        }
        if (result.removed >= limit) {
          result.more = true;
          return result;
        }
        keys.clear();
        int64_t least = 0;
        slot.table.for_each([&](const Entry& entry) {
          if (impl_->expired(entry) && result.removed + keys.size() < limit) {
            keys.emplace_back(entry.key());
          } else {
            lower(least, entry.deadline_ms);
          }
          return true;
        });
        for (const std::string& key : keys) {
          begin();
          remove(number, key);
          commit();
        }
        result.removed += keys.size();
        impl_->expired_keys += keys.size();
        slot.earliest = least;
        lower(group_least, least);
      }
      db.group_earliest[group] = group_least;
    }
  }
  result.more = next_expiry() && *next_expiry() <= impl_->now;
  return result;
}

}  // namespace onggi
