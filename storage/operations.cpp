#include "storage/operations.h"

#include <string>

#include "storage/encoding.h"

namespace onggi {

namespace {

bool has_key(OperationKind kind) {
  return kind < OperationKind::kFlush;
}
bool has_deadline(const Operation& operation) {
  return (operation.kind == OperationKind::kPutString || operation.kind == OperationKind::kSetExpiry) &&
         (operation.flags & kHasDeadline) != 0;
}

size_t items_size(const Operation& operation) {
  size_t bytes = 0;
  if (operation.kind == OperationKind::kHashSet) {
    bytes += varint_size(operation.fields.size());
    for (const auto& [field, value] : operation.fields) bytes += counted_size(field) + counted_size(value);
  } else {
    bytes += varint_size(operation.names.size());
    for (const std::string_view name : operation.names) bytes += counted_size(name);
  }
  return bytes;
}

char* put_items(char* at, const Operation& operation) {
  if (operation.kind == OperationKind::kHashSet) {
    at = put_varint(at, operation.fields.size());
    for (const auto& [field, value] : operation.fields) at = put_counted(put_counted(at, field), value);
  } else {
    at = put_varint(at, operation.names.size());
    for (const std::string_view name : operation.names) at = put_counted(at, name);
  }
  return at;
}

size_t operation_size(const Operation& operation) {
  size_t bytes = 2 + varint_size(operation.db) + (has_deadline(operation) ? 8 : 0);
  if (has_key(operation.kind)) bytes += counted_size(operation.key);
  switch (operation.kind) {
    case OperationKind::kPutString:
    case OperationKind::kRename:
      return bytes + counted_size(operation.other);
    case OperationKind::kPatchString:
      return bytes + varint_size(operation.number) + counted_size(operation.other);
    case OperationKind::kCopy:
      return bytes + varint_size(operation.other_db) + counted_size(operation.other);
    case OperationKind::kHashSet:
    case OperationKind::kHashRemove:
    case OperationKind::kSetAdd:
    case OperationKind::kSetRemove:
      return bytes + items_size(operation);
    case OperationKind::kFlush:
    case OperationKind::kFlushAll:
      return bytes + varint_size(operation.number);
    case OperationKind::kSwap:
      return bytes + varint_size(operation.other_db);
    case OperationKind::kRemove:
    case OperationKind::kSetExpiry:
      return bytes;
  }
  return bytes;
}

// Writes a string and makes the view name the copy.
char* put_and_follow(char* at, std::string_view& view) {
  at = put_counted(at, view);
  view = {at - view.size(), view.size()};
  return at;
}

}  // namespace

void append_operation(Log& log, Operation& operation) {
  const size_t size = operation_size(operation);
  char* const begin = log.extend(size);
  char* at = begin;
  *at++ = static_cast<char>(operation.kind);
  *at++ = static_cast<char>(operation.flags);
  at = put_varint(at, operation.db);
  if (has_deadline(operation)) at = put_i64(at, operation.deadline_ms);
  if (has_key(operation.kind)) at = put_and_follow(at, operation.key);
  switch (operation.kind) {
    case OperationKind::kPutString:
    case OperationKind::kRename:
      at = put_and_follow(at, operation.other);
      break;
    case OperationKind::kPatchString:
      at = put_and_follow(put_varint(at, operation.number), operation.other);
      break;
    case OperationKind::kCopy:
      at = put_and_follow(put_varint(at, operation.other_db), operation.other);
      break;
    case OperationKind::kHashSet:
    case OperationKind::kHashRemove:
    case OperationKind::kSetAdd:
    case OperationKind::kSetRemove:
      at = put_items(at, operation);
      break;
    case OperationKind::kFlush:
    case OperationKind::kFlushAll:
      at = put_varint(at, operation.number);
      break;
    case OperationKind::kSwap:
      at = put_varint(at, operation.other_db);
      break;
    case OperationKind::kRemove:
    case OperationKind::kSetExpiry:
      break;
  }
  ONGGI_CHECK(at == begin + size);
}

std::optional<FirstKey> first_key(std::string_view payload, uint32_t databases) {
  Reader reader(payload);
  Operation operation;
  operation.kind = static_cast<OperationKind>(reader.u8());
  operation.flags = reader.u8();
  const uint64_t db = reader.varint();
  if (has_deadline(operation)) (void)reader.i64();
  if (!has_key(operation.kind) || db >= databases) return std::nullopt;
  const std::string_view key = reader.counted();
  if (reader.failed()) return std::nullopt;
  return FirstKey{static_cast<uint32_t>(db), key};
}

OperationReader::OperationReader(std::string_view payload, uint32_t databases)
    : begin_(payload.data()), rest_(payload), databases_(databases) {}

bool OperationReader::at_end() const {
  return rest_.empty();
}

Result<Operation> OperationReader::next() {
  Reader reader(rest_);
  Operation operation;
  operation.kind = static_cast<OperationKind>(reader.u8());
  operation.flags = reader.u8();
  uint64_t db = reader.varint();
  uint64_t other_db = 0;
  if (has_deadline(operation)) operation.deadline_ms = reader.i64();
  if (has_key(operation.kind)) operation.key = reader.counted();
  fields_.clear();
  names_.clear();
  bool right = (operation.flags & ~(kExisted | kHadDeadline | kHasDeadline)) == 0;
  switch (operation.kind) {
    case OperationKind::kPutString:
    case OperationKind::kRename:
      operation.other = reader.counted();
      break;
    case OperationKind::kPatchString:
      operation.number = reader.varint();
      operation.other = reader.counted();
      right &= operation.number <= kLongestString && operation.other.size() <= kLongestString - operation.number;
      break;
    case OperationKind::kCopy:
      other_db = reader.varint();
      operation.other = reader.counted();
      break;
    case OperationKind::kHashSet:
      for (uint64_t left = reader.varint(); left > 0 && !reader.failed(); left--) {
        const std::string_view field = reader.counted();
        fields_.emplace_back(field, reader.counted());
      }
      right &= !fields_.empty();
      break;
    case OperationKind::kHashRemove:
    case OperationKind::kSetAdd:
    case OperationKind::kSetRemove:
      for (uint64_t left = reader.varint(); left > 0 && !reader.failed(); left--) names_.push_back(reader.counted());
      right &= !names_.empty();
      break;
    case OperationKind::kFlush:
    case OperationKind::kFlushAll:
      operation.number = reader.varint();
      break;
    case OperationKind::kSwap:
      other_db = reader.varint();
      break;
    case OperationKind::kRemove:
    case OperationKind::kSetExpiry:
      break;
    default:
      right = false;
  }
  if (!right || reader.failed() || db >= databases_ || other_db >= databases_) {
    return Error{"malformed operation at byte " + std::to_string(rest_.data() - begin_) + " of a record"};
  }
  operation.db = static_cast<uint32_t>(db);
  operation.other_db = static_cast<uint32_t>(other_db);
  operation.fields = fields_;
  operation.names = names_;
  rest_ = reader.rest();
  return operation;
}

}  // namespace onggi
