#include <doctest/doctest.h>

#include "storage/store.h"
#include "tests/storage/fake_log.h"
#include "tests/storage/fake_store_tier.h"

using namespace onggi;

namespace {

struct Fixture {
  FakeLog log;
  FakeStoreTier tier;
  Store store{log, StoreOptions{}};

  void put(const std::string& key, const std::string& value) {
    store.begin();
    store.put_string(0, key, value, {});
    store.commit();
  }
  std::string in_tier(const std::string& key) {
    const auto value = tier.get(store.id(0), slot_of(key), key);
    return value ? value->substr(9) : "(absent)";
  }
  void finish() {
    while (!store.encode_cut(1)) continue;
    REQUIRE(tier.write(store.take_cut()));
    store.cut_written();
  }
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "a cut is the state at its beginning, whatever is written meanwhile") {
  for (int i = 0; i < 20; i++) put("k" + std::to_string(i), "old");
  const Position position = log.end();
  store.begin_cut();
  CHECK_FALSE(store.encode_cut(1));
  for (int i = 0; i < 20; i += 2) put("k" + std::to_string(i), "new");
  store.begin();
  store.remove(0, "k1");
  store.commit();
  put("late", "x");
  finish();
  CHECK(tier.meta.position == position);
  CHECK(tier.meta.databases[0].keys == 20);
  for (int i = 0; i < 20; i++) CHECK(in_tier("k" + std::to_string(i)) == "old");
  CHECK(in_tier("late") == "(absent)");
  CHECK(store.stats().dirty_keys == 12);
  store.begin_cut();
  finish();
  CHECK(in_tier("k0") == "new");
  CHECK(in_tier("k1") == "(absent)");
  CHECK(in_tier("late") == "x");
  CHECK(store.stats().dirty_keys == 0);
}

TEST_CASE_FIXTURE(Fixture, "a database flushed during a cut is still in it, and dropped by the next") {
  for (int i = 0; i < 20; i++) put("k" + std::to_string(i), "v");
  const DbId before = store.id(0);
  store.begin_cut();
  CHECK_FALSE(store.encode_cut(1));
  store.begin();
  store.flush(0);
  store.commit();
  put("k3", "after");
  while (store.free_some(5) > 0) continue;
  finish();
  CHECK(tier.values.size() == 20);
  CHECK(tier.meta.databases[0].id == before);
  store.begin_cut();
  finish();
  CHECK(tier.values.size() == 1);
  CHECK(in_tier("k3") == "after");
  const uint64_t memory = store.stats().memory_bytes;
  while (store.free_some(5) > 0) continue;
  CHECK(store.stats().memory_bytes < memory);
}

TEST_CASE_FIXTURE(Fixture, "one cut at a time") {
  put("a", "1");
  CHECK_FALSE(store.cut_active());
  store.begin_cut();
  CHECK(store.cut_active());
  REQUIRE(store.encode_cut(1 << 20));
  const TierBatch batch = store.take_cut();
  CHECK_FALSE(store.cut_active());
  CHECK(store.cut_pending());
  store.cut_written();
  CHECK_FALSE(store.cut_pending());
  CHECK(batch.puts.size() == 1);
}
