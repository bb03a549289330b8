// The bytes of a record and of a segment header (storage/FORMAT.md): golden, and nothing bad is taken for good.
#include "storage/record.h"

#include <doctest/doctest.h>

#include "common/random.h"
#include "storage/segment.h"

using namespace onggi;

namespace {

std::string sealed(RecordType type, std::string_view payload, const Fork& fork, Offset start) {
  std::string record(kRecordHeaderBytes, '\0');
  record += payload;
  seal_record(record.data(), type, payload.size(), fork, start);
  return record;
}

std::string hex(std::string_view bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const unsigned char c : bytes) {
    text.push_back(kDigits[c >> 4]);
    text.push_back(kDigits[c & 15]);
  }
  return text;
}

constexpr Fork kFork{{7}, {0x1122334455667788}};

}  // namespace

TEST_CASE("record: golden bytes") {
  CHECK(hex(sealed(RecordType::kOperations, "hello", kFork, {1000})) == "4ba60999050000000168656c6c6f");
  const std::string start = epoch_start_payload({8}, {0xaabbccdd}, {1700000000000});
  CHECK(hex(sealed(RecordType::kEpochStart, start, {{8}, {0xaabbccdd}}, {1014})) ==
        "0023624f18000000020800000000000000ddccbbaa000000000068e5cf8b010000");
}

TEST_CASE("record: what is sealed is decoded, at every length") {
  Random random(1);
  for (const size_t length : {0, 1, 8, 9, 100, 239, 240, 241, 1000, 100000}) {
    std::string payload(length, '\0');
    for (char& c : payload) c = static_cast<char>(random.next());
    const std::string bytes = sealed(RecordType::kOperations, payload, kFork, {5}) + "more";
    const Decoded decoded = decode_record(bytes, kFork, {5});
    REQUIRE(decoded.kind == Decoded::Kind::kWhole);
    CHECK(decoded.record.payload == payload);
    CHECK(decoded.record.start == Position{{7}, {5}});
    CHECK(decoded.record.end == Offset{5 + kRecordHeaderBytes + length});
  }
}

TEST_CASE("record: a part is a part, and says how much is needed") {
  const std::string bytes = sealed(RecordType::kOperations, "payload", kFork, {5});
  for (size_t size = 0; size < bytes.size(); size++) {
    const Decoded decoded = decode_record(std::string_view(bytes).substr(0, size), kFork, {5});
    REQUIRE(decoded.kind == Decoded::Kind::kPartial);
    CHECK(decoded.needed == (size < kRecordHeaderBytes ? kRecordHeaderBytes : bytes.size()));
  }
}

TEST_CASE("record: each flipped bit is found") {
  const std::string bytes = sealed(RecordType::kOperations, "payload", kFork, {5});
  for (size_t bit = 0; bit < bytes.size() * 8; bit++) {
    std::string flipped = bytes;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
    CHECK(decode_record(flipped, kFork, {5}).kind != Decoded::Kind::kWhole);
  }
}

TEST_CASE("record: one at a wrong place, or of another fork, is bad") {
  const std::string bytes = sealed(RecordType::kOperations, "payload", kFork, {5});
  CHECK(decode_record(bytes, kFork, {6}).kind == Decoded::Kind::kBad);
  CHECK(decode_record(bytes, {{8}, kFork.branch}, {5}).kind == Decoded::Kind::kBad);
  CHECK(decode_record(bytes, {kFork.epoch, {1}}, {5}).kind == Decoded::Kind::kBad);
}

TEST_CASE("record: an epoch-start begins its own epoch, and never goes back") {
  const Fork next{{9}, {42}};
  const std::string bytes = sealed(RecordType::kEpochStart, epoch_start_payload({9}, {42}, {1}), next, {5});
  const Decoded decoded = decode_record(bytes, kFork, {5});
  REQUIRE(decoded.kind == Decoded::Kind::kWhole);
  CHECK(decoded.record.start.epoch == Epoch{9});
  CHECK(parse_epoch_start(decoded.record) == EpochStart{{9}, {42}, {5}});
  CHECK(decode_record(bytes, {{10}, {1}}, {5}).kind == Decoded::Kind::kBad);
  CHECK(decode_record(bytes, next, {5}).kind == Decoded::Kind::kBad);
  CHECK(decode_record(bytes, {{9}, {41}}, {5}).kind == Decoded::Kind::kWhole);
}

TEST_CASE("record: random bytes are never a record, and a huge length asks for nothing") {
  Random random(2);
  for (int i = 0; i < 100000; i++) {
    std::string bytes(random.below(64), '\0');
    for (char& c : bytes) c = static_cast<char>(random.next());
    if (bytes.size() > 8 && random.below(2)) bytes[8] = static_cast<char>(1 + random.below(2));
    CHECK(decode_record(bytes, kFork, {5}).kind != Decoded::Kind::kWhole);
  }
  std::string huge = sealed(RecordType::kOperations, "", kFork, {5});
  huge[7] = '\xff';
  CHECK(decode_record(huge, kFork, {5}).kind == Decoded::Kind::kBad);
}

TEST_CASE("segment header: golden bytes, and what is encoded is decoded") {
  const SegmentHeader header{{4096}, 3, {4000}, {{{1}, {11}, {0}}, {{2}, {22}, {1234}}}};
  const std::string bytes = encode_segment_header(header);
  CHECK(hex(bytes) ==
        "4f4e4747494c4f47010000006400000000100000000000000300000000000000a00f00000000000002000000"
        "01000000000000000b000000000000000000000000000000"
        "02000000000000001600000000000000d204000000000000"
        "d95ad59b05401b1d");
  const Result<DecodedHeader> decoded = decode_segment_header(bytes + "records");
  REQUIRE(decoded);
  CHECK(decoded->bytes == bytes.size());
  CHECK(decoded->header.base == header.base);
  CHECK(decoded->header.lineage == header.lineage);
  CHECK(decoded->header.synced == header.synced);
  CHECK(decoded->header.history == header.history);
  for (size_t size = 0; size < bytes.size(); size++) CHECK_FALSE(decode_segment_header(bytes.substr(0, size)));
  for (size_t bit = 0; bit < bytes.size() * 8; bit++) {
    std::string flipped = bytes;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
    CHECK_FALSE(decode_segment_header(flipped));
  }
}

TEST_CASE("segment names") {
  CHECK(segment_name({0}) == "00000000000000000000.log");
  CHECK(segment_name({18446744073709551615ull}) == "18446744073709551615.log");
  CHECK(parse_segment_name("00000000000000004096.log") == Offset{4096});
  CHECK_FALSE(parse_segment_name("0000000000000000409x.log"));
  CHECK_FALSE(parse_segment_name("00000000000000004096.log.torn"));
  CHECK_FALSE(parse_segment_name("99999999999999999999.log"));
}
