// One record of the log as bytes: the same in memory, on disk and on the wire.
//
//   u32 checksum   low 32 bits of XXH3-64, seeded by seed(epoch, branch) + start offset, of all bytes after this field
//   u32 length     of the payload
//   u8  type       1 operations, 2 epoch-start
//   payload        epoch-start: u64 epoch, u64 branch, i64 wall clock in ms
//
// Epoch, branch and offset are implied by the place, and are in the checksum: a record at a wrong place, or of
// another fork of history, is a bad record. An epoch-start is sealed with the epoch and branch that it starts.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "storage/log.h"

namespace onggi {

inline constexpr size_t kRecordHeaderBytes = 9;
inline constexpr size_t kMaxPayloadBytes = 1ull << 30;
inline constexpr size_t kEpochStartPayloadBytes = 24;

// What the place of a record implies: the epoch-start that it comes after.
struct Fork {
  Epoch epoch;
  BranchId branch;
  bool operator==(const Fork&) const = default;
};

// The fork of the record that starts at `offset`, given what came before it.
Fork fork_before(const History& history, Offset offset);

// Fills in the header of a record whose payload is in place after it.
void seal_record(char* record, RecordType type, size_t payload_bytes, const Fork& fork, Offset start);

// The payload of an epoch-start record.
std::string epoch_start_payload(Epoch epoch, BranchId branch, WallTime wall);
// nullopt: not an epoch-start's payload.
std::optional<EpochStart> parse_epoch_start(const RecordView& record);

struct Decoded {
  enum class Kind : uint8_t { kWhole, kPartial, kBad };
  Kind kind = Kind::kPartial;
  RecordView record;     // kWhole; its payload points into the bytes
  size_t needed = 0;     // kPartial: bytes of the whole record, as far as is known
  const char* why = "";  // kBad
};

// Reads the record that starts at bytes[0], at `start` in the log, after `fork`. Never trusts a byte.
Decoded decode_record(std::string_view bytes, const Fork& fork, Offset start);

// Moves `fork` on past a whole record.
void pass(Fork& fork, const RecordView& record);

// Where a walk over records ended.
struct WalkEnd {
  enum class Kind : uint8_t { kEnd, kStopped, kTorn, kBad };
  Kind kind = Kind::kEnd;
  Offset at;             // the end of the last whole record
  const char* why = "";  // kBad
};
// Reads up to so many bytes from an offset; fewer only at the end.
using ReadBytes = std::function<Result<std::string>(Offset from, size_t max_bytes)>;
// Visits each whole record in [from, end). kTorn: the last one is not whole.
Result<WalkEnd> walk_records(const ReadBytes& read, Offset from, Offset end, Fork fork,
                             const std::function<bool(const RecordView&)>& visit);

}  // namespace onggi
