// Small helpers of the connection and server commands: reading arguments, and the replies several of them share.
#pragma once

#include <span>
#include <string_view>

#include "common/numbers.h"
#include "common/text.h"
#include "node/command.h"

namespace onggi {

// Whether an argument is `word`, whatever its case.
inline bool is_word(std::string_view argument, std::string_view word) {
  return equals_ignore_case(argument, word);
}

// ---- replies
inline constexpr std::string_view kSyntaxError = "ERR syntax error";
inline constexpr std::string_view kNotAnInteger = "ERR value is not an integer or out of range";
inline constexpr std::string_view kNoCluster = "ERR This instance has cluster support disabled";

Outcome reply_ok(Call& call);
Outcome reply_error(Call& call, std::string_view text);
// The HELP subcommand of every command that has subcommands: from their rows.
Outcome help_command(Call& call);

// ---- tables of subcommands, one a file
std::span<const CommandSpec> client_subcommands();
std::span<const CommandSpec> command_subcommands();
std::span<const CommandSpec> config_subcommands();
std::span<const CommandSpec> debug_subcommands();
std::span<const CommandSpec> slowlog_subcommands();
std::span<const CommandSpec> latency_subcommands();
std::span<const CommandSpec> memory_subcommands();
std::span<const CommandSpec> acl_subcommands();
std::span<const CommandSpec> module_subcommands();

// ---- handlers of single commands that have a file of their own
Outcome command_all(Call& call);
Outcome info_command(Call& call);

}  // namespace onggi
