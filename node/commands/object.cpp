// OBJECT: how a value is kept. Only the encoding is tracked; the rest answers what tools expect of a value in use.
#include "node/commands/handlers.h"
#include "node/commands/parse.h"

namespace onggi {

namespace {

Outcome encoding(Call& call) {
  const Entry* entry = call.store.peek(call.db(), call[2]);
  if (entry == nullptr) return reply_null(call);
  call.reply.bulk(encoding_of(*entry));
  return Outcome::kDone;
}

Outcome freq(Call& call) {
  if (call.store.peek(call.db(), call[2]) == nullptr) return reply_null(call);
  return reply_error(call,
                     "ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note that when "
                     "switching between policies at runtime LRU and LFU data will take some time to adjust.");
}

Outcome idletime(Call& call) {
  return call.store.peek(call.db(), call[2]) == nullptr ? reply_null(call) : reply_integer(call, 0);
}

Outcome refcount(Call& call) {
  return call.store.peek(call.db(), call[2]) == nullptr ? reply_null(call) : reply_integer(call, 1);
}

constexpr KeySpec kThirdArgument = {2, 2, 1};
constexpr std::string_view kAcl = "@keyspace @read @slow";

constexpr CommandSpec kRows[] = {
    {.name = "encoding",
     .arity = 3,
     .flags = kReadonly,
     .keys = kThirdArgument,
     .categories = kAcl,
     .group = "generic",
     .since = "2.2.3",
     .complexity = "O(1)",
     .summary = "Tells how a key's value is kept.",
     .syntax = "key",
     .handler = encoding},
    {.name = "freq",
     .arity = 3,
     .flags = kReadonly,
     .keys = kThirdArgument,
     .categories = kAcl,
     .group = "generic",
     .since = "4.0.0",
     .complexity = "O(1)",
     .summary = "Tells how often a key is used; not tracked.",
     .syntax = "key",
     .handler = freq},
    {.name = "idletime",
     .arity = 3,
     .flags = kReadonly,
     .keys = kThirdArgument,
     .categories = kAcl,
     .group = "generic",
     .since = "2.2.3",
     .complexity = "O(1)",
     .summary = "Tells for how many seconds a key was not used; not tracked, always 0.",
     .syntax = "key",
     .handler = idletime},
    {.name = "refcount",
     .arity = 3,
     .flags = kReadonly,
     .keys = kThirdArgument,
     .categories = kAcl,
     .group = "generic",
     .since = "2.2.3",
     .complexity = "O(1)",
     .summary = "Tells how many places refer to a key's value: always one.",
     .syntax = "key",
     .handler = refcount},
    {.name = "help",
     .arity = 2,
     .flags = kLoading | kStale,
     .categories = "@keyspace @slow",
     .group = "generic",
     .since = "6.2.0",
     .complexity = "O(1)",
     .summary = "Shows this help.",
     .handler = help_command},
};

}  // namespace

std::span<const CommandSpec> object_subcommands() {
  return kRows;
}

}  // namespace onggi
