// A tier in memory, for tests of the store: applies batches as the real one must.
#pragma once

#include <map>
#include <tuple>

#include "storage/encoding.h"
#include "storage/tier.h"

namespace onggi {

struct FakeStoreTier {
  using Key = std::tuple<uint64_t, uint16_t, std::string>;
  std::map<Key, std::string> values;
  TierMeta meta;

  static Key key_of(const TierBatch::Key& key) { return {key.db.value, key.slot, key.key}; }

  // False: the batch doesn't fit what is there (a touch of a value that isn't).
  bool write(const TierBatch& batch) {
    for (const DbId id : batch.drops) {
      std::erase_if(values, [&](const auto& item) { return std::get<0>(item.first) == id.value; });
    }
    for (const auto& key : batch.deletes) values.erase(key_of(key));
    for (const auto& touch : batch.touches) {
      const auto found = values.find(key_of(touch.key));
      if (found == values.end()) return false;
      put_i64(found->second.data(), touch.expire_at.ms);
    }
    for (const auto& put : batch.puts) values[key_of(put.key)] = put.value;
    meta = batch.meta;
    return true;
  }

  std::optional<std::string> get(DbId db, uint16_t slot, std::string_view key) const {
    const auto found = values.find({db.value, slot, std::string(key)});
    if (found == values.end()) return std::nullopt;
    return found->second;
  }

  std::vector<std::pair<std::string, std::string>> slot(DbId db, uint16_t slot) const {
    std::vector<std::pair<std::string, std::string>> found;
    for (auto at = values.lower_bound({db.value, slot, ""}); at != values.end(); ++at) {
      if (std::get<0>(at->first) != db.value || std::get<1>(at->first) != slot) break;
      found.emplace_back(std::get<2>(at->first), at->second);
    }
    return found;
  }
};

}  // namespace onggi
