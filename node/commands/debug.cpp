// DEBUG and MEMORY: looking inside one key, and inside the whole.
#include <algorithm>
#include <cmath>

#include "node/commands/words.h"
#include "node/services.h"

namespace onggi {

namespace {

// ---- DEBUG
Outcome debug_digest(Call& call) {
  call.reply.simple_string(call.store.digest());
  return Outcome::kDone;
}

Outcome debug_sleep(Call& call) {
  constexpr double kMostSeconds = 1e6;
  const double seconds = std::clamp(parse_double(call[2]).value_or(0.0), 0.0, kMostSeconds);
  call.services.node.sleep(call.session, microseconds(std::llround(seconds * 1e6)));
  return Outcome::kBlocked;
}

Outcome debug_object(Call& call) {
  const Entry* entry = call.store.peek(call.db(), call[2]);
  if (entry == nullptr) return reply_error(call, "ERR no such key");
  call.reply.simple_string("Value at:0x0 refcount:1 encoding:" + std::string(encoding_of(*entry)) +
                           " serializedlength:" + std::to_string(memory_of(*entry)) + " lru:0 lru_seconds_idle:0");
  return Outcome::kDone;
}

// ---- MEMORY
Outcome memory_usage(Call& call) {
  for (size_t i = 3; i < call.size(); i += 2) {
    if (!is_word(call[i], "samples") || i + 1 == call.size()) return reply_error(call, kSyntaxError);
    const auto samples = parse_int64(call[i + 1]);
    if (!samples) return reply_error(call, kNotAnInteger);
    if (*samples < 0) return reply_error(call, kSyntaxError);
  }
  const Entry* entry = call.store.peek(call.db(), call[2]);
  if (entry == nullptr) {
    call.reply.null();
  } else {
    call.reply.integer(static_cast<int64_t>(memory_of(*entry)));
  }
  return Outcome::kDone;
}

Outcome memory_stats(Call& call) {
  Stats& stats = call.services.stats;
  const uint64_t used = call.store.stats().memory_bytes;
  stats.memory_peak = std::max(stats.memory_peak, used);
  uint64_t keys = 0;
  for (uint32_t db = 0; db < call.store.databases(); db++) keys += call.store.size(db);
  const std::pair<std::string_view, uint64_t> numbers[] = {
      {"peak.allocated", stats.memory_peak},
      {"total.allocated", used},
      {"startup.allocated", 0},
      {"replication.backlog", call.services.config.log_memory_tail},
      {"clients.slaves", 0},
      {"clients.normal", 0},
      {"aof.buffer", 0},
      {"overhead.total", 0},
      {"keys.count", keys},
      {"keys.bytes-per-key", keys == 0 ? 0 : used / keys},
      {"dataset.bytes", used},
      {"allocator.resident", call.services.node.resident_bytes()}};
  call.reply.map_header(std::size(numbers) + 1);
  for (const auto& [name, value] : numbers) {
    call.reply.bulk(name);
    call.reply.integer(static_cast<int64_t>(value));
  }
  call.reply.bulk("peak.percentage");
  call.reply.double_value(
      stats.memory_peak == 0 ? 0 : 100.0 * static_cast<double>(used) / static_cast<double>(stats.memory_peak));
  return Outcome::kDone;
}

Outcome memory_doctor(Call& call) {
  const uint64_t used = call.store.stats().memory_bytes;
  const uint64_t most = call.services.config.maxmemory;
  std::string report = "Memory holds " + human_bytes(used) + " of keys and values.\n";
  if (most != 0 && used > most / 10 * 9) {
    report += "That is over 90% of maxmemory: cold values leave memory and are read from the tier when asked for.\n";
  }
  call.reply.verbatim("txt", report);
  return Outcome::kDone;
}

Outcome memory_malloc_stats(Call& call) {
  call.reply.verbatim("txt", "Stats not supported for the current allocator");
  return Outcome::kDone;
}

constexpr uint32_t kOperator = kAdmin | kNoScript | kLoading | kStale;
constexpr std::string_view kDangerous = "@admin @slow @dangerous";

constexpr CommandSpec kDebugRows[] = {
    {.name = "digest",
     .arity = 2,
     .flags = kDebugging | kOperator | kAllSlots | kAllDatabases,
     .categories = kDangerous,
     .group = "server",
     .since = "1.0.0",
     .complexity = "O(N) where N is the number of keys",
     .summary = "Gives 40 digits that two nodes share only if they hold the same keys and values.",
     .handler = debug_digest},
    {.name = "help",
     .arity = 2,
     .flags = kDebugging | kLoading | kStale,
     .categories = "@slow",
     .group = "server",
     .since = "1.0.0",
     .complexity = "O(1)",
     .summary = "Prints this help.",
     .handler = help_command},
    {.name = "object",
     .arity = 3,
     .flags = kDebugging | kOperator,
     .keys = {2, 2, 1},
     .categories = kDangerous,
     .group = "server",
     .since = "1.0.0",
     .complexity = "O(1)",
     .summary = "Shows how a value is kept.",
     .syntax = "key",
     .handler = debug_object},
    {.name = "sleep",
     .arity = 3,
     .flags = kDebugging | kOperator,
     .categories = kDangerous,
     .group = "server",
     .since = "1.0.0",
     .complexity = "O(1)",
     .summary = "Makes the whole node stand still for a while.",
     .syntax = "seconds",
     .handler = debug_sleep},
};

constexpr CommandSpec kMemoryRows[] = {
    {.name = "doctor",
     .arity = 2,
     .categories = "@slow",
     .group = "server",
     .since = "4.0.0",
     .complexity = "O(1)",
     .summary = "Says in words how memory stands.",
     .handler = memory_doctor},
    {.name = "help",
     .arity = 2,
     .flags = kLoading | kStale,
     .categories = "@slow",
     .group = "server",
     .since = "4.0.0",
     .complexity = "O(1)",
     .summary = "Prints this help.",
     .handler = help_command},
    {.name = "malloc-stats",
     .arity = 2,
     .categories = "@slow",
     .group = "server",
     .since = "4.0.0",
     .complexity = "O(1)",
     .summary = "Asks the allocator, which has nothing to tell.",
     .handler = memory_malloc_stats},
    {.name = "purge",
     .arity = 2,
     .categories = "@slow",
     .group = "server",
     .since = "4.0.0",
     .complexity = "O(1)",
     .summary = "Does nothing: the allocator gives memory back by itself.",
     .handler = reply_ok},
    {.name = "stats",
     .arity = 2,
     .categories = "@slow",
     .group = "server",
     .since = "4.0.0",
     .complexity = "O(1)",
     .summary = "Tells what memory is used for.",
     .handler = memory_stats},
    {.name = "usage",
     .arity = -3,
     .flags = kReadonly,
     .keys = {2, 2, 1},
     .categories = "@read @slow",
     .group = "server",
     .since = "4.0.0",
     .complexity = "O(1)",
     .summary = "Gives the bytes that a key and its value take.",
     .syntax = "key [SAMPLES count]",
     .handler = memory_usage},
};

}  // namespace

std::span<const CommandSpec> debug_subcommands() {
  return kDebugRows;
}
std::span<const CommandSpec> memory_subcommands() {
  return kMemoryRows;
}

}  // namespace onggi
