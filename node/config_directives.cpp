// The rows of a node's directives: one a field of Config, under Redis's name wherever Redis has one.
//
// Directives that Redis has and Onggi answers in another way (appendonly, appendfsync, save, notify-keyspace-events)
// are rows too, so that an existing configuration and existing tools find what they look for.
#include <array>

#include "node/config.h"
#include "node/directive_values.h"

namespace onggi {

namespace {

using directive::Args;
using directive::choice;
using directive::get_number;
using directive::get_text;
using directive::get_yes_no;
using directive::set_memory;
using directive::set_number;
using directive::set_text;
using directive::set_yes_no;

constexpr int64_t kMaxInt = 2147483647;
constexpr int64_t kMaxUnsigned = 4294967295;
constexpr int64_t kMaxLong = std::numeric_limits<int64_t>::max();
constexpr uint64_t kMiB = 1ull << 20;

constexpr std::array<std::string_view, 4> kLogLevels = {"debug", "verbose", "notice", "warning"};
constexpr std::array<std::string_view, 8> kPolicies = {"volatile-lru",   "volatile-lfu", "volatile-random",
                                                       "volatile-ttl",   "allkeys-lru",  "allkeys-lfu",
                                                       "allkeys-random", "noeviction"};
constexpr std::array<std::string_view, 3> kDurabilities = {"none", "os", "disk"};
constexpr std::array<std::string_view, 3> kDebugCommands = {"no", "local", "yes"};
constexpr std::array<std::string_view, 3> kFsyncPolicies = {"everysec", "always", "no"};

std::string join(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

std::string get_bind(const Config& config) {
  return join(config.bind);
}

Result<void> set_bind(Config& config, Args args) {
  constexpr size_t kMostAddresses = 16;
  if (args.size() > kMostAddresses) return Error{"Too many bind addresses specified."};
  std::vector<std::string> addresses;
  for (const std::string& address : args) {
    if (!address.empty()) addresses.push_back(address);
  }
  config.bind = std::move(addresses);
  return {};
}

std::string get_replicaof(const Config& config) {
  return config.replicaof;
}

Result<void> set_replicaof(Config& config, Args args) {
  if (args.size() == 1 && args[0].empty()) {
    config.replicaof.clear();
    return {};
  }
  if (args.size() != 2) return Error{"wrong number of arguments: replicaof takes a host and a port"};
  if (args[0] == "no" && args[1] == "one") {
    config.replicaof.clear();
    return {};
  }
  const auto port = directive::parse_integer(args[1]);
  if (!port || *port < 1 || *port > 65535) return Error{"Invalid master port"};
  config.replicaof = args[0] + " " + args[1];
  return {};
}

Result<void> set_maxclients(Config& config, Args args) {
  auto value = directive::number(args, 1, kMaxUnsigned);
  if (!value) return value.error();
  if (config.most_clients != 0 && *value > config.most_clients) {
    return Error{"The operating system is not able to handle the specified number of clients, try with " +
                 std::to_string(config.most_clients)};
  }
  config.maxclients = static_cast<uint32_t>(*value);
  return {};
}

// ---- client-output-buffer-limit
OutputLimit* limit_of(Config& config, std::string_view client_class) {
  if (client_class == "normal") return &config.output_limit_normal;
  if (client_class == "slave" || client_class == "replica") return &config.output_limit_replica;
  if (client_class == "pubsub") return &config.output_limit_pubsub;
  return nullptr;
}

std::string show_limit(const char* client_class, const OutputLimit& limit) {
  return std::string(client_class) + " " + std::to_string(limit.hard) + " " + std::to_string(limit.soft) + " " +
         std::to_string(limit.soft_seconds);
}

std::string get_output_limits(const Config& config) {
  return show_limit("normal", config.output_limit_normal) + " " + show_limit("slave", config.output_limit_replica) +
         " " + show_limit("pubsub", config.output_limit_pubsub);
}

Result<void> set_output_limits(Config& config, Args args) {
  if (args.empty() || args.size() % 4 != 0) return Error{"Wrong number of arguments in buffer limit configuration."};
  for (size_t i = 0; i < args.size(); i += 4) {
    OutputLimit* limit = limit_of(config, args[i]);
    if (limit == nullptr) return Error{"Invalid client class specified in buffer limit configuration."};
    const auto hard = directive::parse_memory(args[i + 1]);
    const auto soft = directive::parse_memory(args[i + 2]);
    const auto soft_seconds = directive::parse_integer(args[i + 3]);
    if (!hard || !soft || !soft_seconds || *soft_seconds < 0 || *soft_seconds > kMaxInt) {
      return Error{"Error in hard, soft or soft_seconds setting in buffer limit configuration."};
    }
    *limit = {*hard, *soft, static_cast<uint32_t>(*soft_seconds)};
  }
  return {};
}

// ---- maxmemory-clients
std::string get_client_memory(const Config& config) {
  const ClientMemoryLimit& limit = config.maxmemory_clients;
  return limit.percent != 0 ? std::to_string(limit.percent) + "%" : std::to_string(limit.bytes);
}

Result<void> set_client_memory(Config& config, Args args) {
  const auto text = directive::one(args);
  if (!text) return text.error();
  if (text->size() > 1 && text->ends_with('%')) {
    const auto percent = directive::parse_integer(text->substr(0, text->size() - 1));
    if (!percent || *percent < 0) return Error{"argument must be a memory or percent value"};
    if (*percent > 100) return Error{"percentage argument must be less or equal to 100"};
    config.maxmemory_clients = {0, static_cast<uint32_t>(*percent)};
    return {};
  }
  const auto bytes = directive::parse_memory(*text);
  if (!bytes || *bytes > static_cast<uint64_t>(kMaxLong)) return Error{"argument must be a memory or percent value"};
  config.maxmemory_clients = {*bytes, 0};
  return {};
}

std::string get_debug_command(const Config& config) {
  return std::string(kDebugCommands[static_cast<size_t>(config.enable_debug_command)]);
}

Result<void> set_debug_command(Config& config, Args args) {
  auto index = choice(args, kDebugCommands);
  if (!index) return index.error();
  config.enable_debug_command = static_cast<DebugCommand>(*index);
  return {};
}

// ---- durability, under its own and under Redis's names
std::string get_durability(const Config& config) {
  return std::string(kDurabilities[static_cast<size_t>(config.durability)]);
}

Result<void> set_durability(Config& config, Args args) {
  auto index = choice(args, kDurabilities);
  if (!index) return index.error();
  config.durability = static_cast<Durability>(*index);
  return {};
}

std::string get_appendfsync(const Config& config) {
  switch (config.durability) {
    case Durability::kDisk:
      return "always";
    case Durability::kOs:
      return "everysec";
    case Durability::kNone:
      return "no";
  }
  return "everysec";
}

Result<void> set_appendfsync(Config& config, Args args) {
  auto index = choice(args, kFsyncPolicies);
  if (!index) return index.error();
  config.durability = kFsyncPolicies[*index] == "always" ? Durability::kDisk : Durability::kOs;
  return {};
}

std::string get_yes(const Config&) {
  return "yes";
}
std::string get_empty(const Config&) {
  return "";
}

// There is always a log: "no" could not be kept, so it isn't taken.
Result<void> set_appendonly(Config&, Args args) {
  auto value = directive::yes_no(args);
  if (!value) return value.error();
  if (!*value) return Error{"the log can't be turned off; see durability for what a reply waits for"};
  return {};
}

// Save points are read for their form and have no effect: the tier follows the log by itself.
Result<void> set_save(Config&, Args args) {
  if (args.empty() || (args.size() == 1 && args[0].empty())) return {};
  if (args.size() % 2 != 0) return Error{"Invalid save parameters"};
  for (size_t i = 0; i < args.size(); i += 2) {
    const auto after_seconds = directive::parse_integer(args[i]);
    const auto changes = directive::parse_integer(args[i + 1]);
    if (!after_seconds || *after_seconds < 1 || !changes || *changes < 0) return Error{"Invalid save parameters"};
  }
  return {};
}

Result<void> set_keyspace_events(Config&, Args args) {
  auto classes = directive::one(args);
  if (!classes) return classes.error();
  if (!classes->empty()) return Error{"keyspace events are not in this release: only \"\" is accepted"};
  return {};
}

Result<void> set_loglevel(Config& config, Args args) {
  auto index = choice(args, kLogLevels);
  if (!index) return index.error();
  config.loglevel = std::string(kLogLevels[*index]);
  return {};
}

Result<void> set_policy(Config& config, Args args) {
  auto index = choice(args, kPolicies);
  if (!index) return index.error();
  config.maxmemory_policy = std::string(kPolicies[*index]);
  return {};
}

// Redis clips hz to what is sensible instead of refusing it.
Result<void> set_hz(Config& config, Args args) {
  auto value = directive::number(args, 0, kMaxInt);
  if (!value) return value.error();
  config.hz = static_cast<uint32_t>(std::min<int64_t>(500, std::max<int64_t>(1, *value)));
  return {};
}

constexpr DirectiveSpec kDirectives[] = {
    // ---- network
    {"port", "", kImmutable, get_number<&Config::port>, set_number<&Config::port, 0, 65535>,
     "The TCP port clients, replicas and sentinels connect to."},
    {"bind", "", kImmutable | kMultiple, get_bind, set_bind,
     "The addresses to listen on; one that starts with '-' may be missing on this host, '*' is every IPv4 address."},
    {"replica-announce-ip", "slave-announce-ip", 0, get_text<&Config::announce_ip>, set_text<&Config::announce_ip>,
     "The address that others are told to reach this node at, when it is another than its connections show."},
    {"replica-announce-port", "slave-announce-port", 0, get_number<&Config::announce_port>,
     set_number<&Config::announce_port, 0, 65535>, "The port to go with replica-announce-ip; 0: the port listened on."},
    {"tcp-backlog", "", kImmutable, get_number<&Config::tcp_backlog>, set_number<&Config::tcp_backlog, 0, kMaxInt>,
     "How many connections may wait to be accepted."},
    {"tcp-keepalive", "", 0, get_number<&Config::tcp_keepalive>, set_number<&Config::tcp_keepalive, 0, kMaxInt>,
     "Seconds between the keep-alive probes on a silent connection; 0: none."},
    {"timeout", "", 0, get_number<&Config::timeout>, set_number<&Config::timeout, 0, kMaxInt>,
     "Seconds after which an idle client's connection is closed; 0: never."},
    {"maxclients", "", 0, get_number<&Config::maxclients>, set_maxclients,
     "How many clients may be connected at once; of 32 more the first command decides: peers and operators stay."},
    {"protected-mode", "", 0, get_yes_no<&Config::protected_mode>, set_yes_no<&Config::protected_mode>,
     "While no password is set, serve clients of this host only."},
    // ---- limits
    {"proto-max-bulk-len", "", 0, get_number<&Config::proto_max_bulk_len>,
     set_memory<&Config::proto_max_bulk_len, kMiB, 1023 * kMiB>, "The longest single argument of a command, in bytes."},
    {"client-query-buffer-limit", "", 0, get_number<&Config::client_query_buffer_limit>,
     set_memory<&Config::client_query_buffer_limit, kMiB, 1024 * kMiB>,
     "The most bytes of requests held for one client."},
    {"maxmemory-clients", "", 0, get_client_memory, set_client_memory,
     "What all clients' buffers may take together, in bytes or percent of maxmemory: above it the largest go, but "
     "for those that said CLIENT NO-EVICT."},
    {"client-output-buffer-limit", "", kMultiple, get_output_limits, set_output_limits,
     "Class, hard limit, soft limit, seconds: a client that leaves more replies unread is disconnected."},
    // ---- security
    {"requirepass", "", kSecret, get_text<&Config::requirepass>, set_text<&Config::requirepass>,
     "The password of the user 'default'; empty: no password is asked for."},
    {"masterauth", "", kSecret, get_text<&Config::masterauth>, set_text<&Config::masterauth>,
     "The password this node gives to its master."},
    {"masteruser", "", 0, get_text<&Config::masteruser>, set_text<&Config::masteruser>,
     "The user this node logs in as at its master; empty: 'default'."},
    {"enable-debug-command", "", kImmutable, get_debug_command, set_debug_command,
     "Who may send DEBUG, which can make the whole node stand still: no (nobody), local (clients of this host), yes."},
    // ---- general
    {"dir", "", kImmutable, get_text<&Config::dir>, set_text<&Config::dir>,
     "The folder that holds the node's log, tier and state. It is locked while the node runs."},
    {"logfile", "", kImmutable, get_text<&Config::logfile>, set_text<&Config::logfile>,
     "The file for the node's messages; empty: standard output."},
    {"loglevel", "", 0, get_text<&Config::loglevel>, set_loglevel,
     "How much is told: debug, verbose, notice or warning."},
    {"pidfile", "", kImmutable, get_text<&Config::pidfile>, set_text<&Config::pidfile>,
     "A file to write the process id into; empty: none."},
    {"daemonize", "", kImmutable, get_yes_no<&Config::daemonize>, set_yes_no<&Config::daemonize>,
     "Run in the background. The node's watcher process does this; the node stays its child."},
    {"restart-on-crash", "", kImmutable, get_yes_no<&Config::restart_on_crash>, set_yes_no<&Config::restart_on_crash>,
     "The watcher starts the node again when it died by a signal."},
    {"databases", "", kImmutable, get_number<&Config::databases>, set_number<&Config::databases, 1, kMaxInt>,
     "How many databases SELECT can choose from."},
    // ---- memory
    {"maxmemory", "", 0, get_number<&Config::maxmemory>, set_memory<&Config::maxmemory, 0>,
     "Above this many bytes cold values leave memory and stay in the tier; 0: no limit."},
    {"maxmemory-policy", "", 0, get_text<&Config::maxmemory_policy>, set_policy,
     "What is given up when maxmemory is reached; noeviction loses no key."},
    {"hash-max-listpack-entries", "hash-max-ziplist-entries", kImmutable,
     get_number<&Config::hash_max_listpack_entries>, set_number<&Config::hash_max_listpack_entries, 0, kMaxUnsigned>,
     "The most fields of a hash that is kept as one packed block."},
    {"hash-max-listpack-value", "hash-max-ziplist-value", kImmutable, get_number<&Config::hash_max_listpack_value>,
     set_number<&Config::hash_max_listpack_value, 0, kMaxUnsigned>,
     "The longest field or value, in bytes, of a hash that is kept as one packed block."},
    {"set-max-intset-entries", "", kImmutable, get_number<&Config::set_max_intset_entries>,
     set_number<&Config::set_max_intset_entries, 0, kMaxUnsigned>,
     "The most members of a set that is kept as one packed block."},
    // ---- log and tier
    {"durability", "", 0, get_durability, set_durability,
     "What a write's reply waits for: none (memory), os (the page cache) or disk (an fsync shared by many)."},
    {"appendonly", "", 0, get_yes, set_appendonly, "Always yes: every write goes through the log."},
    {"appendfsync", "", 0, get_appendfsync, set_appendfsync,
     "Redis's name for durability: always is disk, everysec and no are os."},
    {"save", "", kMultiple, get_empty, set_save,
     "Accepted for old configurations and without effect: the tier follows the log by itself."},
    {"repl-backlog-size", "", kImmutable, get_number<&Config::repl_backlog_size>,
     set_memory<&Config::repl_backlog_size, 1>, "Bytes of log kept at least, for replicas that were away."},
    {"log-segment-size", "", kImmutable, get_number<&Config::log_segment_size>,
     set_memory<&Config::log_segment_size, kMiB, 4096 * kMiB>, "Bytes of log in one file."},
    {"log-memory-tail", "", kImmutable, get_number<&Config::log_memory_tail>,
     set_memory<&Config::log_memory_tail, 64 << 10>, "Bytes of the log's end kept in memory for its readers."},
    {"tier-lag-ms", "", 0, get_number<&Config::tier_lag_ms>, set_number<&Config::tier_lag_ms, 1, kMaxInt>,
     "While there are changes, they go to the tier at least this often."},
    {"tier-lag-bytes", "", 0, get_number<&Config::tier_lag_bytes>, set_memory<&Config::tier_lag_bytes, 64 << 10>,
     "Changes go to the tier whenever the log grew by this much."},
    {"tier-flush-bytes", "", 0, get_number<&Config::tier_flush_bytes>, set_memory<&Config::tier_flush_bytes, kMiB>,
     "The most log that a start after a kill has to read again."},
    {"tier-cache-bytes", "", kImmutable, get_number<&Config::tier_cache_bytes>,
     set_memory<&Config::tier_cache_bytes, kMiB>, "Memory for the tier's blocks read from disk."},
    // ---- replication
    {"managed", "", kImmutable, get_yes_no<&Config::managed>, set_yes_no<&Config::managed>,
     "Sentinels decide who is master; the node starts as a follower of nobody and is told."},
    {"replicaof", "slaveof", kImmutable | kMultiple, get_replicaof, set_replicaof,
     "Host and port of the master of an unmanaged node."},
    {"replica-priority", "slave-priority", 0, get_number<&Config::replica_priority>,
     set_number<&Config::replica_priority, 0, kMaxInt>,
     "Between equals the lowest is promoted; 0: never, and not counted as a member."},
    {"replica-read-only", "slave-read-only", 0, get_yes_no<&Config::replica_read_only>,
     set_yes_no<&Config::replica_read_only>, "Refuse clients' writes on a replica."},
    {"repl-timeout", "", 0, get_number<&Config::repl_timeout>, set_number<&Config::repl_timeout, 1, kMaxInt>,
     "Seconds of silence after which a replication link is given up, and that the log is kept for a follower that "
     "left."},
    {"repl-ping-replica-period", "repl-ping-slave-period", 0, get_number<&Config::repl_ping_replica_period>,
     set_number<&Config::repl_ping_replica_period, 1, kMaxInt>,
     "Seconds between the signs of life a master gives to its replicas."},
    {"write-acks", "", 0, get_number<&Config::write_acks>, set_number<&Config::write_acks, 0, 128>,
     "The replicas whose acknowledgement a write's reply waits for. On a managed node the sentinels say how many."},
    {"write-acks-timeout-ms", "", 0, get_number<&Config::write_acks_timeout_ms>,
     set_number<&Config::write_acks_timeout_ms, 1, kMaxInt>,
     "Milliseconds from a write's arrival until its client hears -NOACK."},
    {"hold-ms", "", 0, get_number<&Config::hold_ms>, set_number<&Config::hold_ms, 0, kMaxInt>,
     "Milliseconds a write is held for a master's lease or for its replicas before it is refused."},
    {"down-after-milliseconds", "down-after-ms", 0, get_number<&Config::down_after_ms>,
     set_number<&Config::down_after_ms, 1, kMaxInt>, "Milliseconds of silence after which a peer counts as gone."},
    // ---- engine
    {"hz", "", 0, get_number<&Config::hz>, set_hz, "How often a second background work runs, from 1 to 500."},
    {"slowlog-log-slower-than", "", 0, get_number<&Config::slowlog_log_slower_than>,
     set_number<&Config::slowlog_log_slower_than, -1, kMaxLong>,
     "Microseconds from which a command is kept in SLOWLOG; -1: never."},
    {"slowlog-max-len", "", 0, get_number<&Config::slowlog_max_len>, set_number<&Config::slowlog_max_len, 0, kMaxInt>,
     "How many commands SLOWLOG keeps."},
    {"latency-monitor-threshold", "", 0, get_number<&Config::latency_monitor_threshold>,
     set_number<&Config::latency_monitor_threshold, 0, kMaxInt>,
     "Milliseconds from which LATENCY keeps an event; 0: off."},
    {"shutdown-timeout", "", 0, get_number<&Config::shutdown_timeout>,
     set_number<&Config::shutdown_timeout, 0, kMaxInt>,
     "Seconds that a SHUTDOWN waits for the replicas to have everything."},
    {"notify-keyspace-events", "", 0, get_empty, set_keyspace_events,
     "The classes of keyspace events to publish; in this release only \"\", none."},
};

}  // namespace

std::span<const DirectiveSpec> directives() {
  return kDirectives;
}

}  // namespace onggi
