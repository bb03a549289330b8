// What was asked for on the command line: redis-cli's names for what redis-cli has, and the sentinels beside them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cli/secrets.h"
#include "common/result.h"
#include "common/types.h"

namespace onggi {

enum class Output { kAuto, kRaw, kFormatted, kJson };  // kAuto: formatted for a terminal, raw for a pipe
enum class Mode { kCommand, kStatus, kWatch, kShowHelp };
enum class Resp { kDefault, kTwo, kThree };

struct CliOptions {
  Address server{"127.0.0.1", 6379};
  std::string user;
  std::string password;
  uint32_t db = 0;
  std::vector<Address> sentinels;  // not empty: follow the master
  std::string master = "mymaster";
  std::string sentinel_password;
  Duration timeout = seconds(30);  // how long a command may look for its master
  Output output = Output::kAuto;
  Resp resp = Resp::kDefault;
  int64_t repeat = 1;  // -1: for ever
  Duration interval{};
  bool error_exit = false;       // -e: exit 1 if a command is answered by an error
  bool last_from_stdin = false;  // -x
  Mode mode = Mode::kCommand;
  std::string help;         // mode kShowHelp: what to print
  Duration ready_wait{-1};  // status --wait: exits 0 once all is in sync
  uint32_t nodes = 0;       // status --nodes: how many there must be; 0: as many as are known
  Words command;            // empty: from stdin
};

// An error is what to tell the user. `environment_password` is REDISCLI_AUTH.
Result<CliOptions> parse_cli_options(const std::vector<std::string>& arguments,
                                     const std::string& environment_password);

// "host:port", "[v6]:port" or, with a default port, "host".
Result<Address> parse_address(const std::string& text, uint16_t default_port);

}  // namespace onggi
