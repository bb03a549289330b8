#include "storage/value_codec.h"

#include "storage/collections.h"
#include "storage/encoding.h"

namespace onggi {

namespace {

char* put_collection(char* at, const Entry& entry) {
  at = put_varint(at, collection_size(entry));
  if (entry.form == Form::kPacked) return put_bytes(at, entry.inline_value().substr(kPackedHeader));
  collection_for_each(entry, [&](std::string_view name, std::string_view value) {
    at = put_counted(at, name);
    if (entry.type == ValueType::kHash) at = put_counted(at, value);
    return true;
  });
  return at;
}

size_t collection_bytes(const Entry& entry) {
  size_t bytes = varint_size(collection_size(entry));
  if (entry.form == Form::kPacked) return bytes + entry.value_size - kPackedHeader;
  collection_for_each(entry, [&](std::string_view name, std::string_view value) {
    bytes += counted_size(name) + (entry.type == ValueType::kHash ? counted_size(value) : 0);
    return true;
  });
  return bytes;
}

// Whether the body of a hash or set is whole.
bool right_collection(std::string_view body, ValueType type) {
  Reader reader(body);
  const uint64_t count = reader.varint();
  if (count == 0 || count > body.size()) return false;
  for (uint64_t i = 0; i < count; i++) {
    reader.counted();
    if (type == ValueType::kHash) reader.counted();
    if (reader.failed()) return false;
  }
  return reader.at_end();
}

Entry* decode_collection(Heap& heap, Entry* entry, const StoreOptions& options, std::string_view body, ValueType type) {
  entry->form = Form::kNone;
  if (body.size() <= kLongestInlineString) entry = resize_value(heap, entry, kPackedHeader + body.size(), Fit::kExact);
  entry = collection_begin(heap, entry, type);
  Reader reader(body);
  for (uint64_t left = reader.varint(); left > 0; left--) {
    const std::string_view name = reader.counted();
    entry =
        collection_set(heap, entry, options, name, type == ValueType::kHash ? reader.counted() : std::string_view());
  }
  // Growing left room that a value read from the tier seldom needs.
  return entry->form == Form::kPacked ? resize_value(heap, entry, entry->value_size, Fit::kExact) : entry;
}

}  // namespace

std::string encode_value(const Entry& entry) {
  const bool string = entry.type == ValueType::kString;
  std::string bytes;
  bytes.resize(kValueHeader + (string ? string_of(entry).size() : collection_bytes(entry)));
  char* at = put_i64(bytes.data(), entry.deadline_ms);
  *at++ = static_cast<char>(entry.type);
  if (string) {
    put_bytes(at, string_of(entry));
  } else {
    put_collection(at, entry);
  }
  return bytes;
}

std::optional<WallTime> encoded_deadline(std::string_view value) {
  if (value.size() < kValueHeader) return std::nullopt;
  return WallTime{Reader(value).i64()};
}

std::optional<ValueType> encoded_type(std::string_view value) {
  if (value.size() < kValueHeader) return std::nullopt;
  const auto type = static_cast<ValueType>(value[8]);
  if (type != ValueType::kString && type != ValueType::kHash && type != ValueType::kSet) return std::nullopt;
  return type;
}

Entry* decode_value(Heap& heap, Entry* entry, const StoreOptions& options, std::string_view value) {
  if (value.size() < kValueHeader) return nullptr;
  const auto type = static_cast<ValueType>(value[8]);
  const std::string_view body = value.substr(kValueHeader);
  switch (type) {
    case ValueType::kString:
      entry->form = Form::kNone;
      return set_string(heap, entry, body);
    case ValueType::kHash:
    case ValueType::kSet:
      return right_collection(body, type) ? decode_collection(heap, entry, options, body, type) : nullptr;
  }
  return nullptr;
}

}  // namespace onggi
