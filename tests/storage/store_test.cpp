#include "storage/store.h"

#include <doctest/doctest.h>

#include <set>

#include "tests/storage/fake_log.h"
#include "tests/storage/fake_store_tier.h"

using namespace onggi;

namespace {

struct Fixture {
  FakeLog log;
  Store store{log, StoreOptions{}};
  Fixture() { store.set_now({1000}); }
  template <class Change>
  std::optional<Offset> change(Change change) {
    store.begin();
    change();
    return store.commit();
  }
  std::string get(std::string_view key, uint32_t db = 0) {
    const Entry* entry = store.find(db, key);
    return entry == nullptr ? "(absent)" : std::string(string_of(*entry));
  }
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "a command that changes nothing makes no record") {
  CHECK_FALSE(change([] {}).has_value());
  CHECK(change([&] { store.put_string(0, "k", "v", {}); }).has_value());
  CHECK(log.records.size() == 1);
  CHECK(get("k") == "v");
  CHECK(store.size(0) == 1);
}

TEST_CASE_FIXTURE(Fixture, "an expired key is absent, and removed before it is written anew") {
  change([&] { store.put_string(0, "k", "v", {2000}); });
  store.set_now({2000});
  CHECK(get("k") == "v");
  store.set_now({2001});
  CHECK(get("k") == "(absent)");
  CHECK(store.size(0) == 1);
  change([&] {
    const std::string_view member = "m";
    store.set_add(0, "k", {&member, 1});
  });
  CHECK(type_of(*store.find(0, "k")) == ValueType::kSet);
  CHECK(expiry_of(*store.find(0, "k")).ms == 0);
  CHECK(store.size(0) == 1);
  CHECK(store.expires(0) == 0);
}

TEST_CASE_FIXTURE(Fixture, "expire_some removes in records of their own, up to its limit") {
  for (int i = 0; i < 10; i++) {
    change([&] { store.put_string(0, "k" + std::to_string(i), "v", {1000 + i}); });
  }
  REQUIRE(store.next_expiry().has_value());
  CHECK(store.next_expiry()->ms == 1001);
  store.set_now({1006});
  const size_t records = log.records.size();
  auto expired = store.expire_some(4);
  CHECK(expired.removed == 4);
  CHECK(expired.more);
  expired = store.expire_some(4);
  CHECK(expired.removed == 2);
  CHECK_FALSE(expired.more);
  CHECK(log.records.size() == records + 6);
  CHECK(store.size(0) == 4);
  CHECK(store.expires(0) == 4);
  CHECK(store.next_expiry()->ms == 1007);
}

TEST_CASE_FIXTURE(Fixture, "rename and copy carry the deadline, and replace") {
  change([&] {
    store.put_string(0, "a", std::string(100000, 'x'), {5000});
    store.put_string(0, "b", "old", {6000});
    store.rename(0, "a", "b");
  });
  CHECK(get("a") == "(absent)");
  CHECK(get("b").size() == 100000);
  CHECK(expiry_of(*store.find(0, "b")).ms == 5000);
  CHECK(store.size(0) == 1);
  CHECK(store.expires(0) == 1);
  change([&] { store.copy(0, "b", 3, "c"); });
  CHECK(get("c", 3) == get("b"));
  CHECK(store.size(3) == 1);
  CHECK(store.expires(3) == 1);
}

TEST_CASE_FIXTURE(Fixture, "flush gives a database a new identity, swap exchanges two") {
  const DbId before = store.id(0);
  change([&] { store.put_string(0, "a", "1", {}); });
  change([&] { store.swap(0, 1); });
  CHECK(get("a", 1) == "1");
  CHECK(store.id(1) == before);
  change([&] { store.flush(1); });
  CHECK(get("a", 1) == "(absent)");
  CHECK(store.id(1) != before);
  CHECK_FALSE(change([&] { store.flush(1); }).has_value());
  while (store.free_some(10) > 0) continue;
}

TEST_CASE_FIXTURE(Fixture, "a scan sees all keys, also while the keyspace grows and shrinks") {
  for (int i = 0; i < 3000; i++) change([&] { store.put_string(0, "{t}stay" + std::to_string(i), "v", {}); });
  std::set<std::string> seen;
  uint64_t cursor = 0;
  int round = 0;
  do {
    cursor = store.scan(0, cursor, 10, [&](std::string_view key, const Entry&) { seen.insert(std::string(key)); });
    CHECK(cursor < (1ull << 53));
    for (int i = 0; i < 40; i++) {
      const std::string key = "{t}come" + std::to_string(round * 40 + i);
      change([&] { store.put_string(0, key, "v", {}); });
    }
    for (int i = 0; round > 50 && i < 60; i++) {
      const std::string key = "{t}come" + std::to_string((round - 51) * 60 + i);
      if (store.find(0, key) != nullptr) change([&] { store.remove(0, key); });
    }
    round++;
  } while (cursor != 0);
  for (int i = 0; i < 3000; i++) CHECK(seen.contains("{t}stay" + std::to_string(i)));
  CHECK(round > 100);
}

TEST_CASE_FIXTURE(Fixture, "every key is found by random_entry") {
  Random random(7);
  CHECK(store.random_entry(0, random) == nullptr);
  for (int i = 0; i < 5; i++) change([&] { store.put_string(0, std::to_string(i), "v", {}); });
  std::set<std::string> seen;
  for (int i = 0; i < 500; i++) seen.insert(std::string(key_of(*store.random_entry(0, random))));
  CHECK(seen.size() == 5);
}

TEST_CASE("a key that only the tier has is loaded; what happened meanwhile wins") {
  FakeLog log;
  FakeStoreTier tier;
  {
    Store store(log, {});
    store.begin();
    store.put_string(0, "a", "1", {});
    store.put_string(0, "b", "2", {9000});
    store.commit();
    store.begin_cut();
    REQUIRE(store.encode_cut(1 << 20));
    REQUIRE(tier.write(store.take_cut()));
    store.cut_written();
  }
  Store store(log, {}, tier.meta);
  CHECK(store.size(0) == 2);
  CHECK(store.residency(0, "a") == Residency::kInTier);
  CHECK(store.residency(1, "a") == Residency::kInMemory);
  const uint64_t ticket = store.read_ticket(0, slot_of("a"));
  const auto value = tier.get(store.id(0), slot_of("a"), "a");
  CHECK(store.loaded(0, "a", value, ticket) == Store::LoadOutcome::kSettled);
  CHECK(string_of(*store.find(0, "a")) == "1");
  CHECK(store.loaded(0, "none", std::nullopt) == Store::LoadOutcome::kSettled);
  CHECK(store.residency(0, "none") == Residency::kInMemory);
  CHECK(store.find(0, "none") == nullptr);

  SUBCASE("a removed key stays removed until the tier knows") {
    store.begin();
    store.remove(0, "a");
    store.commit();
    CHECK(store.residency(0, "a") == Residency::kInMemory);
    CHECK(store.loaded(0, "a", value, ticket) == Store::LoadOutcome::kSettled);
    CHECK(store.find(0, "a") == nullptr);
    store.begin_cut();
    CHECK(store.encode_cut(1 << 20));
    CHECK(tier.write(store.take_cut()));
    store.cut_written();
    while (store.free_some(100) > 0) continue;
    CHECK(store.residency(0, "a") == Residency::kInTier);
    CHECK(store.loaded(0, "a", value, ticket) == Store::LoadOutcome::kSuperseded);
    CHECK_FALSE(tier.get(store.id(0), slot_of("a"), "a").has_value());
  }
  SUBCASE("a slot read whole makes it complete") {
    const uint16_t slot = slot_of("b");
    CHECK(store.slot_loaded(0, store.id(0), slot, tier.slot(store.id(0), slot)) == Store::LoadOutcome::kSettled);
    CHECK(store.complete(0, slot));
    CHECK(string_of(*store.find(0, "b")) == "2");
    CHECK(store.next_expiry()->ms == 9001);
  }
  SUBCASE("bytes that are no value are refused") {
    CHECK(store.loaded(0, "b", std::string("short")) == Store::LoadOutcome::kUndecodable);
    CHECK(store.residency(0, "b") == Residency::kInTier);
    CHECK(store.stats().undecodable_values == 1);
  }
}

TEST_CASE("a value that can't be read is not one that isn't there") {
  FakeLog log;
  FakeStoreTier tier;
  const std::vector<FieldValue> fields = {{"user", "7"}, {"lastAccess", "1"}};
  Store store(log, {});
  store.begin();
  store.hash_set(0, "sess:1", fields);
  store.commit();
  store.begin_cut();
  REQUIRE(store.encode_cut(1 << 20));
  REQUIRE(tier.write(store.take_cut()));
  store.cut_written();
  store.begin();
  store.hash_set(0, "sess:1", std::vector<FieldValue>{{"lastAccess", "99"}});
  store.commit();

  Store replica(log, {}, tier.meta);
  const RecordView record = log.records.back().view();
  const auto unreadable = [](DbId, uint16_t, std::string_view) -> Result<std::optional<std::string>> {
    return Error{"a broken disk"};
  };
  const Result<void> applied = replica.apply(record, unreadable);
  REQUIRE_FALSE(applied);
  CHECK(applied.error().message.starts_with("a broken disk, in the record at offset "));
  const auto damaged = [](DbId, uint16_t, std::string_view) { return std::optional<std::string>("short"); };
  REQUIRE_FALSE(replica.apply(record, damaged));
  CHECK(replica.residency(0, "sess:1") == Residency::kInTier);
  REQUIRE(replica.apply(record, [&](DbId db, uint16_t slot, std::string_view key) { return tier.get(db, slot, key); }));
  CHECK(HashView(*replica.find(0, "sess:1")).size() == 2);
}

TEST_CASE("a deadline that the stream sets on a key in the tier waits for the value") {
  FakeLog log;
  FakeStoreTier tier;
  {
    Store store(log, {});
    store.begin();
    store.put_string(0, "a", "1", {});
    store.put_string(0, "b", "2", {9000});
    store.commit();
    store.begin_cut();
    REQUIRE(store.encode_cut(1 << 20));
    REQUIRE(tier.write(store.take_cut()));
    store.cut_written();
  }
  Store store(log, {}, tier.meta);
  std::string payload;
  payload += '\x04';                                  // kSetExpiry
  payload += '\x07';                                  // existed, had a deadline, has one
  payload += '\0';                                    // database
  payload += std::string("\x10\x27\0\0\0\0\0\0", 8);  // 10000
  payload +=
      "\x01"
      "b";
  const RecordView record{RecordType::kOperations, {}, {}, payload};
  REQUIRE(store.apply(record, [](DbId, uint16_t, std::string_view) { return std::optional<std::string>(); }));
  CHECK(store.residency(0, "b") == Residency::kInTier);
  CHECK(store.find(0, "b") == nullptr);
  CHECK(store.expires(0) == 1);
  store.begin_cut();
  CHECK(store.encode_cut(1 << 20));
  const TierBatch batch = store.take_cut();
  REQUIRE(batch.touches.size() == 1);
  CHECK(batch.touches[0].expire_at.ms == 10000);
  const auto stale = tier.get(store.id(0), slot_of("b"), "b");
  CHECK(store.loaded(0, "b", stale) == Store::LoadOutcome::kSettled);
  CHECK(expiry_of(*store.find(0, "b")).ms == 10000);
  CHECK(tier.write(batch));
}

TEST_CASE("what only the tier has expires: slots are read when something in them may have") {
  FakeLog log;
  FakeStoreTier tier;
  Store store(log, {});
  Random random(3);
  store.set_now({1000});
  for (int i = 0; i < 100; i++) {
    store.begin();
    store.put_string(0, "k" + std::to_string(i), "v", {i % 4 == 0 ? 0 : 1000 + i});
    store.commit();
  }
  const auto cut = [&] {
    store.begin_cut();
    REQUIRE(store.encode_cut(1 << 30));
    REQUIRE(tier.write(store.take_cut()));
    store.cut_written();
    while (store.free_some(100) > 0) continue;
  };
  cut();
  SUBCASE("after they were evicted") {
    for (int i = 0; i < 1000; i++) store.evict(0, 100000, random);
    REQUIRE(store.keys_in_slot(0, slot_of("k1")) == 0);
  }
  SUBCASE("after a restart") {
    store.reset(tier.meta);
  }
  uint32_t cursor = 0;
  const auto sweep = [&] {
    size_t slots = 0;
    while (const auto due = store.next_expired_slot(cursor, 16 * kSlots)) {
      const DbId id = store.id(due->first);
      const uint64_t ticket = store.read_ticket(due->first, due->second);
      CHECK(store.take_expired(due->first, id, due->second, tier.slot(id, due->second), ticket + 1) == 0);
      store.take_expired(due->first, id, due->second, tier.slot(id, due->second), ticket);
      REQUIRE(++slots <= kSlots);
    }
    while (store.expire_some(10).removed > 0) continue;
    return slots;
  };
  sweep();
  CHECK(store.size(0) == 100);
  CHECK(sweep() == 0);
  store.set_now({1052});
  CHECK(sweep() > 0);
  CHECK(store.size(0) == 25 + 36);
  CHECK(store.expires(0) == 36);
  CHECK(sweep() == 0);
  cut();
  CHECK(tier.values.size() == 25 + 36);
  store.set_now({2000});
  sweep();
  CHECK(store.size(0) == 25);
  CHECK(store.expires(0) == 0);
  CHECK(sweep() == 0);
}

TEST_CASE("evicted keys are in the tier, and dirty ones stay") {
  FakeLog log;
  FakeStoreTier tier;
  Store store(log, {});
  Random random(3);
  for (int i = 0; i < 1000; i++) {
    store.begin();
    store.put_string(0, "k" + std::to_string(i), std::string(100, 'v'), {});
    store.commit();
  }
  CHECK(store.evict(0, 100000, random) == 0);
  store.begin_cut();
  REQUIRE(store.encode_cut(1 << 30));
  CHECK(store.evict(0, 100000, random) == 0);
  REQUIRE(tier.write(store.take_cut()));
  CHECK(store.evict(0, 100000, random) == 0);
  store.cut_written();
  const uint64_t before = store.stats().memory_bytes;
  CHECK(store.evict(before - 50000, 1000000, random) > 100);
  CHECK(store.stats().memory_bytes <= before - 50000);
  CHECK(store.size(0) == 1000);
  CHECK(store.stats().slots_complete < kSlots);
  for (int i = 0; i < 1000; i++) {
    const std::string key = "k" + std::to_string(i);
    if (store.residency(0, key) == Residency::kInTier) {
      store.loaded(0, key, tier.get(store.id(0), slot_of(key), key));
    }
    CHECK(store.find(0, key) != nullptr);
  }
}
