// What INFO, SLOWLOG and LATENCY count. Plain numbers; the engine adds, commands read.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "common/types.h"

namespace onggi {

struct CommandStats {
  uint64_t calls = 0;
  uint64_t nanoseconds = 0;
  uint64_t rejected = 0;  // not executed: arity, NOAUTH, OOM, READONLY ...
  uint64_t failed = 0;
};

struct SlowEntry {
  uint64_t id = 0;
  int64_t unix_seconds = 0;
  int64_t microseconds = 0;
  std::vector<std::string> args;  // shortened as in Redis: 32 arguments, 128 bytes each
  std::string client_address;
  std::string client_name;
};

struct LatencySample {
  int64_t unix_seconds = 0;
  uint32_t milliseconds = 0;
};

struct LatencyEvent {
  std::deque<LatencySample> samples;  // the last 160
  uint32_t max = 0;
};

struct Stats {
  Instant started;
  WallTime started_wall;
  uint64_t connections_received = 0;
  uint64_t connections_rejected = 0;
  uint64_t commands_processed = 0;
  uint64_t net_input_bytes = 0;
  uint64_t net_output_bytes = 0;
  uint64_t keyspace_hits = 0;
  uint64_t keyspace_misses = 0;
  uint64_t expired_keys = 0;
  uint64_t evicted_keys = 0;
  uint64_t evicted_clients = 0;  // maxmemory-clients
  uint64_t output_limit_disconnections = 0;
  uint64_t query_limit_disconnections = 0;
  uint64_t error_replies = 0;
  uint64_t memory_peak = 0;            // as seen by INFO
  uint64_t writes_unacknowledged = 0;  // -NOACK
  uint64_t commands_held = 0;          // held for lease, replicas, a hand-over, or a copy (N2)
  uint64_t commands_refused = 0;       // -NOREPLICAS, -READONLY, -MASTERDOWN after holding
  double ops_per_second = 0;
  double input_kbps = 0;
  double output_kbps = 0;
  std::map<std::string, CommandStats, std::less<>> commands;  // by full name: "get", "client|list"
  std::map<std::string, uint64_t, std::less<>> errors;        // by the first word: "ERR", "WRONGTYPE"
  std::deque<SlowEntry> slowlog;                              // newest first
  uint64_t next_slow_id = 0;
  std::map<std::string, LatencyEvent, std::less<>> latency;

  void reset(Instant now);  // CONFIG RESETSTAT
  void count_error(std::string_view text);
  void note_slow(SlowEntry entry, size_t max_length);
  void note_latency(std::string_view event, int64_t unix_seconds, uint32_t ms);
};

}  // namespace onggi
