// Keys, whatever they hold: removing, renaming, copying, asking; the table of all key commands.
#include "node/commands/handlers.h"
#include "node/commands/parse.h"

namespace onggi {

namespace {

constexpr std::string_view kSameObject = "ERR source and destination objects are the same";

Outcome del(Call& call) {
  int64_t removed = 0;
  for (const std::string_view key : call.args.subspan(1)) {
    if (look_up_header(call, key, Access::kWrite) == nullptr) continue;
    call.store.remove(call.db(), key);
    removed++;
  }
  return reply_integer(call, removed);
}

// EXISTS and TOUCH: a key given twice counts twice.
Outcome count_existing(Call& call) {
  int64_t count = 0;
  for (const std::string_view key : call.args.subspan(1)) {
    if (look_up_header(call, key, Access::kRead) != nullptr) count++;
  }
  return reply_integer(call, count);
}

Outcome type(Call& call) {
  const Entry* entry = call.store.peek_header(call.db(), call[1]);
  call.reply.simple_string(entry == nullptr ? "none" : type_name(type_of(*entry)));
  return Outcome::kDone;
}

Outcome rename(Call& call) {
  if (look_up(call, call[1], Access::kWrite) == nullptr) return reply_error(call, kNoSuchKey);
  if (call[1] != call[2]) call.store.rename(call.db(), call[1], call[2]);
  return reply_ok(call);
}

Outcome renamenx(Call& call) {
  if (look_up(call, call[1], Access::kWrite) == nullptr) return reply_error(call, kNoSuchKey);
  if (look_up(call, call[2], Access::kWrite) != nullptr) return reply_integer(call, 0);
  call.store.rename(call.db(), call[1], call[2]);
  return reply_integer(call, 1);
}

Outcome copy(Call& call) {
  uint32_t target = call.db();
  bool replace = false;
  for (size_t i = 3; i < call.size(); i++) {
    if (is_word(call[i], "replace")) {
      replace = true;
    } else if (is_word(call[i], "db") && i + 1 < call.size()) {
      const auto db = database_argument(call, call[++i]);
      if (!db) return Outcome::kDone;
      target = *db;
    } else {
      return reply_error(call, kSyntaxError);
    }
  }
  if (target == call.db() && call[1] == call[2]) return reply_error(call, kSameObject);
  if (look_up(call, call[1], Access::kRead) == nullptr) return reply_integer(call, 0);
  if (!replace && call.store.peek(target, call[2]) != nullptr) return reply_integer(call, 0);
  call.store.copy(call.db(), call[1], target, call[2]);
  return reply_integer(call, 1);
}

Outcome move(Call& call) {
  const auto target = database_argument(call, call[2]);
  if (!target) return Outcome::kDone;
  if (*target == call.db()) return reply_error(call, kSameObject);
  if (look_up(call, call[1], Access::kWrite) == nullptr) return reply_integer(call, 0);
  if (call.store.peek(*target, call[1]) != nullptr) return reply_integer(call, 0);
  if (!fits_record(call, 4, 4 * call[1].size())) return Outcome::kDone;
  call.store.copy(call.db(), call[1], *target, call[1]);
  call.store.remove(call.db(), call[1]);
  return reply_integer(call, 1);
}

// The key in another database that COPY writes: what the last DB says.
std::optional<std::pair<uint32_t, std::string_view>> copy_target(std::span<const std::string_view> args,
                                                                 uint32_t databases) {
  std::optional<std::pair<uint32_t, std::string_view>> target;
  for (size_t i = 3; i + 1 < args.size(); i++) {
    if (!is_word(args[i], "db")) continue;
    if (const auto db = peek_database(args[++i], databases)) target = {*db, args[2]};
  }
  return target;
}

std::optional<std::pair<uint32_t, std::string_view>> move_target(std::span<const std::string_view> args,
                                                                 uint32_t databases) {
  const auto db = peek_database(args[2], databases);
  if (!db) return std::nullopt;
  return std::pair{*db, args[1]};
}

constexpr KeySpec kOneKey = {1, 1, 1};
constexpr KeySpec kTwoKeys = {1, 2, 1};
constexpr KeySpec kAllArguments = {1, -1, 1};
constexpr uint32_t kFastRead = kReadonly | kFast;
constexpr uint32_t kFastWrite = kWrite | kFast;
constexpr std::string_view kFastReadAcl = "@keyspace @read @fast";
constexpr std::string_view kSlowReadAcl = "@keyspace @read @slow";
constexpr std::string_view kFastWriteAcl = "@keyspace @write @fast";
constexpr std::string_view kSlowWriteAcl = "@keyspace @write @slow";
constexpr std::string_view kDangerousAcl = "@keyspace @write @slow @dangerous";
constexpr std::string_view kExpireSyntax = "key seconds [NX | XX | GT | LT]";

const CommandSpec kRows[] = {
    {.name = "del",
     .arity = -2,
     .flags = kWrite | kHeaderOnly,
     .keys = kAllArguments,
     .categories = kSlowWriteAcl,
     .group = "generic",
     .since = "1.0.0",
     .complexity = "O(N) where N is the number of keys that will be removed.",
     .summary = "Removes keys and tells how many there were.",
     .syntax = "key [key ...]",
     .handler = del},
    {.name = "unlink",
     .arity = -2,
     .flags = kFastWrite | kHeaderOnly,
     .keys = kAllArguments,
     .categories = kFastWriteAcl,
     .group = "generic",
     .since = "4.0.0",
     .complexity = "O(N) where N is the number of keys that will be removed.",
     .summary = "Removes keys, as DEL does.",
     .syntax = "key [key ...]",
     .handler = del},
    {.name = "exists",
     .arity = -2,
     .flags = kFastRead | kHeaderOnly,
     .keys = kAllArguments,
     .categories = kFastReadAcl,
     .group = "generic",
     .since = "1.0.0",
     .complexity = "O(N) where N is the number of keys to check.",
     .summary = "Tells how many of several keys exist.",
     .syntax = "key [key ...]",
     .handler = count_existing},
    {.name = "touch",
     .arity = -2,
     .flags = kFastRead | kHeaderOnly,
     .keys = kAllArguments,
     .categories = kFastReadAcl,
     .group = "generic",
     .since = "3.2.1",
     .complexity = "O(N) where N is the number of keys that will be touched.",
     .summary = "Marks keys as used and tells how many of them exist.",
     .syntax = "key [key ...]",
     .handler = count_existing},
    {.name = "type",
     .arity = 2,
     .flags = kFastRead | kHeaderOnly,
     .keys = kOneKey,
     .categories = kFastReadAcl,
     .group = "generic",
     .since = "1.0.0",
     .complexity = "O(1)",
     .summary = "Tells what kind of value a key holds.",
     .syntax = "key",
     .handler = type},
    {.name = "rename",
     .arity = 3,
     .flags = kWrite,
     .keys = kTwoKeys,
     .categories = kSlowWriteAcl,
     .group = "generic",
     .since = "1.0.0",
     .complexity = "O(1)",
     .summary = "Gives a key another name, in the place of a key that had it.",
     .syntax = "key newkey",
     .handler = rename},
    {.name = "renamenx",
     .arity = 3,
     .flags = kFastWrite,
     .keys = kTwoKeys,
     .categories = kFastWriteAcl,
     .group = "generic",
     .since = "1.0.0",
     .complexity = "O(1)",
     .summary = "Gives a key another name if no key has it.",
     .syntax = "key newkey",
     .handler = renamenx},
    {.name = "copy",
     .arity = -3,
     .flags = kWrite | kDenyOom,
     .keys = kTwoKeys,
     .categories = kSlowWriteAcl,
     .group = "generic",
     .since = "6.2.0",
     .complexity = "O(N) where N is the size of the value.",
     .summary = "Copies the value and the deadline of a key to another key.",
     .syntax = "source destination [DB destination-db] [REPLACE]",
     .handler = copy,
     .other_db_key = copy_target},
    {.name = "move",
     .arity = 3,
     .flags = kFastWrite,
     .keys = kOneKey,
     .categories = kFastWriteAcl,
     .group = "generic",
     .since = "1.0.0",
     .complexity = "O(1)",
     .summary = "Moves a key to another database.",
     .syntax = "key db",
     .handler = move,
     .other_db_key = move_target},
    {.name = "expire",
     .arity = -3,
     .flags = kFastWrite | kHeaderOnly,
     .keys = kOneKey,
     .categories = kFastWriteAcl,
     .group = "generic",
     .since = "1.0.0",
     .complexity = "O(1)",
     .summary = "Lets a key live so many seconds more.",
     .syntax = kExpireSyntax,
     .handler = expire_command},
    {.name = "pexpire",
     .arity = -3,
     .flags = kFastWrite | kHeaderOnly,
     .keys = kOneKey,
     .categories = kFastWriteAcl,
     .group = "generic",
     .since = "2.6.0",
     .complexity = "O(1)",
     .summary = "Lets a key live so many milliseconds more.",
     .syntax = "key milliseconds [NX | XX | GT | LT]",
     .handler = pexpire_command},
    {.name = "expireat",
     .arity = -3,
     .flags = kFastWrite | kHeaderOnly,
     .keys = kOneKey,
     .categories = kFastWriteAcl,
     .group = "generic",
     .since = "1.2.0",
     .complexity = "O(1)",
     .summary = "Lets a key live until a second.",
     .syntax = "key unix-time-seconds [NX | XX | GT | LT]",
     .handler = expireat_command},
    {.name = "pexpireat",
     .arity = -3,
     .flags = kFastWrite | kHeaderOnly,
     .keys = kOneKey,
     .categories = kFastWriteAcl,
     .group = "generic",
     .since = "2.6.0",
     .complexity = "O(1)",
     .summary = "Lets a key live until a millisecond.",
     .syntax = "key unix-time-milliseconds [NX | XX | GT | LT]",
     .handler = pexpireat_command},
    {.name = "persist",
     .arity = 2,
     .flags = kFastWrite | kHeaderOnly,
     .keys = kOneKey,
     .categories = kFastWriteAcl,
     .group = "generic",
     .since = "2.2.0",
     .complexity = "O(1)",
     .summary = "Takes a key's deadline away.",
     .syntax = "key",
     .handler = persist_command},
    {.name = "ttl",
     .arity = 2,
     .flags = kFastRead | kHeaderOnly,
     .keys = kOneKey,
     .categories = kFastReadAcl,
     .group = "generic",
     .since = "1.0.0",
     .complexity = "O(1)",
     .summary = "Tells how many seconds a key has to live.",
     .syntax = "key",
     .handler = ttl_command},
    {.name = "pttl",
     .arity = 2,
     .flags = kFastRead | kHeaderOnly,
     .keys = kOneKey,
     .categories = kFastReadAcl,
     .group = "generic",
     .since = "2.6.0",
     .complexity = "O(1)",
     .summary = "Tells how many milliseconds a key has to live.",
     .syntax = "key",
     .handler = pttl_command},
    {.name = "expiretime",
     .arity = 2,
     .flags = kFastRead | kHeaderOnly,
     .keys = kOneKey,
     .categories = kFastReadAcl,
     .group = "generic",
     .since = "7.0.0",
     .complexity = "O(1)",
     .summary = "Tells until which second a key lives.",
     .syntax = "key",
     .handler = expiretime_command},
    {.name = "pexpiretime",
     .arity = 2,
     .flags = kFastRead | kHeaderOnly,
     .keys = kOneKey,
     .categories = kFastReadAcl,
     .group = "generic",
     .since = "7.0.0",
     .complexity = "O(1)",
     .summary = "Tells until which millisecond a key lives.",
     .syntax = "key",
     .handler = pexpiretime_command},
    {.name = "keys",
     .arity = 2,
     .flags = kReadonly | kAllSlots,
     .categories = "@keyspace @read @slow @dangerous",
     .group = "generic",
     .since = "1.0.0",
     .complexity = "O(N) where N is the number of keys in the database.",
     .summary = "Gives all keys whose names match a pattern.",
     .syntax = "pattern",
     .handler = keys_command},
    {.name = "scan",
     .arity = -2,
     .flags = kReadonly | kCursorSlot,
     .categories = kSlowReadAcl,
     .group = "generic",
     .since = "2.8.0",
     .complexity = "O(1) for every call, O(N) for all calls of a complete iteration.",
     .summary = "Walks over the keys of the database, some at each call.",
     .syntax = "cursor [MATCH pattern] [COUNT count] [TYPE type]",
     .handler = scan_command},
    {.name = "randomkey",
     .arity = 1,
     .flags = kReadonly | kAllSlots,
     .categories = kSlowReadAcl,
     .group = "generic",
     .since = "1.0.0",
     .complexity = "O(1)",
     .summary = "Gives one key of the database by chance.",
     .handler = randomkey_command},
    {.name = "object",
     .arity = -2,
     .categories = "@slow",
     .group = "generic",
     .since = "2.2.3",
     .complexity = "Depends on subcommand.",
     .summary = "Tells how values are kept.",
     .subcommands = object_subcommands()},
    {.name = "dbsize",
     .arity = 1,
     .flags = kFastRead,
     .categories = kFastReadAcl,
     .group = "server",
     .since = "1.0.0",
     .complexity = "O(1)",
     .summary = "Tells how many keys the database has.",
     .handler = dbsize_command},
    {.name = "swapdb",
     .arity = 3,
     .flags = kFastWrite,
     .categories = "@keyspace @write @fast @dangerous",
     .group = "server",
     .since = "4.0.0",
     .complexity = "O(1)",
     .summary = "Exchanges two databases.",
     .syntax = "index1 index2",
     .handler = swapdb_command},
    {.name = "flushdb",
     .arity = -1,
     .flags = kWrite,
     .categories = kDangerousAcl,
     .group = "server",
     .since = "1.0.0",
     .complexity = "O(N) where N is the number of keys in the database",
     .summary = "Removes all keys of the database.",
     .syntax = "[ASYNC | SYNC]",
     .handler = flushdb_command},
    {.name = "flushall",
     .arity = -1,
     .flags = kWrite,
     .categories = kDangerousAcl,
     .group = "server",
     .since = "1.0.0",
     .complexity = "O(N) where N is the total number of keys in all databases",
     .summary = "Removes all keys of all databases.",
     .syntax = "[ASYNC | SYNC]",
     .handler = flushall_command},
};

}  // namespace

std::span<const CommandSpec> key_commands() {
  return kRows;
}

}  // namespace onggi
