#include "storage/entry.h"

#include <doctest/doctest.h>

#include <string>

#include "storage/collections.h"

using namespace onggi;

namespace {
struct Fixture {
  Heap heap{0};
  Entry* entry = make_entry(heap, std::string(37, 'k'), 400);
  ~Fixture() {
    delete drop_value(heap, entry);
    free_entry(heap, entry);
    CHECK(heap.bytes() == 0);
  }
};
}  // namespace

TEST_CASE_FIXTURE(Fixture, "a session of 400 bytes takes no more than 488, and keeps its block when written anew") {
  entry = set_string(heap, entry, std::string(400, 'v'));
  CHECK(memory_of(*entry) <= 488);
  const Entry* before = entry;
  entry = set_string(heap, entry, std::string(390, 'w'));
  CHECK(entry == before);
  CHECK(string_of(*entry) == std::string(390, 'w'));
  entry = set_string(heap, entry, "short");
  CHECK(memory_of(*entry) < 150);
}

TEST_CASE_FIXTURE(Fixture, "strings grow from the block to a block of their own, and come back") {
  std::string plain;
  for (int i = 0; i < 3000; i++) {
    entry = patch_string(heap, entry, plain.size(), "0123456789");
    plain += "0123456789";
  }
  CHECK(entry->form == Form::kOutside);
  CHECK(string_of(*entry) == plain);
  entry = patch_string(heap, entry, plain.size() + 2, "x");
  CHECK(string_of(*entry) == plain + std::string(2, '\0') + "x");
  entry = set_string(heap, entry, std::string(20000, 'y'));
  CHECK(string_of(*entry) == std::string(20000, 'y'));
  entry = set_string(heap, entry, "small");
  CHECK(entry->form == Form::kInline);
  CHECK(entry->key() == std::string(37, 'k'));
}

TEST_CASE_FIXTURE(Fixture, "encodings are named as Redis names them") {
  const auto encoding = [&](std::string_view value) {
    entry = set_string(heap, entry, value);
    return std::string(encoding_of(*entry));
  };
  CHECK(encoding("12345") == "int");
  CHECK(encoding("-1") == "int");
  CHECK(encoding("-0") == "embstr");
  CHECK(encoding("01") == "embstr");
  CHECK(encoding("9223372036854775808") == "embstr");
  CHECK(encoding(std::string(44, 'x')) == "embstr");
  CHECK(encoding(std::string(45, 'x')) == "raw");
}

TEST_CASE_FIXTURE(Fixture, "a packed hash keeps the order of its fields, and unpacks at its limits") {
  StoreOptions options;
  entry = collection_begin(heap, entry, ValueType::kHash);
  for (const char* field : {"a", "b", "c"}) entry = collection_set(heap, entry, options, field, field);
  entry = collection_set(heap, entry, options, "a", "a longer value");
  entry = collection_erase(heap, entry, "b");
  std::string seen;
  HashView(*entry).for_each([&](std::string_view field, std::string_view value) {
    seen += std::string(field) + "=" + std::string(value) + ";";
    return true;
  });
  CHECK(seen == "a=a longer value;c=c;");
  CHECK(std::string(encoding_of(*entry)) == "listpack");
  entry = collection_set(heap, entry, options, "d", std::string(64, 'v'));
  CHECK(entry->form == Form::kPacked);
  entry = collection_set(heap, entry, options, "e", std::string(65, 'v'));
  CHECK(entry->form == Form::kBig);
  CHECK(HashView(*entry).size() == 4);
  CHECK(HashView(*entry).get("a") == "a longer value");
}
