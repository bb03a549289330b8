// See tier_meta.h.
#include "storage/tier_meta.h"

#include "storage/little_endian.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace onggi {

namespace {

constexpr uint32_t kVersion = 1;
constexpr size_t kTripleBytes = 24;

// Takes numbers off the front; once there were too few, everything is 0 and short_ tells.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}
  template <class Number>
  Number take() {
    if (bytes_.size() < sizeof(Number)) {
      short_ = true;
      bytes_ = {};
      return 0;
    }
    const Number number = load_le<Number>(bytes_.data());
    bytes_.remove_prefix(sizeof(Number));
    return number;
  }
  // How many triples follow; 0 if so many can't.
  size_t take_count() {
    const size_t count = take<uint32_t>();
    if (count > bytes_.size() / kTripleBytes) short_ = true;
    return short_ ? 0 : count;
  }
  bool done() const { return !short_ && bytes_.empty(); }

 private:
  std::string_view bytes_;
  bool short_ = false;
};

}  // namespace

std::string encode_tier_meta(const TierMeta& meta) {
  std::string bytes;
  append_le(bytes, kVersion);
  append_le(bytes, meta.position.epoch.value);
  append_le(bytes, meta.position.offset.value);
  append_le(bytes, static_cast<uint32_t>(meta.history.size()));
  for (const EpochStart& start : meta.history) {
    append_le(bytes, start.epoch.value);
    append_le(bytes, start.branch.value);
    append_le(bytes, start.offset.value);
  }
  append_le(bytes, static_cast<uint32_t>(meta.databases.size()));
  for (const DatabaseMeta& database : meta.databases) {
    append_le(bytes, database.id.value);
    append_le(bytes, database.keys);
    append_le(bytes, database.expires);
  }
  append_le(bytes, meta.next_id.value);
  append_le(bytes, static_cast<uint64_t>(XXH3_64bits(bytes.data(), bytes.size())));
  return bytes;
}

Result<TierMeta> decode_tier_meta(std::string_view bytes) {
  if (bytes.size() < sizeof(uint64_t)) return Error{"the tier's meta record is too short"};
  const std::string_view covered = bytes.substr(0, bytes.size() - sizeof(uint64_t));
  if (load_le<uint64_t>(bytes.data() + covered.size()) != XXH3_64bits(covered.data(), covered.size())) {
    return Error{"the tier's meta record has a wrong checksum"};
  }
  Reader reader(covered);
  if (const auto version = reader.take<uint32_t>(); version != kVersion) {
    return Error{"the tier's meta record is of unknown version " + std::to_string(version)};
  }
  TierMeta meta;
  meta.position.epoch.value = reader.take<uint64_t>();
  meta.position.offset.value = reader.take<uint64_t>();
  for (size_t left = reader.take_count(); left > 0; left--) {
    EpochStart start;
    start.epoch.value = reader.take<uint64_t>();
    start.branch.value = reader.take<uint64_t>();
    start.offset.value = reader.take<uint64_t>();
    meta.history.push_back(start);
  }
  for (size_t left = reader.take_count(); left > 0; left--) {
    DatabaseMeta database;
    database.id.value = reader.take<uint64_t>();
    database.keys = reader.take<uint64_t>();
    database.expires = reader.take<uint64_t>();
    meta.databases.push_back(database);
  }
  meta.next_id.value = reader.take<uint64_t>();
  if (!reader.done()) return Error{"the tier's meta record has a wrong length"};
  return meta;
}

}  // namespace onggi
