// A sentinel's configuration file: Redis Sentinel's directives wherever it has one. Read-only: what a sentinel learns
// and promises lives in its state file, never here.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/config_file.h"
#include "common/result.h"
#include "sentinel/options.h"

namespace onggi {

struct SentinelConfig {
  uint16_t port = 26379;
  std::vector<std::string> bind = {"127.0.0.1", "-::1"};
  std::string announce_ip;
  uint16_t announce_port = 0;
  std::string dir = ".";
  std::string logfile;
  std::string loglevel = "notice";
  std::string pidfile;
  bool daemonize = false;
  std::string requirepass;  // asked of clients and of other sentinels
  uint32_t maxclients = 10000;
  uint32_t quorum = 2;          // Redis's: shown; votes need a majority whatever it says
  uint32_t parallel_syncs = 1;  // accepted; replicas sync at once, from a checkpoint
  std::string auth_user;        // for the nodes
  std::string auth_pass;
  SentinelOptions options;  // self is filled in by the program
};

struct SentinelDirective {
  std::string_view name;  // "port", or "sentinel monitor"
  std::string_view syntax;
  std::string_view summary;
  Result<void> (*set)(SentinelConfig&, const std::vector<std::string>& args) = nullptr;
};

std::span<const SentinelDirective> sentinel_directives();

Result<SentinelConfig> load_sentinel_config(const std::vector<Directive>& directives);

}  // namespace onggi
