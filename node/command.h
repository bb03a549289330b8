// A command is one function and one row of a table. Arity, flags, role checks, COMMAND's replies, hints and the
// documentation all derive from the row.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "common/random.h"
#include "common/resp/writer.h"
#include "common/types.h"
#include "node/session.h"
#include "storage/store.h"

namespace onggi {

struct Services;

// Flags, with the names of COMMAND INFO.
enum CommandFlag : uint32_t {
  kWrite = 1u << 0,
  kReadonly = 1u << 1,
  kDenyOom = 1u << 2,
  kAdmin = 1u << 3,
  kPubSub = 1u << 4,
  kNoScript = 1u << 5,
  kBlocking = 1u << 6,
  kLoading = 1u << 7,
  kStale = 1u << 8,
  kFast = 1u << 9,
  kNoAuth = 1u << 10,  // may be sent before AUTH
  kMayReplicate = 1u << 11,
  kSkipMonitor = 1u << 12,
  kSkipSlowlog = 1u << 13,
  kAllSlots = 1u << 14,     // needs every key in memory first (KEYS, RANDOMKEY, DEBUG DIGEST)
  kCursorSlot = 1u << 15,   // SCAN: needs the slot under its cursor in memory (args[1])
  kMovableKeys = 1u << 16,  // args[1] says how many keys follow it
  kNoAsyncLoading = 1u << 17,
  kAllowBusy = 1u << 18,
  kNoMulti = 1u << 19,
  kAllDatabases = 1u << 20,  // with kAllSlots: of every database (DEBUG DIGEST)
  kHeaderOnly = 1u << 21,    // of its keys it needs existence, type and deadline, not the values
  kDebugging = 1u << 22,     // DEBUG: only where enable-debug-command lets it
};

// Where the keys are: first, last (negative: from the end), step; as in COMMAND INFO. first 0: none.
struct KeySpec {
  int first = 0;
  int last = 0;
  int step = 0;
};

// What a command's function leaves to its caller.
enum class Outcome : uint8_t {
  kDone,     // the reply is written
  kBlocked,  // session.blocked says what for; the reply comes later
};

// One command being executed. Valid during the call only.
struct Call {
  Session& session;
  std::span<const std::string_view> args;  // args[0] is the command's name as sent
  ReplyWriter& reply;
  Store& store;
  Services& services;
  Random& random;
  Now now;

  uint32_t db() const { return session.db; }
  size_t size() const { return args.size(); }
  std::string_view operator[](size_t i) const { return args[i]; }
};

using Handler = Outcome (*)(Call&);

struct CommandSpec {
  std::string_view name;  // lower case
  int arity = 0;          // as in Redis: negative means at least
  uint32_t flags = 0;
  KeySpec keys = {};
  std::string_view categories = {};  // of ACL, e.g. "@keyspace @write @slow"
  std::string_view group = {};       // "string", "hash", "generic", "server", "connection" ...
  std::string_view since = {};
  std::string_view complexity = {};
  std::string_view summary = {};
  std::string_view syntax = {};  // of the arguments: "key value [NX | XX] [EX seconds | PX milliseconds]"
  Handler handler = nullptr;     // null with subcommands
  std::span<const CommandSpec> subcommands = {};
  // COPY, MOVE: the key in another database that the call also touches; nullopt if the arguments don't say.
  std::optional<std::pair<uint32_t, std::string_view>> (*other_db_key)(std::span<const std::string_view> args,
                                                                       uint32_t databases) = nullptr;
};

// ---- the tables, one a file in node/commands/
std::span<const CommandSpec> string_commands();
std::span<const CommandSpec> hash_commands();
std::span<const CommandSpec> set_commands();
std::span<const CommandSpec> key_commands();
std::span<const CommandSpec> connection_commands();
std::span<const CommandSpec> server_commands();
std::span<const CommandSpec> replication_commands();

// All commands by name.
class CommandTable {
 public:
  CommandTable();
  // Case-insensitive; null if there is none.
  const CommandSpec* find(std::string_view name) const;
  const std::vector<const CommandSpec*>& all() const { return sorted_; }  // by name

 private:
  std::vector<const CommandSpec*> buckets_;  // open addressing by a hash of the lower-cased name
  std::vector<const CommandSpec*> sorted_;
};

// The row of the subcommand args[1] names; null if there is none.
const CommandSpec* find_subcommand(const CommandSpec& command, std::string_view name);

// At most what a call writes to the log that comes from its arguments alone; a key may be written twice, once because
// it had expired. `keys` are the indices of its keys.
uint64_t record_bytes(std::span<const std::string_view> args, std::span<const size_t> keys);
inline constexpr uint64_t kOperationBytes = 32;  // of an operation, or a name in it, beside its strings
inline constexpr std::string_view kTooLongForRecord =
    "ERR this change is too large: all that a command changes has to fit into one record of the log (1 GiB)";

// Indices in args of the keys of a call, in order. Empty if the arguments don't fit the row.
void keys_of(const CommandSpec& command, std::span<const std::string_view> args, std::vector<size_t>& indices);

}  // namespace onggi
