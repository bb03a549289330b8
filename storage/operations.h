// The operations: what a command did, as the log holds it. Deterministic effects: absolute deadlines, no choices left.
// A record's payload is a sequence of them (storage/FORMAT.md, "Operations"):
//
//   kind: u8 | flags: u8 | database: varint | ...
//     kPutString   [deadline i64] key value         kPatchString  key at:varint bytes     kRemove  key
//     kSetExpiry   [deadline i64] key               kHashSet      key count (field value)*
//     kHashRemove, kSetAdd, kSetRemove   key count (name)*
//     kRename      key to                           kCopy         key to-database:varint to
//     kFlush       new-id:varint                    kFlushAll     first-new-id:varint     kSwap    other:varint
//   (strings: varint length, bytes; the deadline is there if the flag says so; the database of kFlushAll is 0)
//
// The flags kExisted and kHadDeadline say what the key (for kRename and kCopy: the one written to) was before, so that
// a follower to whom only the tier knows it keeps exact counts without reading it. Decoding never trusts: a payload
// that isn't exactly this is refused.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "common/result.h"
#include "storage/log.h"
#include "storage/store.h"

namespace onggi {

enum class OperationKind : uint8_t {
  kPutString = 1,
  kPatchString = 2,
  kRemove = 3,
  kSetExpiry = 4,
  kHashSet = 5,
  kHashRemove = 6,
  kSetAdd = 7,
  kSetRemove = 8,
  kRename = 9,
  kCopy = 10,
  kFlush = 11,
  kFlushAll = 12,
  kSwap = 13,
};

inline constexpr uint8_t kExisted = 1;
inline constexpr uint8_t kHadDeadline = 2;
inline constexpr uint8_t kHasDeadline = 4;

inline constexpr uint64_t kLongestString = 1ull << 30;  // bytes that kPatchString may make of a value

// Which fields are in use depends on the kind. Views: into the caller's bytes, or the record's.
struct Operation {
  OperationKind kind{};
  uint8_t flags = 0;
  uint32_t db = 0;
  uint32_t other_db = 0;  // kCopy, kSwap
  int64_t deadline_ms = 0;
  uint64_t number = 0;  // kPatchString: at; kFlush, kFlushAll: the id
  std::string_view key;
  std::string_view other;                   // value, bytes, or the key written to
  std::span<const FieldValue> fields;       // kHashSet
  std::span<const std::string_view> names;  // kHashRemove, kSetAdd, kSetRemove
};

// Appends it to the log's open record. key and other then name the copies in the record, which live until it is
// extended.
void append_operation(Log& log, Operation& operation);

// The key of a payload's first operation, and its database; nullopt if it has none, or isn't right. Cheap, and promises
// nothing about the rest.
struct FirstKey {
  uint32_t db = 0;
  std::string_view key;
};
std::optional<FirstKey> first_key(std::string_view payload, uint32_t databases);

// Reads the operations of a payload one after the other.
class OperationReader {
 public:
  explicit OperationReader(std::string_view payload, uint32_t databases);
  bool at_end() const;
  // What it returns lives until the next call.
  Result<Operation> next();

 private:
  const char* begin_;
  std::string_view rest_;
  uint32_t databases_;
  std::vector<FieldValue> fields_;
  std::vector<std::string_view> names_;
};

}  // namespace onggi
