// The sentinel's commands: one function and one row each.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "common/resp/writer.h"
#include "sentinel/api/app.h"

namespace onggi {

struct ApiCall {
  SentinelApp& app;
  ApiSession& session;
  std::span<const std::string_view> args;
  ReplyWriter& reply;
};

struct ApiCommand {
  std::string_view name;  // lower case; a subcommand's own name
  int arity = 0;          // with the command's name (and the subcommand's); negative: at least
  std::string_view syntax;
  std::string_view summary;
  void (*handler)(ApiCall&) = nullptr;
  bool before_auth = false;
  bool while_subscribed = false;  // RESP2: allowed in the subscribed state
};

std::span<const ApiCommand> client_commands();    // PING, HELLO, AUTH, CLIENT, SUBSCRIBE ...
std::span<const ApiCommand> sentinel_commands();  // SENTINEL's subcommands

// Executes one command; the reply goes to the session's output.
void execute(SentinelApp& app, ApiSession& session, std::span<const std::string_view> args);

// INFO's text.
std::string sentinel_info(SentinelApp& app, std::span<const std::string_view> sections);

}  // namespace onggi
