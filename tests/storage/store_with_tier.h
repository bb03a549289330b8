// A store with a tier behind it, for tests: reads what only the tier has, and takes cuts step by step.
#pragma once

#include <doctest/doctest.h>

#include <memory>
#include <optional>
#include <string>

#include "storage/store.h"
#include "tests/storage/fake_store_tier.h"

namespace onggi {

// A store with the tier behind it.
struct StoreWithTier {
  StoreWithTier(Log& the_log, const StoreOptions& the_options)
      : log(the_log), options(the_options), store(std::make_unique<Store>(log, options)) {}

  std::optional<std::string> read(uint32_t db, const std::string& key) const {
    return tier.get(store->id(db), slot_of(key), key);
  }
  void settle(uint32_t db, const std::string& key, Part part = Part::kValue) {
    if (store->residency(db, key, part) == Residency::kInTier) {
      std::optional<std::string> value = read(db, key);
      if (value && part == Part::kHeader) value->resize(9);
      REQUIRE(store->loaded(db, key, value, 0, part) == Store::LoadOutcome::kSettled);
    }
    REQUIRE(store->residency(db, key, part) == Residency::kInMemory);
  }
  void load_all() {
    while (const auto next = store->next_incomplete_slot()) {
      const auto [db, slot] = *next;
      const DbId id = store->id(db);
      REQUIRE(store->slot_loaded(db, id, slot, tier.slot(id, slot)) == Store::LoadOutcome::kSettled);
    }
  }
  void step_cut(Random& random) {
    if (store->cut_active()) {
      if (store->encode_cut(1 + random.below(300))) batch = store->take_cut();
    } else if (store->cut_pending()) {
      REQUIRE(tier.write(batch));
      store->cut_written();
    } else {
      store->begin_cut();
    }
  }
  void finish_cut(Random& random) {
    while (store->cut_active() || store->cut_pending()) step_cut(random);
  }

  Log& log;
  StoreOptions options;
  FakeStoreTier tier;
  std::unique_ptr<Store> store;
  TierBatch batch;
};

}  // namespace onggi
