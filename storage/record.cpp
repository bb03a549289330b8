// See the grammar in record.h and FORMAT.md.
#include "storage/record.h"

#include <algorithm>

#include "storage/little_endian.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace onggi {

namespace {

constexpr size_t kWalkChunkBytes = 1 << 20;

uint32_t checksum(std::string_view covered, const Fork& fork, Offset start) {
  char words[16];
  store_le(words, fork.epoch.value);
  store_le(words + 8, fork.branch.value);
  const uint64_t seed = XXH3_64bits(words, sizeof(words)) + start.value;
  return static_cast<uint32_t>(XXH3_64bits_withSeed(covered.data(), covered.size(), seed));
}

Decoded bad(const char* why) {
  Decoded decoded;
  decoded.kind = Decoded::Kind::kBad;
  decoded.why = why;
  return decoded;
}

Decoded partial(size_t needed) {
  Decoded decoded;
  decoded.needed = needed;
  return decoded;
}

}  // namespace

Fork fork_before(const History& history, Offset offset) {
  Fork fork;
  for (const EpochStart& start : history) {
    if (start.offset >= offset) break;
    fork = {start.epoch, start.branch};
  }
  return fork;
}

void seal_record(char* record, RecordType type, size_t payload_bytes, const Fork& fork, Offset start) {
  ONGGI_CHECK(payload_bytes <= kMaxPayloadBytes);
  store_le(record + 4, static_cast<uint32_t>(payload_bytes));
  record[8] = static_cast<char>(type);
  store_le(record, checksum({record + 4, kRecordHeaderBytes - 4 + payload_bytes}, fork, start));
}

std::string epoch_start_payload(Epoch epoch, BranchId branch, WallTime wall) {
  std::string payload;
  append_le(payload, epoch.value);
  append_le(payload, branch.value);
  append_le(payload, wall.ms);
  return payload;
}

std::optional<EpochStart> parse_epoch_start(const RecordView& record) {
  if (record.type != RecordType::kEpochStart || record.payload.size() != kEpochStartPayloadBytes) return std::nullopt;
  return EpochStart{
      {load_le<uint64_t>(record.payload.data())}, {load_le<uint64_t>(record.payload.data() + 8)}, record.start.offset};
}

Decoded decode_record(std::string_view bytes, const Fork& fork, Offset start) {
  if (bytes.size() < kRecordHeaderBytes) return partial(kRecordHeaderBytes);
  const size_t length = load_le<uint32_t>(bytes.data() + 4);
  const auto type = static_cast<RecordType>(bytes[8]);
  if (type != RecordType::kOperations && type != RecordType::kEpochStart) return bad("unknown record type");
  if (length > kMaxPayloadBytes) return bad("record too long");
  if (type == RecordType::kEpochStart && length != kEpochStartPayloadBytes) return bad("epoch-start of a wrong length");
  const size_t whole = kRecordHeaderBytes + length;
  if (bytes.size() < whole) return partial(whole);

  Decoded decoded;
  decoded.kind = Decoded::Kind::kWhole;
  decoded.record = {type, {fork.epoch, start}, start + whole, bytes.substr(kRecordHeaderBytes, length)};
  Fork own = fork;
  pass(own, decoded.record);
  if (load_le<uint32_t>(bytes.data()) != checksum(bytes.substr(4, whole - 4), own, start)) return bad("wrong checksum");
  if (own.epoch < fork.epoch) return bad("epoch goes back");
  if (type == RecordType::kEpochStart && own == fork) return bad("epoch starts twice");
  decoded.record.start.epoch = own.epoch;
  return decoded;
}

void pass(Fork& fork, const RecordView& record) {
  if (const auto start = parse_epoch_start(record)) fork = {start->epoch, start->branch};
}

Result<WalkEnd> walk_records(const ReadBytes& read, Offset from, Offset end, Fork fork,
                             const std::function<bool(const RecordView&)>& visit) {
  Offset at = from;
  size_t chunk_bytes = kWalkChunkBytes;
  while (at < end) {
    const size_t ask = std::min<uint64_t>(chunk_bytes, end - at);
    Result<std::string> chunk = read(at, ask);
    if (!chunk) return chunk.error();
    std::string_view rest = *chunk;
    size_t needed = 0;
    while (!rest.empty()) {
      const Decoded decoded = decode_record(rest, fork, at);
      if (decoded.kind == Decoded::Kind::kBad) return WalkEnd{WalkEnd::Kind::kBad, at, decoded.why};
      if (decoded.kind == Decoded::Kind::kPartial) {
        needed = decoded.needed;
        break;
      }
      const size_t bytes = decoded.record.end - at;
      at = decoded.record.end;
      pass(fork, decoded.record);
      if (!visit(decoded.record)) return WalkEnd{WalkEnd::Kind::kStopped, at, ""};
      rest.remove_prefix(bytes);
    }
    if (needed > end - at || (needed > 0 && chunk->size() < ask)) return WalkEnd{WalkEnd::Kind::kTorn, at, ""};
    if (chunk->empty()) return WalkEnd{WalkEnd::Kind::kTorn, at, ""};
    chunk_bytes = std::max(kWalkChunkBytes, needed);
  }
  return WalkEnd{WalkEnd::Kind::kEnd, at, ""};
}

}  // namespace onggi
