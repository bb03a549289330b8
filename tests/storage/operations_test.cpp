#include "storage/operations.h"

#include <doctest/doctest.h>

#include "tests/storage/fake_log.h"

using namespace onggi;
using namespace std::string_view_literals;

namespace {

std::string bytes_of(Operation operation) {
  FakeLog log;
  log.begin_record(RecordType::kOperations);
  append_operation(log, operation);
  log.end_record();
  return log.records.back().payload;
}

Operation make(OperationKind kind, uint8_t flags, uint32_t db, std::string_view key, std::string_view other = {}) {
  Operation operation;
  operation.kind = kind;
  operation.flags = flags;
  operation.db = db;
  operation.key = key;
  operation.other = other;
  return operation;
}

std::vector<Operation> one_of_each(std::span<const FieldValue> fields, std::span<const std::string_view> names) {
  std::vector<Operation> all;
  all.push_back(make(OperationKind::kPutString, kExisted | kHasDeadline, 1, "k", "value"));
  all.back().deadline_ms = 0x0102030405060708;
  all.push_back(make(OperationKind::kPatchString, 0, 0, "k", "x"));
  all.back().number = 300;
  all.push_back(make(OperationKind::kRemove, kExisted | kHadDeadline, 2, "k"));
  all.push_back(make(OperationKind::kSetExpiry, kExisted, 0, "k"));
  all.push_back(make(OperationKind::kHashSet, 0, 0, "k"));
  all.back().fields = fields;
  for (const auto kind : {OperationKind::kHashRemove, OperationKind::kSetAdd, OperationKind::kSetRemove}) {
    all.push_back(make(kind, 0, 0, "k"));
    all.back().names = names;
  }
  all.push_back(make(OperationKind::kRename, 0, 0, "k", "to"));
  all.push_back(make(OperationKind::kCopy, 0, 0, "k", "to"));
  all.back().other_db = 3;
  all.push_back(make(OperationKind::kFlush, 0, 5, ""));
  all.back().number = 17;
  all.push_back(make(OperationKind::kFlushAll, 0, 0, ""));
  all.back().number = 200;
  all.push_back(make(OperationKind::kSwap, 0, 1, ""));
  all.back().other_db = 2;
  return all;
}

}  // namespace

TEST_CASE("the bytes of each operation are those of FORMAT.md") {
  const std::vector<FieldValue> fields = {{"f", "v"}, {"g", ""}};
  const std::vector<std::string_view> names = {"f", "gh"};
  const std::string_view golden[] = {
      "\x01\x05\x01\x08\x07\x06\x05\x04\x03\x02\x01\x01k\x05value"sv,
      "\x02\x00\x00\x01k\xac\x02\x01x"sv,
      "\x03\x03\x02\x01k"sv,
      "\x04\x01\x00\x01k"sv,
      "\x05\x00\x00\x01k\x02\x01\x66\x01v\x01g\x00"sv,
      "\x06\x00\x00\x01k\x02\x01\x66\x02gh"sv,
      "\x07\x00\x00\x01k\x02\x01\x66\x02gh"sv,
      "\x08\x00\x00\x01k\x02\x01\x66\x02gh"sv,
      "\x09\x00\x00\x01k\x02to"sv,
      "\x0a\x00\x00\x01k\x03\x02to"sv,
      "\x0b\x00\x05\x11"sv,
      "\x0c\x00\x00\xc8\x01"sv,
      "\x0d\x00\x01\x02"sv,
  };
  const std::vector<Operation> all = one_of_each(fields, names);
  REQUIRE(all.size() == std::size(golden));
  for (size_t i = 0; i < all.size(); i++) {
    CAPTURE(i);
    CHECK(bytes_of(all[i]) == golden[i]);
    OperationReader reader(golden[i], 16);
    const auto read = reader.next();
    REQUIRE(read);
    CHECK(reader.at_end());
    CHECK(bytes_of(*read) == golden[i]);
  }
}

TEST_CASE("what is cut short, unknown or out of range is refused") {
  const std::vector<FieldValue> fields = {{"f", "v"}, {"g", ""}};
  const std::vector<std::string_view> names = {"f", "gh"};
  for (const Operation& operation : one_of_each(fields, names)) {
    const std::string whole = bytes_of(operation);
    for (size_t size = 1; size < whole.size(); size++) {
      OperationReader reader(std::string_view(whole).substr(0, size), 16);
      CHECK_FALSE(reader.next());
    }
  }
  for (const std::string_view bad :
       {"\x00\x00\x00\x01k"sv, "\x0e\x00\x00"sv, "\x03\x08\x00\x01k"sv, "\x03\x00\x10\x01k"sv, "\x0d\x00\x01\x10"sv,
        "\x05\x00\x00\x01k\x00"sv, "\x03\x00\x80\x00\x01k"sv, "\x02\x00\x00\x01k\xff\xff\xff\xff\x7f\x01x"sv}) {
    OperationReader reader(bad, 16);
    CHECK_FALSE(reader.next());
  }
}

TEST_CASE("any bytes either apply or are refused") {
  const std::vector<FieldValue> fields = {{"f", "v"}, {"g", ""}};
  const std::vector<std::string_view> names = {"f", "gh"};
  const std::vector<Operation> all = one_of_each(fields, names);
  Random random(11);
  FakeLog log;
  Store store(log, {});
  int applied = 0;
  for (int round = 0; round < 20000; round++) {
    std::string payload;
    for (uint64_t left = 1 + random.below(3); left > 0; left--) payload += bytes_of(all[random.below(all.size())]);
    if (payload[0] == 2 && random.below(4) != 0) payload[0] = 1;
    for (uint64_t left = random.below(3); left > 0; left--) {
      payload[random.below(payload.size())] = static_cast<char>(random.next());
    }
    const RecordView record{RecordType::kOperations, {}, {}, payload};
    if (store.apply(record, [](DbId, uint16_t, std::string_view) { return std::optional<std::string>(); })) applied++;
    store.free_some(10);
  }
  CHECK(applied > 1000);
  CHECK(applied < 20000);
}

TEST_CASE("first key: of each kind that has one, and of nothing else") {
  const std::vector<FieldValue> fields = {{"f", "v"}};
  const std::vector<std::string_view> names = {"f"};
  for (const Operation& operation : one_of_each(fields, names)) {
    CAPTURE(static_cast<int>(operation.kind));
    const std::string bytes = bytes_of(operation);
    const std::string twice = bytes + bytes;
    const auto first = first_key(twice, 16);
    REQUIRE(first.has_value() == (operation.kind < OperationKind::kFlush));
    if (!first) continue;
    CHECK(first->key == "k");
    CHECK(first->db == operation.db);
    if (operation.db > 0) CHECK_FALSE(first_key(bytes, operation.db));  // there is no such database
  }
  const std::string whole = bytes_of(make(OperationKind::kRemove, 0, 0, "key"));
  for (size_t size = 0; size < whole.size(); size++)
    CHECK_FALSE(first_key(std::string_view(whole).substr(0, size), 16));
  CHECK_FALSE(first_key("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 16));
}
