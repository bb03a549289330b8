// A node's directives: one table, from which the config file, the command line, CONFIG GET/SET and the documentation
// derive. A directive keeps Redis's name wherever Redis has one.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/config_file.h"
#include "common/result.h"
#include "common/types.h"
#include "node/durability.h"

namespace onggi {

struct OutputLimit {
  uint64_t hard = 0;
  uint64_t soft = 0;
  uint32_t soft_seconds = 0;
};

// maxmemory-clients: bytes, or (percent above 0) a part of maxmemory; 0: no limit.
struct ClientMemoryLimit {
  static constexpr uint64_t kLeast = 128 << 10;  // as in Redis: with less, nobody could say that it is too little
  uint64_t bytes = 0;
  uint32_t percent = 0;
  uint64_t of(uint64_t maxmemory) const {
    if (percent == 0) return bytes == 0 ? 0 : std::max(bytes, kLeast);
    return maxmemory == 0 ? 0 : std::max(maxmemory / 100 * percent, kLeast);
  }
};

enum class DebugCommand : uint8_t { kNo, kLocal, kYes };  // who may send DEBUG

struct Config {
  std::string config_file;  // no directive: where the others were read; empty: nowhere
  // network
  uint16_t port = 6379;
  std::vector<std::string> bind = {"127.0.0.1", "-::1"};
  std::string announce_ip;  // replica-announce-ip; empty: the address of the connection
  uint16_t announce_port = 0;
  uint32_t tcp_backlog = 511;
  uint32_t tcp_keepalive = 300;
  uint32_t timeout = 0;  // idle clients, seconds; 0: never
  uint32_t maxclients = 10000;
  uint32_t most_clients = 0;  // no directive: what the limit of open files leaves for maxclients; 0: not known
  bool protected_mode = true;
  // limits
  uint64_t proto_max_bulk_len = 512ull << 20;
  uint64_t client_query_buffer_limit = 1ull << 30;
  ClientMemoryLimit maxmemory_clients;
  OutputLimit output_limit_normal;
  OutputLimit output_limit_replica{256ull << 20, 64ull << 20, 60};
  OutputLimit output_limit_pubsub{32ull << 20, 8ull << 20, 60};
  // security
  std::string requirepass;
  std::string masterauth;
  std::string masteruser;
  DebugCommand enable_debug_command = DebugCommand::kNo;
  // general
  std::string dir = ".";
  std::string logfile;
  std::string loglevel = "notice";
  std::string pidfile;
  bool daemonize = false;
  bool restart_on_crash = false;  // the watcher starts the node again
  uint32_t databases = 16;
  // memory
  uint64_t maxmemory = 0;
  std::string maxmemory_policy = "noeviction";
  uint32_t hash_max_listpack_entries = 512;
  uint32_t hash_max_listpack_value = 64;
  uint32_t set_max_intset_entries = 512;
  // log and tier
  Durability durability = Durability::kOs;
  uint64_t repl_backlog_size = 64ull << 20;
  uint64_t log_segment_size = 64ull << 20;
  uint64_t log_memory_tail = 16ull << 20;
  uint32_t tier_lag_ms = 5000;              // a cut at least this often while there are changes
  uint64_t tier_lag_bytes = 64ull << 20;    // and whenever the log grew by this much
  uint64_t tier_flush_bytes = 64ull << 20;  // log to replay at most after a kill
  uint64_t tier_cache_bytes = 64ull << 20;  // RocksDB's block cache
  // replication
  bool managed = false;   // sentinels decide who is master
  std::string replicaof;  // "host port" at start, unmanaged only
  uint32_t replica_priority = 100;
  bool replica_read_only = true;
  uint32_t repl_timeout = 60;             // seconds
  uint32_t repl_ping_replica_period = 1;  // seconds
  uint32_t write_acks = 0;                // k
  uint32_t write_acks_timeout_ms = 1500;
  uint32_t hold_ms = 1500;
  uint32_t down_after_ms = 1000;
  // engine
  uint32_t hz = 10;
  int64_t slowlog_log_slower_than = 10000;  // microseconds; negative: off
  uint32_t slowlog_max_len = 128;
  uint32_t latency_monitor_threshold = 0;  // ms; 0: off
  uint32_t shutdown_timeout = 10;          // seconds
};

enum DirectiveFlag : uint8_t {
  kImmutable = 1,  // only at start
  kSecret = 2,     // never shown in logs
  kMultiple = 4,   // takes several arguments
};

// One row. `get` gives CONFIG GET's text; `set` parses, checks and stores, or says what is wrong.
struct DirectiveSpec {
  std::string_view name;
  std::string_view alias;  // an older name Redis also takes ("slaveof")
  uint8_t flags = 0;
  std::string (*get)(const Config&) = nullptr;
  Result<void> (*set)(Config&, std::span<const std::string>) = nullptr;
  std::string_view summary;
};

std::span<const DirectiveSpec> directives();
const DirectiveSpec* find_directive(std::string_view name);

// A whole configuration from a file's and the command line's directives; the first error names file, line and, for
// an unknown directive, the nearest valid name.
Result<Config> load_config(const std::vector<Directive>& directives);

}  // namespace onggi
