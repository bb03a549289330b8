#include "storage/big_map.h"

#include <doctest/doctest.h>

#include <map>
#include <set>
#include <string>

using namespace onggi;

namespace {
std::string name(uint64_t number) {
  return "field" + std::to_string(number);
}
}  // namespace

TEST_CASE("a big map is what a plain map is, and gives its memory back") {
  Heap heap(5);
  Random random(17);
  {
    BigMap map(heap);
    std::map<std::string, std::string> plain;
    for (int step = 0; step < 60000; step++) {
      const bool growing = step / 15000 % 2 == 0;
      const std::string field = name(random.below(8000));
      if (random.below(10) < (growing ? 8 : 2)) {
        const std::string value(random.below(20), 'v');
        REQUIRE(map.set(field, value) == plain.insert_or_assign(field, value).second);
      } else {
        REQUIRE(map.erase(field) == (plain.erase(field) == 1));
      }
      REQUIRE(map.size() == plain.size());
    }
    size_t count = 0;
    map.for_each([&](std::string_view field, std::string_view value) {
      CHECK(plain.at(std::string(field)) == value);
      return ++count > 0;
    });
    CHECK(count == plain.size());
    while (!plain.empty()) {
      REQUIRE(map.erase(plain.begin()->first));
      plain.erase(plain.begin());
    }
    CHECK(map.memory() == 0);
    CHECK(map.value_bytes() == 0);
  }
  CHECK(heap.bytes() == 0);
}

TEST_CASE("a scan returns what is there all the time, while the map grows to many times its size and shrinks") {
  Heap heap(6);
  BigMap map(heap);
  for (uint64_t i = 0; i < 500; i++) map.set(name(i), "");
  std::set<std::string> seen;
  uint64_t cursor = 0;
  uint64_t next = 500;
  do {
    cursor = map.scan(cursor, 5, [&](std::string_view field, std::string_view) { seen.emplace(field); });
    CHECK(cursor < (1ull << kCursorBits));
    const bool grow = next < 6000;
    for (int i = 0; i < 200 && grow; i++) map.set(name(next++), "");
    for (int i = 0; i < 400 && !grow && next > 500; i++) map.erase(name(--next));
    if (!grow && next <= 500) next = 500;
  } while (cursor != 0);
  for (uint64_t i = 0; i < 500; i++) CHECK(seen.contains(name(i)));
}

TEST_CASE("a map is drained in slices, and random() finds every field") {
  Heap heap(7);
  auto* map = new BigMap(heap);
  for (uint64_t i = 0; i < 3000; i++) map->set(name(i), "v");
  Random random(9);
  std::set<std::string> seen;
  for (int i = 0; i < 60000; i++) seen.emplace(map->random(random).name());
  CHECK(seen.size() == 3000);
  size_t most = 0;
  while (map->size() > 0) most = std::max(most, map->drain(100));
  CHECK(most < 500);
  delete map;
  CHECK(heap.bytes() == 0);
}
