// Strings: setting and getting whole values; the table of all string commands.
//
// An old value is written to the reply before the key is changed: views of it end with the change.
#include <array>

#include "node/commands/handlers.h"
#include "node/commands/parse.h"
#include "node/services.h"

namespace onggi {

namespace {

constexpr WallTime kNoDeadline{};

// The string's bytes, or null, as the reply.
void reply_string(Call& call, const Entry* entry) {
  if (entry == nullptr) {
    call.reply.null();
  } else {
    call.reply.bulk(string_of(*entry));
  }
}

// False: it holds another type, the error was written.
bool reply_string(Call& call, const Found& found) {
  if (!found.refused) reply_string(call, found.entry);
  return !found.refused;
}

// Stores the value. One whose deadline has passed is never seen by anybody: the key is just gone.
void store_value(Call& call, std::string_view key, std::string_view value, WallTime deadline) {
  if (deadline != kNoDeadline && is_past(call, deadline)) {
    if (call.store.peek(call.db(), key) != nullptr) call.store.remove(call.db(), key);
    return;
  }
  call.store.put_string(call.db(), key, value, deadline);
}

Outcome get(Call& call) {
  reply_string(call, find_of_type(call, call[1], ValueType::kString, Access::kRead));
  return Outcome::kDone;
}

Outcome set_with_options(Call& call) {
  const auto options = set_options(call, 3, SetFamily::kSet);
  if (!options) return Outcome::kDone;
  WallTime deadline = kNoDeadline;
  if (options->expiry) {
    const auto given = positive_deadline(call, *options->expiry, "set");
    if (!given) return Outcome::kDone;
    deadline = *given;
  }
  const Entry* old = look_up(call, call[1], options->get ? Access::kRead : Access::kWrite);
  if (options->get) {
    if (old != nullptr && type_of(*old) != ValueType::kString) return reply_error(call, kWrongType);
    reply_string(call, old);
  }
  if ((options->if_absent && old != nullptr) || (options->if_present && old == nullptr)) {
    if (!options->get) call.reply.null();
    return Outcome::kDone;
  }
  if (options->keep_ttl && old != nullptr) deadline = expiry_of(*old);
  store_value(call, call[1], call[2], deadline);
  if (!options->get) call.reply.ok();
  return Outcome::kDone;
}

Outcome set(Call& call) {
  if (call.size() > 3) return set_with_options(call);
  call.store.put_string(call.db(), call[1], call[2], kNoDeadline);
  return reply_ok(call);
}

Outcome setnx(Call& call) {
  if (look_up(call, call[1], Access::kWrite) != nullptr) return reply_integer(call, 0);
  call.store.put_string(call.db(), call[1], call[2], kNoDeadline);
  return reply_integer(call, 1);
}

Outcome set_for_a_while(Call& call, ExpiryUnit unit, std::string_view command) {
  const auto deadline = positive_deadline(call, {call[2], unit, ExpiryBasis::kFromNow}, command);
  if (!deadline) return Outcome::kDone;
  call.store.put_string(call.db(), call[1], call[3], *deadline);
  return reply_ok(call);
}

Outcome setex(Call& call) {
  return set_for_a_while(call, ExpiryUnit::kSeconds, "setex");
}
Outcome psetex(Call& call) {
  return set_for_a_while(call, ExpiryUnit::kMilliseconds, "psetex");
}

Outcome getset(Call& call) {
  if (!reply_string(call, find_of_type(call, call[1], ValueType::kString, Access::kRead))) return Outcome::kDone;
  call.store.put_string(call.db(), call[1], call[2], kNoDeadline);
  return Outcome::kDone;
}

Outcome getdel(Call& call) {
  const Found found = find_of_type(call, call[1], ValueType::kString, Access::kRead);
  if (reply_string(call, found) && found.entry != nullptr) call.store.remove(call.db(), call[1]);
  return Outcome::kDone;
}

Outcome getex(Call& call) {
  const auto options = set_options(call, 2, SetFamily::kGetEx);
  if (!options) return Outcome::kDone;
  const Found found = find_of_type(call, call[1], ValueType::kString, Access::kRead);
  if (found.refused) return Outcome::kDone;
  if (found.entry == nullptr) return reply_null(call);
  const WallTime old = expiry_of(*found.entry);
  WallTime deadline = options->persist ? kNoDeadline : old;
  if (options->expiry) {
    const auto given = positive_deadline(call, *options->expiry, "getex");
    if (!given) return Outcome::kDone;
    deadline = *given;
  }
  reply_string(call, found);
  if (options->expiry && is_past(call, deadline)) {
    call.store.remove(call.db(), call[1]);
  } else if (deadline != old) {
    call.store.set_expiry(call.db(), call[1], deadline);
  }
  return Outcome::kDone;
}

Outcome mget(Call& call) {
  call.reply.array_header(call.size() - 1);
  for (const std::string_view key : call.args.subspan(1)) {
    const Entry* entry = look_up(call, key, Access::kRead);
    const bool string = entry != nullptr && type_of(*entry) == ValueType::kString;
    reply_string(call, string ? entry : nullptr);
  }
  return Outcome::kDone;
}

void put_pairs(Call& call) {
  for (size_t i = 1; i + 1 < call.size(); i += 2) {
    call.store.put_string(call.db(), call[i], call[i + 1], kNoDeadline);
  }
}

Outcome mset(Call& call) {
  if (call.size() % 2 == 0) return reply_arity(call, "mset");
  put_pairs(call);
  return reply_ok(call);
}

Outcome msetnx(Call& call) {
  if (call.size() % 2 == 0) return reply_arity(call, "msetnx");
  for (size_t i = 1; i < call.size(); i += 2) {
    if (look_up(call, call[i], Access::kWrite) != nullptr) return reply_integer(call, 0);
  }
  put_pairs(call);
  return reply_integer(call, 1);
}

constexpr KeySpec kOneKey = {1, 1, 1};
constexpr KeySpec kAllArguments = {1, -1, 1};
constexpr KeySpec kEverySecond = {1, -1, 2};
constexpr uint32_t kChange = kWrite | kDenyOom;
constexpr uint32_t kFastChange = kWrite | kDenyOom | kFast;
constexpr uint32_t kFastRead = kReadonly | kFast;
constexpr std::string_view kSlowWriteAcl = "@write @string @slow";
constexpr std::string_view kFastWriteAcl = "@write @string @fast";
constexpr std::string_view kSlowReadAcl = "@read @string @slow";
constexpr std::string_view kFastReadAcl = "@read @string @fast";
constexpr std::string_view kBitReadAcl = "@read @bitmap @slow";

constexpr CommandSpec kSetting[] = {
    {.name = "set",
     .arity = -3,
     .flags = kChange,
     .keys = kOneKey,
     .categories = kSlowWriteAcl,
     .group = "string",
     .since = "1.0.0",
     .complexity = "O(1)",
     .summary = "Sets a key to a string, whatever it held; on conditions and with a deadline, if asked.",
     .syntax = "key value [NX | XX] [GET] [EX seconds | PX milliseconds | EXAT unix-time-seconds | "
               "PXAT unix-time-milliseconds | KEEPTTL]",
     .handler = set},
    {.name = "setnx",
     .arity = 3,
     .flags = kFastChange,
     .keys = kOneKey,
     .categories = kFastWriteAcl,
     .group = "string",
     .since = "1.0.0",
     .complexity = "O(1)",
     .summary = "Sets a key to a string if the key does not exist.",
     .syntax = "key value",
     .handler = setnx},
    {.name = "setex",
     .arity = 4,
     .flags = kChange,
     .keys = kOneKey,
     .categories = kSlowWriteAcl,
     .group = "string",
     .since = "2.0.0",
     .complexity = "O(1)",
     .summary = "Sets a key to a string that lives so many seconds.",
     .syntax = "key seconds value",
     .handler = setex},
    {.name = "psetex",
     .arity = 4,
     .flags = kChange,
     .keys = kOneKey,
     .categories = kSlowWriteAcl,
     .group = "string",
     .since = "2.6.0",
     .complexity = "O(1)",
     .summary = "Sets a key to a string that lives so many milliseconds.",
     .syntax = "key milliseconds value",
     .handler = psetex},
    {.name = "mset",
     .arity = -3,
     .flags = kChange,
     .keys = kEverySecond,
     .categories = kSlowWriteAcl,
     .group = "string",
     .since = "1.0.1",
     .complexity = "O(N) where N is the number of keys to set.",
     .summary = "Sets several keys to strings, all at once.",
     .syntax = "key value [key value ...]",
     .handler = mset},
    {.name = "msetnx",
     .arity = -3,
     .flags = kChange,
     .keys = kEverySecond,
     .categories = kSlowWriteAcl,
     .group = "string",
     .since = "1.0.1",
     .complexity = "O(N) where N is the number of keys to set.",
     .summary = "Sets several keys to strings if none of the keys exists.",
     .syntax = "key value [key value ...]",
     .handler = msetnx},
    {.name = "append",
     .arity = 3,
     .flags = kFastChange,
     .keys = kOneKey,
     .categories = kFastWriteAcl,
     .group = "string",
     .since = "2.0.0",
     .complexity = "O(1) amortized, for short appended values.",
     .summary = "Adds to the end of a string; a missing key begins as the empty string.",
     .syntax = "key value",
     .handler = append_command},
    {.name = "setrange",
     .arity = 4,
     .flags = kChange,
     .keys = kOneKey,
     .categories = kSlowWriteAcl,
     .group = "string",
     .since = "2.2.0",
     .complexity = "O(M) where M is the length of the value.",
     .summary = "Overwrites part of a string from an offset on, with zero bytes up to there if it was shorter.",
     .syntax = "key offset value",
     .handler = setrange_command},
    {.name = "incr",
     .arity = 2,
     .flags = kFastChange,
     .keys = kOneKey,
     .categories = kFastWriteAcl,
     .group = "string",
     .since = "1.0.0",
     .complexity = "O(1)",
     .summary = "Adds one to a number.",
     .syntax = "key",
     .handler = incr_command},
    {.name = "decr",
     .arity = 2,
     .flags = kFastChange,
     .keys = kOneKey,
     .categories = kFastWriteAcl,
     .group = "string",
     .since = "1.0.0",
     .complexity = "O(1)",
     .summary = "Takes one from a number.",
     .syntax = "key",
     .handler = decr_command},
    {.name = "incrby",
     .arity = 3,
     .flags = kFastChange,
     .keys = kOneKey,
     .categories = kFastWriteAcl,
     .group = "string",
     .since = "1.0.0",
     .complexity = "O(1)",
     .summary = "Adds an integer to a number.",
     .syntax = "key increment",
     .handler = incrby_command},
    {.name = "decrby",
     .arity = 3,
     .flags = kFastChange,
     .keys = kOneKey,
     .categories = kFastWriteAcl,
     .group = "string",
     .since = "1.0.0",
     .complexity = "O(1)",
     .summary = "Takes an integer from a number.",
     .syntax = "key decrement",
     .handler = decrby_command},
    {.name = "incrbyfloat",
     .arity = 3,
     .flags = kFastChange,
     .keys = kOneKey,
     .categories = kFastWriteAcl,
     .group = "string",
     .since = "2.6.0",
     .complexity = "O(1)",
     .summary = "Adds a floating point number to a number.",
     .syntax = "key increment",
     .handler = incrbyfloat_command},
    {.name = "setbit",
     .arity = 4,
     .flags = kChange,
     .keys = kOneKey,
     .categories = "@write @bitmap @slow",
     .group = "bitmap",
     .since = "2.2.0",
     .complexity = "O(1)",
     .summary = "Sets one bit of a string, which grows as needed, and tells what it was.",
     .syntax = "key offset value",
     .handler = setbit_command},
};

constexpr CommandSpec kGetting[] = {
    {.name = "get",
     .arity = 2,
     .flags = kFastRead,
     .keys = kOneKey,
     .categories = kFastReadAcl,
     .group = "string",
     .since = "1.0.0",
     .complexity = "O(1)",
     .summary = "Gives the string that a key holds.",
     .syntax = "key",
     .handler = get},
    {.name = "getset",
     .arity = 3,
     .flags = kFastChange,
     .keys = kOneKey,
     .categories = kFastWriteAcl,
     .group = "string",
     .since = "1.0.0",
     .complexity = "O(1)",
     .summary = "Sets a key to a string and gives what it held before.",
     .syntax = "key value",
     .handler = getset},
    {.name = "getdel",
     .arity = 2,
     .flags = kWrite | kFast,
     .keys = kOneKey,
     .categories = kFastWriteAcl,
     .group = "string",
     .since = "6.2.0",
     .complexity = "O(1)",
     .summary = "Gives the string that a key holds and removes the key.",
     .syntax = "key",
     .handler = getdel},
    {.name = "getex",
     .arity = -2,
     .flags = kWrite | kFast,
     .keys = kOneKey,
     .categories = kFastWriteAcl,
     .group = "string",
     .since = "6.2.0",
     .complexity = "O(1)",
     .summary = "Gives the string that a key holds and moves or removes its deadline.",
     .syntax = "key [EX seconds | PX milliseconds | EXAT unix-time-seconds | PXAT unix-time-milliseconds | PERSIST]",
     .handler = getex},
    {.name = "mget",
     .arity = -2,
     .flags = kFastRead,
     .keys = kAllArguments,
     .categories = kFastReadAcl,
     .group = "string",
     .since = "1.0.0",
     .complexity = "O(N) where N is the number of keys to retrieve.",
     .summary = "Gives the strings that several keys hold.",
     .syntax = "key [key ...]",
     .handler = mget},
    {.name = "strlen",
     .arity = 2,
     .flags = kFastRead,
     .keys = kOneKey,
     .categories = kFastReadAcl,
     .group = "string",
     .since = "2.2.0",
     .complexity = "O(1)",
     .summary = "Tells how many bytes a string has.",
     .syntax = "key",
     .handler = strlen_command},
    {.name = "getrange",
     .arity = 4,
     .flags = kReadonly,
     .keys = kOneKey,
     .categories = kSlowReadAcl,
     .group = "string",
     .since = "2.4.0",
     .complexity = "O(N) where N is the length of the returned string.",
     .summary = "Gives part of a string, from one offset to another.",
     .syntax = "key start end",
     .handler = getrange_command},
    {.name = "substr",
     .arity = 4,
     .flags = kReadonly,
     .keys = kOneKey,
     .categories = kSlowReadAcl,
     .group = "string",
     .since = "1.0.0",
     .complexity = "O(N) where N is the length of the returned string.",
     .summary = "The old name of GETRANGE.",
     .syntax = "key start end",
     .handler = getrange_command},
    {.name = "lcs",
     .arity = -3,
     .flags = kReadonly,
     .keys = {1, 2, 1},
     .categories = kSlowReadAcl,
     .group = "string",
     .since = "7.0.0",
     .complexity = "O(N*M) where N and M are the lengths of the two strings.",
     .summary = "Finds the longest common subsequence of two strings.",
     .syntax = "key1 key2 [LEN] [IDX] [MINMATCHLEN len] [WITHMATCHLEN]",
     .handler = lcs_command},
    {.name = "getbit",
     .arity = 3,
     .flags = kFastRead,
     .keys = kOneKey,
     .categories = "@read @bitmap @fast",
     .group = "bitmap",
     .since = "2.2.0",
     .complexity = "O(1)",
     .summary = "Tells one bit of a string.",
     .syntax = "key offset",
     .handler = getbit_command},
    {.name = "bitcount",
     .arity = -2,
     .flags = kReadonly,
     .keys = kOneKey,
     .categories = kBitReadAcl,
     .group = "bitmap",
     .since = "2.6.0",
     .complexity = "O(N)",
     .summary = "Counts the bits of a string that are set.",
     .syntax = "key [start end [BYTE | BIT]]",
     .handler = bitcount_command},
    {.name = "bitpos",
     .arity = -3,
     .flags = kReadonly,
     .keys = kOneKey,
     .categories = kBitReadAcl,
     .group = "bitmap",
     .since = "2.8.7",
     .complexity = "O(N)",
     .summary = "Finds the first bit of a string that is set, or clear.",
     .syntax = "key bit [start [end [BYTE | BIT]]]",
     .handler = bitpos_command},
};

constexpr auto kRows = [] {
  std::array<CommandSpec, std::size(kSetting) + std::size(kGetting)> rows;
  size_t at = 0;
  for (const CommandSpec& row : kSetting) rows[at++] = row;
  for (const CommandSpec& row : kGetting) rows[at++] = row;
  return rows;
}();

}  // namespace

std::span<const CommandSpec> string_commands() {
  return kRows;
}

}  // namespace onggi
