#include "node/commands/info.h"

#include <algorithm>
#include <cstdio>
#include <vector>

#include "node/commands/names.h"
#include "node/commands/words.h"

namespace onggi {

namespace {

std::string percent(uint64_t part, uint64_t whole) {
  char text[32];
  const double value = whole == 0 ? 0 : 100.0 * static_cast<double>(part) / static_cast<double>(whole);
  std::snprintf(text, sizeof text, "%.2f%%", value);
  return text;
}

void info_server(InfoWriter& out, const InfoSource& from) {
  const ProcessDescription process = from.services.node.process();
  const Stats& stats = from.services.stats;
  const int64_t uptime_s = std::max<int64_t>(0, (from.now.instant - stats.started).count() / 1000000);
  out.section("Server");
  out.field("redis_version", kRedisVersion);
  out.field("onggi_version", kOnggiVersion);
  out.field("redis_git_sha1", "00000000");
  out.field("redis_git_dirty", "0");
  out.field("redis_build_id", "0");
  out.field("redis_mode", "standalone");
  out.field("os", process.os);
  out.field("arch_bits", 64);
  out.field("monotonic_clock", "POSIX clock_gettime");
  out.field("multiplexing_api", "epoll");
  out.field("process_id", process.id);
  out.field("process_supervised", "no");
  out.field("run_id", process.run.hex);
  out.field("tcp_port", from.services.config.port);
  out.field("server_time_usec", from.now.wall.ms * 1000);
  out.field("uptime_in_seconds", uptime_s);
  out.field("uptime_in_days", uptime_s / 86400);
  out.field("hz", from.services.config.hz);
  out.field("configured_hz", from.services.config.hz);
  out.field("lru_clock", (from.now.wall.ms / 1000) & 0xffffff);
  out.field("executable", process.executable);
  out.field("config_file", process.config_file);
  out.field("io_threads_active", 0);
}

void info_clients(InfoWriter& out, const InfoSource& from) {
  size_t clients = 0;
  size_t blocked = 0;
  size_t in_timeout = 0;
  size_t longest_input = 0;
  size_t longest_output = 0;
  from.services.clients.for_each([&](Session& session) {
    if (session.internal) return;
    clients++;
    if (session.blocked != Blocked::kNo) blocked++;
    if (session.blocked_until) in_timeout++;
    longest_input = std::max(longest_input, session.input_pending);
    longest_output = std::max(longest_output, session.output.size());
  });
  out.section("Clients");
  out.field("connected_clients", clients);
  out.field("cluster_connections", 0);
  out.field("maxclients", from.services.config.maxclients);
  out.field("client_recent_max_input_buffer", longest_input);
  out.field("client_recent_max_output_buffer", longest_output);
  out.field("blocked_clients", blocked);
  out.field("tracking_clients", 0);
  out.field("clients_in_timeout_table", in_timeout);
}

void info_memory(InfoWriter& out, const InfoSource& from) {
  Stats& stats = from.services.stats;
  const uint64_t used = from.store.stats().memory_bytes;
  const uint64_t resident = from.services.node.resident_bytes();
  const uint64_t total = from.services.node.process().system_memory_bytes;
  stats.memory_peak = std::max(stats.memory_peak, used);
  const Config& config = from.services.config;
  out.section("Memory");
  out.field("used_memory", used);
  out.field("used_memory_human", human_bytes(used));
  out.field("used_memory_rss", resident);
  out.field("used_memory_rss_human", human_bytes(resident));
  out.field("used_memory_peak", stats.memory_peak);
  out.field("used_memory_peak_human", human_bytes(stats.memory_peak));
  out.field("used_memory_peak_perc", percent(used, stats.memory_peak));
  out.field("used_memory_overhead", 0);
  out.field("used_memory_startup", 0);
  out.field("used_memory_dataset", used);
  out.field("used_memory_dataset_perc", "100.00%");
  out.field("total_system_memory", total);
  out.field("total_system_memory_human", human_bytes(total));
  out.field("used_memory_lua", 0);
  out.field("used_memory_scripts", 0);
  out.field("maxmemory", config.maxmemory);
  out.field("maxmemory_human", human_bytes(config.maxmemory));
  out.field("maxmemory_policy", config.maxmemory_policy);
  out.decimal("mem_fragmentation_ratio", used == 0 ? 0 : static_cast<double>(resident) / static_cast<double>(used));
  out.field("mem_fragmentation_bytes", resident > used ? resident - used : 0);
  out.field("mem_not_counted_for_evict", 0);
  out.field("mem_replication_backlog", config.log_memory_tail);
  out.field("mem_total_replication_buffers", config.log_memory_tail);
  out.field("mem_clients_slaves", 0);
  out.field("mem_clients_normal", from.services.clients.memory_bytes());
  out.field("mem_cluster_links", 0);
  out.field("mem_aof_buffer", 0);
  out.field("mem_allocator", "libc");
  out.field("active_defrag_running", 0);
  out.field("lazyfree_pending_objects", 0);
  out.field("lazyfreed_objects", 0);
}

// Redis's names for what Onggi does with log and tier: nothing is loaded before reads are answered, nothing forks.
void info_persistence(InfoWriter& out, const InfoSource& from) {
  const NodeControl& node = from.services.node;
  out.section("Persistence");
  out.field("loading", 0);
  out.field("async_loading", 0);
  out.field("current_cow_peak", 0);
  out.field("current_cow_size", 0);
  out.field("rdb_changes_since_last_save", from.store.stats().dirty_keys);
  out.field("rdb_bgsave_in_progress", node.save_in_progress() ? 1 : 0);
  out.field("rdb_last_save_time", node.last_save().ms / 1000);
  out.field("rdb_last_bgsave_status", "ok");
  out.field("rdb_last_bgsave_time_sec", 0);
  out.field("rdb_current_bgsave_time_sec", node.save_in_progress() ? 0 : -1);
  out.field("rdb_last_cow_size", 0);
  out.field("aof_enabled", 1);
  out.field("aof_rewrite_in_progress", 0);
  out.field("aof_rewrite_scheduled", 0);
  out.field("aof_last_rewrite_time_sec", -1);
  out.field("aof_current_rewrite_time_sec", -1);
  out.field("aof_last_bgrewrite_status", "ok");
  out.field("aof_last_cow_size", 0);
  bool failing = false;
  for (const auto& [name, value] : node.persistence_info()) {
    if (name == "log_status" && value != "ok") failing = true;
    if (name == "log_disk_bytes") out.field("aof_current_size", value);
  }
  out.field("aof_last_write_status", failing ? "err" : "ok");
}

void info_stats(InfoWriter& out, const InfoSource& from) {
  const Stats& stats = from.services.stats;
  const RoleCounters& role = from.services.role.counters();
  out.section("Stats");
  out.field("total_connections_received", stats.connections_received);
  out.field("total_commands_processed", stats.commands_processed);
  out.field("instantaneous_ops_per_sec", static_cast<int64_t>(stats.ops_per_second));
  out.field("total_net_input_bytes", stats.net_input_bytes);
  out.field("total_net_output_bytes", stats.net_output_bytes);
  out.field("total_net_repl_input_bytes", 0);
  out.field("total_net_repl_output_bytes", 0);
  out.decimal("instantaneous_input_kbps", stats.input_kbps);
  out.decimal("instantaneous_output_kbps", stats.output_kbps);
  out.field("rejected_connections", stats.connections_rejected);
  out.field("sync_full", role.sync_full);
  out.field("sync_partial_ok", role.sync_partial_ok);
  out.field("sync_partial_err", role.sync_partial_err);
  out.field("expired_keys", std::max(stats.expired_keys, from.store.stats().expired_keys));
  out.field("expired_stale_perc", "0.00");
  out.field("evicted_keys", stats.evicted_keys);
  out.field("evicted_clients", stats.evicted_clients);
  out.field("keyspace_hits", stats.keyspace_hits);
  out.field("keyspace_misses", stats.keyspace_misses);
  out.field("pubsub_channels", 0);
  out.field("pubsub_patterns", 0);
  out.field("latest_fork_usec", 0);
  out.field("total_forks", 0);
  out.field("tracking_total_keys", 0);
  out.field("unexpected_error_replies", 0);
  out.field("total_error_replies", stats.error_replies);
  out.field("client_query_buffer_limit_disconnections", stats.query_limit_disconnections);
  out.field("client_output_buffer_limit_disconnections", stats.output_limit_disconnections);
  out.field("commands_held", stats.commands_held);
  out.field("commands_refused", stats.commands_refused);
  out.field("writes_unacknowledged", stats.writes_unacknowledged);
}

void info_cpu(InfoWriter& out, const InfoSource& from) {
  const ProcessDescription process = from.services.node.process();
  const auto seconds = [](uint64_t microseconds) {
    char text[48];
    std::snprintf(text, sizeof text, "%llu.%06llu", static_cast<unsigned long long>(microseconds / 1000000),
                  static_cast<unsigned long long>(microseconds % 1000000));
    return std::string(text);
  };
  out.section("CPU");
  out.field("used_cpu_sys", seconds(process.cpu_system_us));
  out.field("used_cpu_user", seconds(process.cpu_user_us));
  out.field("used_cpu_sys_children", "0.000000");
  out.field("used_cpu_user_children", "0.000000");
}

void info_modules(InfoWriter& out, const InfoSource&) {
  out.section("Modules");
}

void info_commandstats(InfoWriter& out, const InfoSource& from) {
  out.section("Commandstats");
  for (const auto& [name, stats] : from.services.stats.commands) {
    if (stats.calls == 0 && stats.rejected == 0) continue;
    const uint64_t us = stats.nanoseconds / 1000;
    char text[160];
    std::snprintf(
        text, sizeof text, "calls=%llu,usec=%llu,usec_per_call=%.2f,rejected_calls=%llu,failed_calls=%llu",
        static_cast<unsigned long long>(stats.calls), static_cast<unsigned long long>(us),
        stats.calls == 0 ? 0.0 : static_cast<double>(stats.nanoseconds) / 1000.0 / static_cast<double>(stats.calls),
        static_cast<unsigned long long>(stats.rejected), static_cast<unsigned long long>(stats.failed));
    out.field("cmdstat_" + name, text);
  }
}

void info_errorstats(InfoWriter& out, const InfoSource& from) {
  out.section("Errorstats");
  for (const auto& [kind, count] : from.services.stats.errors) {
    out.field("errorstat_" + kind, "count=" + std::to_string(count));
  }
}

void info_cluster(InfoWriter& out, const InfoSource&) {
  out.section("Cluster");
  out.field("cluster_enabled", 0);
}

void info_keyspace(InfoWriter& out, const InfoSource& from) {
  out.section("Keyspace");
  for (uint32_t db = 0; db < from.store.databases(); db++) {
    if (from.store.size(db) == 0) continue;
    out.field("db" + std::to_string(db), "keys=" + std::to_string(from.store.size(db)) +
                                             ",expires=" + std::to_string(from.store.expires(db)) + ",avg_ttl=0");
  }
}

// ---- which sections
enum class Shown : uint8_t { kDefault, kAll, kEverything };  // from which wish on

struct Section {
  std::string_view name;
  Shown shown;
  void (*write)(InfoWriter& out, const InfoSource& from);
};

constexpr Section kSections[] = {
    {"server", Shown::kDefault, info_server},
    {"clients", Shown::kDefault, info_clients},
    {"memory", Shown::kDefault, info_memory},
    {"persistence", Shown::kDefault, info_persistence},
    {"stats", Shown::kDefault, info_stats},
    {"replication", Shown::kDefault, info_replication},
    {"cpu", Shown::kDefault, info_cpu},
    {"onggi", Shown::kDefault, info_onggi},
    {"log", Shown::kDefault, info_log},
    {"tier", Shown::kDefault, info_tier},
    {"modules", Shown::kEverything, info_modules},
    {"commandstats", Shown::kAll, info_commandstats},
    {"errorstats", Shown::kDefault, info_errorstats},
    {"cluster", Shown::kDefault, info_cluster},
    {"keyspace", Shown::kDefault, info_keyspace},
};

bool wanted(const Section& section, std::span<const std::string_view> names) {
  if (names.empty()) return section.shown == Shown::kDefault;
  for (const std::string_view name : names) {
    if (is_word(name, section.name) || is_word(name, "everything")) return true;
    if (is_word(name, "all") && section.shown != Shown::kEverything) return true;
    if (is_word(name, "default") && section.shown == Shown::kDefault) return true;
  }
  return false;
}

}  // namespace

Outcome info_command(Call& call) {
  std::string text;
  InfoWriter writer(text);
  const InfoSource source{call.services, call.store, call.now};
  for (const Section& section : kSections) {
    if (wanted(section, call.args.subspan(1))) section.write(writer, source);
  }
  call.reply.verbatim("txt", text);
  return Outcome::kDone;
}

}  // namespace onggi
