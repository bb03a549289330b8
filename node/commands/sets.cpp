// Sets: adding, removing, asking for and moving members; the table of all set commands.
#include "node/commands/handlers.h"
#include "node/commands/parse.h"

namespace onggi {

namespace {

Found find_set(Call& call, Access access) {
  return find_of_type(call, call[1], ValueType::kSet, access);
}

size_t size_of(Call& call) {
  const Entry* entry = call.store.peek(call.db(), call[1]);
  return entry == nullptr ? 0 : SetView(*entry).size();
}

Outcome sadd(Call& call) {
  const Found found = find_set(call, Access::kWrite);
  if (found.refused) return Outcome::kDone;
  const std::span<const std::string_view> members = call.args.subspan(2);
  size_t before = 0;
  if (found.entry != nullptr) {
    const SetView set(*found.entry);
    before = set.size();
    bool any = false;
    for (const std::string_view member : members) any = any || !set.contains(member);
    if (!any) return reply_integer(call, 0);
  }
  call.store.set_add(call.db(), call[1], members);
  return reply_integer(call, static_cast<int64_t>(size_of(call) - before));
}

Outcome srem(Call& call) {
  const Found found = find_set(call, Access::kWrite);
  if (found.refused) return Outcome::kDone;
  if (found.entry == nullptr) return reply_integer(call, 0);
  const SetView set(*found.entry);
  const size_t before = set.size();
  bool any = false;
  for (const std::string_view member : call.args.subspan(2)) any = any || set.contains(member);
  if (!any) return reply_integer(call, 0);
  call.store.set_remove(call.db(), call[1], call.args.subspan(2));
  return reply_integer(call, static_cast<int64_t>(before - size_of(call)));
}

Outcome sismember(Call& call) {
  const Found found = find_set(call, Access::kRead);
  if (found.refused) return Outcome::kDone;
  return reply_integer(call, found.entry != nullptr && SetView(*found.entry).contains(call[2]) ? 1 : 0);
}

Outcome smismember(Call& call) {
  const Found found = find_set(call, Access::kRead);
  if (found.refused) return Outcome::kDone;
  call.reply.array_header(call.size() - 2);
  for (const std::string_view member : call.args.subspan(2)) {
    call.reply.integer(found.entry != nullptr && SetView(*found.entry).contains(member) ? 1 : 0);
  }
  return Outcome::kDone;
}

Outcome scard(Call& call) {
  const Found found = find_set(call, Access::kRead);
  if (found.refused) return Outcome::kDone;
  return reply_integer(call, found.entry == nullptr ? 0 : static_cast<int64_t>(SetView(*found.entry).size()));
}

Outcome smembers(Call& call) {
  const Found found = find_set(call, Access::kRead);
  if (found.refused) return Outcome::kDone;
  call.reply.set_header(found.entry == nullptr ? 0 : SetView(*found.entry).size());
  if (found.entry == nullptr) return Outcome::kDone;
  SetView(*found.entry).for_each([&](std::string_view member) {
    call.reply.bulk(member);
    return true;
  });
  return Outcome::kDone;
}

Outcome smove(Call& call) {
  const Entry* source = look_up(call, call[1], Access::kWrite);
  if (source == nullptr) return reply_integer(call, 0);
  const Entry* target = look_up(call, call[2], Access::kWrite);
  for (const Entry* entry : {source, target}) {
    if (entry != nullptr && type_of(*entry) != ValueType::kSet) return reply_error(call, kWrongType);
  }
  if (!SetView(*source).contains(call[3])) return reply_integer(call, 0);
  if (call[1] == call[2]) return reply_integer(call, 1);
  const bool there = target != nullptr && SetView(*target).contains(call[3]);
  if (!fits_record(call, 6, 2 * (call[1].size() + call[2].size() + call[3].size()))) return Outcome::kDone;
  const std::span<const std::string_view> member = call.args.subspan(3, 1);
  call.store.set_remove(call.db(), call[1], member);
  if (!there) call.store.set_add(call.db(), call[2], member);
  return reply_integer(call, 1);
}

constexpr KeySpec kOneKey = {1, 1, 1};
constexpr KeySpec kAllArguments = {1, -1, 1};
constexpr uint32_t kFastRead = kReadonly | kFast;
constexpr std::string_view kFastWriteAcl = "@write @set @fast";
constexpr std::string_view kSlowWriteAcl = "@write @set @slow";
constexpr std::string_view kFastReadAcl = "@read @set @fast";
constexpr std::string_view kSlowReadAcl = "@read @set @slow";
constexpr std::string_view kIntersection =
    "O(N*M) worst case where N is the cardinality of the smallest set and M is the number of sets.";
constexpr std::string_view kAllMembers = "O(N) where N is the total number of elements in all given sets.";

constexpr CommandSpec kRows[] = {
    {.name = "sadd",
     .arity = -3,
     .flags = kWrite | kDenyOom | kFast,
     .keys = kOneKey,
     .categories = kFastWriteAcl,
     .group = "set",
     .since = "1.0.0",
     .complexity = "O(N) where N is the number of members to be added.",
     .summary = "Adds members to a set and tells how many are new.",
     .syntax = "key member [member ...]",
     .handler = sadd},
    {.name = "srem",
     .arity = -3,
     .flags = kWrite | kFast,
     .keys = kOneKey,
     .categories = kFastWriteAcl,
     .group = "set",
     .since = "1.0.0",
     .complexity = "O(N) where N is the number of members to be removed.",
     .summary = "Removes members of a set, and the set with its last member.",
     .syntax = "key member [member ...]",
     .handler = srem},
    {.name = "smove",
     .arity = 4,
     .flags = kWrite | kFast,
     .keys = {1, 2, 1},
     .categories = kFastWriteAcl,
     .group = "set",
     .since = "1.0.0",
     .complexity = "O(1)",
     .summary = "Moves a member from one set to another.",
     .syntax = "source destination member",
     .handler = smove},
    {.name = "spop",
     .arity = -2,
     .flags = kWrite | kFast,
     .keys = kOneKey,
     .categories = kFastWriteAcl,
     .group = "set",
     .since = "1.0.0",
     .complexity = "O(1) without a count, otherwise O(N) where N is the count.",
     .summary = "Removes one or more members of a set by chance and gives them.",
     .syntax = "key [count]",
     .handler = spop_command},
    {.name = "sismember",
     .arity = 3,
     .flags = kFastRead,
     .keys = kOneKey,
     .categories = kFastReadAcl,
     .group = "set",
     .since = "1.0.0",
     .complexity = "O(1)",
     .summary = "Tells whether a set has a member.",
     .syntax = "key member",
     .handler = sismember},
    {.name = "smismember",
     .arity = -3,
     .flags = kFastRead,
     .keys = kOneKey,
     .categories = kFastReadAcl,
     .group = "set",
     .since = "6.2.0",
     .complexity = "O(N) where N is the number of members asked for.",
     .summary = "Tells for each of several members whether a set has it.",
     .syntax = "key member [member ...]",
     .handler = smismember},
    {.name = "scard",
     .arity = 2,
     .flags = kFastRead,
     .keys = kOneKey,
     .categories = kFastReadAcl,
     .group = "set",
     .since = "1.0.0",
     .complexity = "O(1)",
     .summary = "Tells how many members a set has.",
     .syntax = "key",
     .handler = scard},
    {.name = "smembers",
     .arity = 2,
     .flags = kReadonly,
     .keys = kOneKey,
     .categories = kSlowReadAcl,
     .group = "set",
     .since = "1.0.0",
     .complexity = "O(N) where N is the set cardinality.",
     .summary = "Gives all members of a set.",
     .syntax = "key",
     .handler = smembers},
    {.name = "srandmember",
     .arity = -2,
     .flags = kReadonly,
     .keys = kOneKey,
     .categories = kSlowReadAcl,
     .group = "set",
     .since = "1.0.0",
     .complexity = "O(1) without a count, otherwise O(N) where N is the absolute value of the count.",
     .summary = "Gives one or more members of a set by chance.",
     .syntax = "key [count]",
     .handler = srandmember_command},
    {.name = "sinter",
     .arity = -2,
     .flags = kReadonly,
     .keys = kAllArguments,
     .categories = kSlowReadAcl,
     .group = "set",
     .since = "1.0.0",
     .complexity = kIntersection,
     .summary = "Gives the members that are in all of several sets.",
     .syntax = "key [key ...]",
     .handler = sinter_command},
    {.name = "sintercard",
     .arity = -3,
     .flags = kReadonly | kMovableKeys,
     .categories = kSlowReadAcl,
     .group = "set",
     .since = "7.0.0",
     .complexity = kIntersection,
     .summary = "Tells how many members are in all of several sets.",
     .syntax = "numkeys key [key ...] [LIMIT limit]",
     .handler = sintercard_command},
    {.name = "sinterstore",
     .arity = -3,
     .flags = kWrite | kDenyOom,
     .keys = kAllArguments,
     .categories = kSlowWriteAcl,
     .group = "set",
     .since = "1.0.0",
     .complexity = kIntersection,
     .summary = "Keeps the members that are in all of several sets in a key.",
     .syntax = "destination key [key ...]",
     .handler = sinterstore_command},
    {.name = "sunion",
     .arity = -2,
     .flags = kReadonly,
     .keys = kAllArguments,
     .categories = kSlowReadAcl,
     .group = "set",
     .since = "1.0.0",
     .complexity = kAllMembers,
     .summary = "Gives the members that are in any of several sets.",
     .syntax = "key [key ...]",
     .handler = sunion_command},
    {.name = "sunionstore",
     .arity = -3,
     .flags = kWrite | kDenyOom,
     .keys = kAllArguments,
     .categories = kSlowWriteAcl,
     .group = "set",
     .since = "1.0.0",
     .complexity = kAllMembers,
     .summary = "Keeps the members that are in any of several sets in a key.",
     .syntax = "destination key [key ...]",
     .handler = sunionstore_command},
    {.name = "sdiff",
     .arity = -2,
     .flags = kReadonly,
     .keys = kAllArguments,
     .categories = kSlowReadAcl,
     .group = "set",
     .since = "1.0.0",
     .complexity = kAllMembers,
     .summary = "Gives the members of the first set that are in none of the others.",
     .syntax = "key [key ...]",
     .handler = sdiff_command},
    {.name = "sdiffstore",
     .arity = -3,
     .flags = kWrite | kDenyOom,
     .keys = kAllArguments,
     .categories = kSlowWriteAcl,
     .group = "set",
     .since = "1.0.0",
     .complexity = kAllMembers,
     .summary = "Keeps the members of the first set that are in none of the others in a key.",
     .syntax = "destination key [key ...]",
     .handler = sdiffstore_command},
    {.name = "sscan",
     .arity = -3,
     .flags = kReadonly,
     .keys = kOneKey,
     .categories = kSlowReadAcl,
     .group = "set",
     .since = "2.8.0",
     .complexity = "O(1) for every call, O(N) for all calls of a complete iteration.",
     .summary = "Walks over the members of a set, some at each call.",
     .syntax = "key cursor [MATCH pattern] [COUNT count]",
     .handler = sscan_command},
};

}  // namespace

std::span<const CommandSpec> set_commands() {
  return kRows;
}

}  // namespace onggi
