// SLOWLOG and LATENCY: the commands that took long, and the moments at which something did.
#include <algorithm>
#include <vector>

#include "common/glob.h"
#include "node/commands/words.h"
#include "node/services.h"

namespace onggi {

namespace {

// ---- SLOWLOG
Outcome slowlog_get(Call& call) {
  if (call.size() > 3)
    return reply_error(call, "ERR unknown subcommand or wrong number of arguments for '" +
                                 std::string(call[1].substr(0, 128)) + "'. Try SLOWLOG HELP.");
  int64_t count = 10;
  if (call.size() == 3) {
    const auto asked = parse_int64(call[2]);
    if (!asked || *asked < -1) return reply_error(call, "ERR count should be greater than or equal to -1");
    count = *asked;
  }
  const auto& log = call.services.stats.slowlog;
  const size_t shown = count < 0 ? log.size() : std::min(log.size(), static_cast<size_t>(count));
  call.reply.array_header(shown);
  for (size_t i = 0; i < shown; i++) {
    const SlowEntry& entry = log[i];
    call.reply.array_header(6);
    call.reply.integer(static_cast<int64_t>(entry.id));
    call.reply.integer(entry.unix_seconds);
    call.reply.integer(entry.microseconds);
    call.reply.array_header(entry.args.size());
    for (const std::string& arg : entry.args) call.reply.bulk(arg);
    call.reply.bulk(entry.client_address);
    call.reply.bulk(entry.client_name);
  }
  return Outcome::kDone;
}

Outcome slowlog_len(Call& call) {
  call.reply.integer(static_cast<int64_t>(call.services.stats.slowlog.size()));
  return Outcome::kDone;
}

Outcome slowlog_reset(Call& call) {
  call.services.stats.slowlog.clear();
  return reply_ok(call);
}

// ---- LATENCY
Outcome latency_latest(Call& call) {
  const auto& events = call.services.stats.latency;
  call.reply.array_header(events.size());
  for (const auto& [name, event] : events) {
    const LatencySample last = event.samples.empty() ? LatencySample{} : event.samples.back();
    call.reply.array_header(4);
    call.reply.bulk(name);
    call.reply.integer(last.unix_seconds);
    call.reply.integer(last.milliseconds);
    call.reply.integer(event.max);
  }
  return Outcome::kDone;
}

Outcome latency_history(Call& call) {
  const auto& events = call.services.stats.latency;
  const auto event = events.find(call[2]);
  if (event == events.end()) {
    call.reply.array_header(0);
    return Outcome::kDone;
  }
  call.reply.array_header(event->second.samples.size());
  for (const LatencySample& sample : event->second.samples) {
    call.reply.array_header(2);
    call.reply.integer(sample.unix_seconds);
    call.reply.integer(sample.milliseconds);
  }
  return Outcome::kDone;
}

Outcome latency_reset(Call& call) {
  auto& events = call.services.stats.latency;
  size_t forgotten = 0;
  if (call.size() == 2) {
    forgotten = events.size();
    events.clear();
  }
  for (size_t i = 2; i < call.size(); i++) {
    const auto event = events.find(call[i]);
    if (event == events.end()) continue;
    events.erase(event);
    forgotten++;
  }
  call.reply.integer(static_cast<int64_t>(forgotten));
  return Outcome::kDone;
}

Outcome latency_doctor(Call& call) {
  const auto& events = call.services.stats.latency;
  std::string report;
  if (call.services.config.latency_monitor_threshold == 0) {
    report =
        "Latency monitoring is off. Turn it on with CONFIG SET latency-monitor-threshold <milliseconds>, and ask "
        "again after a while.\n";
  } else if (events.empty()) {
    report = "Nothing took longer than latency-monitor-threshold so far.\n";
  }
  for (const auto& [name, event] : events) {
    uint64_t sum = 0;
    for (const LatencySample& sample : event.samples) sum += sample.milliseconds;
    const uint64_t mean = event.samples.empty() ? 0 : sum / event.samples.size();
    report += name + ": " + std::to_string(event.samples.size()) + " spikes, " + std::to_string(mean) +
              " ms on average, " + std::to_string(event.max) + " ms at worst.\n";
  }
  call.reply.verbatim("txt", report);
  return Outcome::kDone;
}

// One bar a sample, as high as it took long beside the others.
Outcome latency_graph(Call& call) {
  const auto& events = call.services.stats.latency;
  const auto event = events.find(call[2]);
  if (event == events.end() || event->second.samples.empty()) {
    return reply_error(call, "ERR No samples available for event '" + std::string(call[2].substr(0, 128)) + "'");
  }
  constexpr std::string_view kHeights = "_.:-=+*#";
  const uint32_t most = std::max<uint32_t>(1, event->second.max);
  std::string graph = event->first + " - high " + std::to_string(most) + " ms (all time high)\n";
  for (const LatencySample& sample : event->second.samples) {
    const size_t height = std::min<size_t>(kHeights.size() - 1, sample.milliseconds * kHeights.size() / most);
    graph += kHeights[height];
  }
  graph += '\n';
  call.reply.verbatim("txt", graph);
  return Outcome::kDone;
}

// Calls and mean time a command; a distribution is not kept, so all calls stand under the mean's power of two.
Outcome latency_histogram(Call& call) {
  std::vector<std::pair<std::string_view, const CommandStats*>> shown;
  for (const auto& [name, stats] : call.services.stats.commands) {
    bool wanted = call.size() == 2;
    for (size_t i = 2; i < call.size() && !wanted; i++) wanted = is_word(call[i], name);
    if (wanted && stats.calls > 0) shown.emplace_back(name, &stats);
  }
  call.reply.map_header(shown.size());
  for (const auto& [name, stats] : shown) {
    const uint64_t mean_us = stats->nanoseconds / 1000 / stats->calls;
    uint64_t bucket_us = 1;
    while (bucket_us <= mean_us) bucket_us *= 2;
    call.reply.bulk(name);
    call.reply.map_header(2);
    call.reply.bulk("calls");
    call.reply.integer(static_cast<int64_t>(stats->calls));
    call.reply.bulk("histogram_usec");
    call.reply.map_header(1);
    call.reply.integer(static_cast<int64_t>(bucket_us));
    call.reply.integer(static_cast<int64_t>(stats->calls));
  }
  return Outcome::kDone;
}

constexpr uint32_t kOperator = kAdmin | kLoading | kStale;
constexpr std::string_view kCategories = "@admin @slow @dangerous";

constexpr CommandSpec kSlowlogRows[] = {
    {.name = "get",
     .arity = -2,
     .flags = kOperator,
     .categories = kCategories,
     .group = "server",
     .since = "2.2.12",
     .complexity = "O(N) where N is the number of entries shown",
     .summary = "Shows the slowest of late: 10, or as many as asked for, or with -1 all.",
     .syntax = "[count]",
     .handler = slowlog_get},
    {.name = "help",
     .arity = 2,
     .flags = kLoading | kStale,
     .categories = "@slow",
     .group = "server",
     .since = "6.2.0",
     .complexity = "O(1)",
     .summary = "Prints this help.",
     .handler = help_command},
    {.name = "len",
     .arity = 2,
     .flags = kOperator,
     .categories = kCategories,
     .group = "server",
     .since = "2.2.12",
     .complexity = "O(1)",
     .summary = "Gives the number of entries kept.",
     .handler = slowlog_len},
    {.name = "reset",
     .arity = 2,
     .flags = kOperator,
     .categories = kCategories,
     .group = "server",
     .since = "2.2.12",
     .complexity = "O(N) where N is the number of entries",
     .summary = "Forgets all entries.",
     .handler = slowlog_reset},
};

constexpr uint32_t kMonitor = kAdmin | kNoScript | kLoading | kStale;

constexpr CommandSpec kLatencyRows[] = {
    {.name = "doctor",
     .arity = 2,
     .flags = kMonitor,
     .categories = kCategories,
     .group = "server",
     .since = "2.8.13",
     .complexity = "O(1)",
     .summary = "Says in words what was slow.",
     .handler = latency_doctor},
    {.name = "graph",
     .arity = 3,
     .flags = kMonitor,
     .categories = kCategories,
     .group = "server",
     .since = "2.8.13",
     .complexity = "O(1)",
     .summary = "Draws the samples of an event.",
     .syntax = "event",
     .handler = latency_graph},
    {.name = "help",
     .arity = 2,
     .flags = kLoading | kStale,
     .categories = "@slow",
     .group = "server",
     .since = "2.8.13",
     .complexity = "O(1)",
     .summary = "Prints this help.",
     .handler = help_command},
    {.name = "histogram",
     .arity = -2,
     .flags = kMonitor,
     .categories = kCategories,
     .group = "server",
     .since = "7.0.0",
     .complexity = "O(N) where N is the number of commands shown",
     .summary = "Shows how often commands were called, and how long they took.",
     .syntax = "[command ...]",
     .handler = latency_histogram},
    {.name = "history",
     .arity = 3,
     .flags = kMonitor,
     .categories = kCategories,
     .group = "server",
     .since = "2.8.13",
     .complexity = "O(1)",
     .summary = "Gives the samples of an event: when, and how long.",
     .syntax = "event",
     .handler = latency_history},
    {.name = "latest",
     .arity = 2,
     .flags = kMonitor,
     .categories = kCategories,
     .group = "server",
     .since = "2.8.13",
     .complexity = "O(1)",
     .summary = "Gives the newest sample of every event.",
     .handler = latency_latest},
    {.name = "reset",
     .arity = -2,
     .flags = kMonitor,
     .categories = kCategories,
     .group = "server",
     .since = "2.8.13",
     .complexity = "O(1)",
     .summary = "Forgets the samples of the events named, or of all.",
     .syntax = "[event ...]",
     .handler = latency_reset},
};

}  // namespace

std::span<const CommandSpec> slowlog_subcommands() {
  return kSlowlogRows;
}
std::span<const CommandSpec> latency_subcommands() {
  return kLatencyRows;
}

}  // namespace onggi
