// Hashes: setting, getting and removing fields; the table of all hash commands.
#include <array>
#include <vector>

#include "node/commands/handlers.h"
#include "node/commands/parse.h"

namespace onggi {

namespace {

Found find_hash(Call& call, Access access) {
  return find_of_type(call, call[1], ValueType::kHash, access);
}

size_t size_of(Call& call) {
  const Entry* entry = call.store.peek(call.db(), call[1]);
  return entry == nullptr ? 0 : HashView(*entry).size();
}

// The pairs args[2], args[3] ... as the store takes them. Nearly every call fits without an allocation.
class FieldList {
 public:
  explicit FieldList(std::span<const std::string_view> args) {
    const size_t count = args.size() / 2;
    FieldValue* pairs = few_.data();
    if (count > few_.size()) {
      many_.resize(count);
      pairs = many_.data();
    }
    for (size_t i = 0; i < count; i++) pairs[i] = {args[2 * i], args[2 * i + 1]};
    all_ = {pairs, count};
  }
  FieldList(const FieldList&) = delete;
  FieldList& operator=(const FieldList&) = delete;

  std::span<const FieldValue> all() const { return all_; }

 private:
  std::array<FieldValue, 16> few_;
  std::vector<FieldValue> many_;
  std::span<const FieldValue> all_;
};

// Whether the hash holds every pair already.
bool holds(const Entry& entry, std::span<const FieldValue> pairs) {
  const HashView hash(entry);
  for (const auto& [field, value] : pairs) {
    const auto old = hash.get(field);
    if (!old || *old != value) return false;
  }
  return true;
}

// HSET and HMSET: how many fields are new; nullopt: refused.
std::optional<int64_t> set_fields(Call& call, std::string_view command) {
  if (call.size() % 2 != 0) {
    reply_arity(call, command);
    return std::nullopt;
  }
  const Found found = find_hash(call, Access::kWrite);
  if (found.refused) return std::nullopt;
  const FieldList fields(call.args.subspan(2));
  if (found.entry != nullptr && holds(*found.entry, fields.all())) return 0;
  const size_t before = found.entry == nullptr ? 0 : HashView(*found.entry).size();
  call.store.hash_set(call.db(), call[1], fields.all());
  return static_cast<int64_t>(size_of(call) - before);
}

Outcome hset(Call& call) {
  if (const auto added = set_fields(call, "hset")) call.reply.integer(*added);
  return Outcome::kDone;
}

Outcome hmset(Call& call) {
  if (set_fields(call, "hmset")) call.reply.ok();
  return Outcome::kDone;
}

Outcome hsetnx(Call& call) {
  const Found found = find_hash(call, Access::kWrite);
  if (found.refused) return Outcome::kDone;
  if (found.entry != nullptr && HashView(*found.entry).get(call[2])) return reply_integer(call, 0);
  const FieldValue pair{call[2], call[3]};
  call.store.hash_set(call.db(), call[1], {&pair, 1});
  return reply_integer(call, 1);
}

void reply_field(Call& call, const Entry* entry, std::string_view field) {
  const auto value = entry == nullptr ? std::nullopt : HashView(*entry).get(field);
  if (value) {
    call.reply.bulk(*value);
  } else {
    call.reply.null();
  }
}

Outcome hget(Call& call) {
  const Found found = find_hash(call, Access::kRead);
  if (!found.refused) reply_field(call, found.entry, call[2]);
  return Outcome::kDone;
}

Outcome hmget(Call& call) {
  const Found found = find_hash(call, Access::kRead);
  if (found.refused) return Outcome::kDone;
  call.reply.array_header(call.size() - 2);
  for (const std::string_view field : call.args.subspan(2)) reply_field(call, found.entry, field);
  return Outcome::kDone;
}

Outcome hgetall(Call& call) {
  const Found found = find_hash(call, Access::kRead);
  if (found.refused) return Outcome::kDone;
  call.reply.map_header(found.entry == nullptr ? 0 : HashView(*found.entry).size());
  if (found.entry == nullptr) return Outcome::kDone;
  HashView(*found.entry).for_each([&](std::string_view field, std::string_view value) {
    call.reply.bulk(field);
    call.reply.bulk(value);
    return true;
  });
  return Outcome::kDone;
}

enum class Half : uint8_t { kFields, kValues };

Outcome reply_half(Call& call, Half half) {
  const Found found = find_hash(call, Access::kRead);
  if (found.refused) return Outcome::kDone;
  call.reply.array_header(found.entry == nullptr ? 0 : HashView(*found.entry).size());
  if (found.entry == nullptr) return Outcome::kDone;
  HashView(*found.entry).for_each([&](std::string_view field, std::string_view value) {
    call.reply.bulk(half == Half::kFields ? field : value);
    return true;
  });
  return Outcome::kDone;
}

Outcome hkeys(Call& call) {
  return reply_half(call, Half::kFields);
}
Outcome hvals(Call& call) {
  return reply_half(call, Half::kValues);
}

Outcome hlen(Call& call) {
  const Found found = find_hash(call, Access::kRead);
  if (found.refused) return Outcome::kDone;
  return reply_integer(call, found.entry == nullptr ? 0 : static_cast<int64_t>(HashView(*found.entry).size()));
}

Outcome hexists(Call& call) {
  const Found found = find_hash(call, Access::kRead);
  if (found.refused) return Outcome::kDone;
  return reply_integer(call, found.entry != nullptr && HashView(*found.entry).get(call[2]) ? 1 : 0);
}

Outcome hstrlen(Call& call) {
  const Found found = find_hash(call, Access::kRead);
  if (found.refused) return Outcome::kDone;
  const auto value = found.entry == nullptr ? std::nullopt : HashView(*found.entry).get(call[2]);
  return reply_integer(call, value ? static_cast<int64_t>(value->size()) : 0);
}

Outcome hdel(Call& call) {
  const Found found = find_hash(call, Access::kWrite);
  if (found.refused) return Outcome::kDone;
  if (found.entry == nullptr) return reply_integer(call, 0);
  const HashView hash(*found.entry);
  const size_t before = hash.size();
  bool any = false;
  for (const std::string_view field : call.args.subspan(2)) any = any || hash.get(field).has_value();
  if (!any) return reply_integer(call, 0);
  call.store.hash_remove(call.db(), call[1], call.args.subspan(2));
  return reply_integer(call, static_cast<int64_t>(before - size_of(call)));
}

constexpr KeySpec kOneKey = {1, 1, 1};
constexpr uint32_t kFastChange = kWrite | kDenyOom | kFast;
constexpr uint32_t kFastRead = kReadonly | kFast;
constexpr std::string_view kWriteAcl = "@write @hash @fast";
constexpr std::string_view kFastReadAcl = "@read @hash @fast";
constexpr std::string_view kSlowReadAcl = "@read @hash @slow";
constexpr std::string_view kWholeHash = "O(N) where N is the size of the hash.";

constexpr CommandSpec kRows[] = {
    {.name = "hset",
     .arity = -4,
     .flags = kFastChange,
     .keys = kOneKey,
     .categories = kWriteAcl,
     .group = "hash",
     .since = "2.0.0",
     .complexity = "O(N) where N is the number of fields being set.",
     .summary = "Sets fields of a hash and tells how many are new.",
     .syntax = "key field value [field value ...]",
     .handler = hset},
    {.name = "hsetnx",
     .arity = 4,
     .flags = kFastChange,
     .keys = kOneKey,
     .categories = kWriteAcl,
     .group = "hash",
     .since = "2.0.0",
     .complexity = "O(1)",
     .summary = "Sets a field of a hash if the hash does not have it.",
     .syntax = "key field value",
     .handler = hsetnx},
    {.name = "hmset",
     .arity = -4,
     .flags = kFastChange,
     .keys = kOneKey,
     .categories = kWriteAcl,
     .group = "hash",
     .since = "2.0.0",
     .complexity = "O(N) where N is the number of fields being set.",
     .summary = "Sets fields of a hash; the old form of HSET.",
     .syntax = "key field value [field value ...]",
     .handler = hmset},
    {.name = "hincrby",
     .arity = 4,
     .flags = kFastChange,
     .keys = kOneKey,
     .categories = kWriteAcl,
     .group = "hash",
     .since = "2.0.0",
     .complexity = "O(1)",
     .summary = "Adds an integer to the number in a field of a hash.",
     .syntax = "key field increment",
     .handler = hincrby_command},
    {.name = "hincrbyfloat",
     .arity = 4,
     .flags = kFastChange,
     .keys = kOneKey,
     .categories = kWriteAcl,
     .group = "hash",
     .since = "2.6.0",
     .complexity = "O(1)",
     .summary = "Adds a floating point number to the number in a field of a hash.",
     .syntax = "key field increment",
     .handler = hincrbyfloat_command},
    {.name = "hdel",
     .arity = -3,
     .flags = kWrite | kFast,
     .keys = kOneKey,
     .categories = kWriteAcl,
     .group = "hash",
     .since = "2.0.0",
     .complexity = "O(N) where N is the number of fields to be removed.",
     .summary = "Removes fields of a hash, and the hash with its last field.",
     .syntax = "key field [field ...]",
     .handler = hdel},
    {.name = "hget",
     .arity = 3,
     .flags = kFastRead,
     .keys = kOneKey,
     .categories = kFastReadAcl,
     .group = "hash",
     .since = "2.0.0",
     .complexity = "O(1)",
     .summary = "Gives the value of a field of a hash.",
     .syntax = "key field",
     .handler = hget},
    {.name = "hmget",
     .arity = -3,
     .flags = kFastRead,
     .keys = kOneKey,
     .categories = kFastReadAcl,
     .group = "hash",
     .since = "2.0.0",
     .complexity = "O(N) where N is the number of fields being requested.",
     .summary = "Gives the values of several fields of a hash.",
     .syntax = "key field [field ...]",
     .handler = hmget},
    {.name = "hgetall",
     .arity = 2,
     .flags = kReadonly,
     .keys = kOneKey,
     .categories = kSlowReadAcl,
     .group = "hash",
     .since = "2.0.0",
     .complexity = kWholeHash,
     .summary = "Gives all fields of a hash with their values.",
     .syntax = "key",
     .handler = hgetall},
    {.name = "hkeys",
     .arity = 2,
     .flags = kReadonly,
     .keys = kOneKey,
     .categories = kSlowReadAcl,
     .group = "hash",
     .since = "2.0.0",
     .complexity = kWholeHash,
     .summary = "Gives the names of all fields of a hash.",
     .syntax = "key",
     .handler = hkeys},
    {.name = "hvals",
     .arity = 2,
     .flags = kReadonly,
     .keys = kOneKey,
     .categories = kSlowReadAcl,
     .group = "hash",
     .since = "2.0.0",
     .complexity = kWholeHash,
     .summary = "Gives all values of a hash.",
     .syntax = "key",
     .handler = hvals},
    {.name = "hlen",
     .arity = 2,
     .flags = kFastRead,
     .keys = kOneKey,
     .categories = kFastReadAcl,
     .group = "hash",
     .since = "2.0.0",
     .complexity = "O(1)",
     .summary = "Tells how many fields a hash has.",
     .syntax = "key",
     .handler = hlen},
    {.name = "hexists",
     .arity = 3,
     .flags = kFastRead,
     .keys = kOneKey,
     .categories = kFastReadAcl,
     .group = "hash",
     .since = "2.0.0",
     .complexity = "O(1)",
     .summary = "Tells whether a hash has a field.",
     .syntax = "key field",
     .handler = hexists},
    {.name = "hstrlen",
     .arity = 3,
     .flags = kFastRead,
     .keys = kOneKey,
     .categories = kFastReadAcl,
     .group = "hash",
     .since = "3.2.0",
     .complexity = "O(1)",
     .summary = "Tells how many bytes the value of a field of a hash has.",
     .syntax = "key field",
     .handler = hstrlen},
    {.name = "hrandfield",
     .arity = -2,
     .flags = kReadonly,
     .keys = kOneKey,
     .categories = kSlowReadAcl,
     .group = "hash",
     .since = "6.2.0",
     .complexity = "O(N) where N is the number of fields returned",
     .summary = "Gives one or more fields of a hash by chance.",
     .syntax = "key [count [WITHVALUES]]",
     .handler = hrandfield_command},
    {.name = "hscan",
     .arity = -3,
     .flags = kReadonly,
     .keys = kOneKey,
     .categories = kSlowReadAcl,
     .group = "hash",
     .since = "2.8.0",
     .complexity = "O(1) for every call, O(N) for all calls of a complete iteration.",
     .summary = "Walks over the fields of a hash, some at each call.",
     .syntax = "key cursor [MATCH pattern] [COUNT count]",
     .handler = hscan_command},
};

}  // namespace

std::span<const CommandSpec> hash_commands() {
  return kRows;
}

}  // namespace onggi
