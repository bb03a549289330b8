#include <doctest/doctest.h>

#include <string>

#include "storage/store.h"

using namespace onggi;

TEST_CASE("slots are Redis Cluster's") {
  // What CLUSTER KEYSLOT of redis-server 7.0 answers.
  CHECK(slot_of("") == 0);
  CHECK(slot_of("123456789") == 0x31c3 % kSlots);
  CHECK(slot_of("foo") == 12182);
  CHECK(slot_of("bar") == 5061);
  CHECK(slot_of("{user1000}.following") == slot_of("{user1000}.followers"));
  CHECK(slot_of("foo{}{bar}") != slot_of("bar"));
  CHECK(slot_of("foo{{bar}}zap") == slot_of("{bar"));
  CHECK(slot_of("foo{bar}{zap}") == slot_of("bar"));
  CHECK(slot_of("foo{bar") == slot_of("foo{bar"));
}

TEST_CASE("eight bytes a step is the same as one") {
  const auto slowly = [](std::string_view bytes) {
    uint16_t crc = 0;
    for (const char c : bytes) {
      crc = static_cast<uint16_t>(crc ^ static_cast<uint8_t>(c) << 8);
      for (int bit = 0; bit < 8; bit++) crc = static_cast<uint16_t>((crc << 1) ^ ((crc & 0x8000) ? 0x1021 : 0));
    }
    return crc % kSlots;
  };
  std::string key;
  for (int i = 0; i < 100; i++) {
    CHECK(slot_of(key) == slowly(key));
    key.push_back(static_cast<char>('A' + i * 7 % 50));
    if (key.back() == '{') key.back() = '_';
  }
}
