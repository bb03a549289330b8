#include "storage/value_codec.h"

#include <doctest/doctest.h>

#include "storage/collections.h"

using namespace onggi;
using namespace std::string_view_literals;

namespace {

struct Fixture {
  Heap heap{0};
  StoreOptions options;
  Entry* entry = make_entry(heap, "key", 0);
  ~Fixture() {
    delete drop_value(heap, entry);
    free_entry(heap, entry);
    CHECK(heap.bytes() == 0);
  }
  bool decode(std::string_view bytes) {
    Entry* decoded = decode_value(heap, entry, options, bytes);
    if (decoded != nullptr) entry = decoded;
    return decoded != nullptr;
  }
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "a string in the tier is what FORMAT.md says") {
  entry = set_string(heap, entry, "value");
  entry->deadline_ms = 0x0102030405060708;
  const std::string bytes = encode_value(*entry);
  CHECK(bytes == "\x08\x07\x06\x05\x04\x03\x02\x01\x01value"sv);
  CHECK(encoded_deadline(bytes)->ms == 0x0102030405060708);
  entry = set_string(heap, entry, "");
  entry->deadline_ms = 0;
  CHECK(encode_value(*entry) == "\0\0\0\0\0\0\0\0\x01"sv);
}

TEST_CASE_FIXTURE(Fixture, "a hash in the tier, packed or not") {
  const std::string_view golden = "\0\0\0\0\0\0\0\0\x02\x02\x01\x66\x01v\x02gh\x00"sv;
  entry = collection_begin(heap, entry, ValueType::kHash);
  entry = collection_set(heap, entry, options, "f", "v");
  entry = collection_set(heap, entry, options, "gh", "");
  CHECK(encode_value(*entry) == golden);
  CHECK_FALSE(HashView(*entry).get("g").has_value());
  options.hash_max_packed_entries = 1;
  delete drop_value(heap, entry);
  REQUIRE(decode(golden));
  CHECK(entry->form == Form::kBig);
  CHECK(HashView(*entry).get("f") == "v");
  CHECK(HashView(*entry).get("gh") == "");
  CHECK(encode_value(*entry).size() == golden.size());
}

TEST_CASE_FIXTURE(Fixture, "a set in the tier") {
  const std::string_view golden = "\0\0\0\0\0\0\0\0\x03\x02\x01m\x02no"sv;
  REQUIRE(decode(golden));
  CHECK(entry->form == Form::kPacked);
  CHECK(SetView(*entry).contains("no"));
  CHECK(encode_value(*entry) == golden);
}

TEST_CASE_FIXTURE(Fixture, "bytes that are no value are refused, and change nothing") {
  for (const std::string_view bad :
       {""sv, "\0\0\0\0\0\0\0\0"sv, "\0\0\0\0\0\0\0\0\x00"sv, "\0\0\0\0\0\0\0\0\x04"sv, "\0\0\0\0\0\0\0\0\x02"sv,
        "\0\0\0\0\0\0\0\0\x02\x00"sv, "\0\0\0\0\0\0\0\0\x02\x01\x01m"sv, "\0\0\0\0\0\0\0\0\x03\x01\x02m"sv,
        "\0\0\0\0\0\0\0\0\x03\x01\x01mx"sv}) {
    CHECK_FALSE(decode(bad));
    CHECK(entry->form == Form::kNone);
  }
}
