// The commands about a connection itself: who it is, what it speaks, which database it looks at.
//
// HELLO and AUTH are the only ways to become authenticated; both are refused with the same words whether the user or
// the password was wrong, and passwords are compared in constant time.
#include <algorithm>

#include "node/commands/names.h"
#include "node/commands/parse.h"
#include "node/commands/words.h"
#include "node/services.h"

namespace onggi {

namespace {

constexpr std::string_view kWrongPass = "WRONGPASS invalid username-password pair or user is disabled.";
constexpr std::string_view kDefaultUser = "default";

bool same_secret(std::string_view a, std::string_view b) {
  uint8_t difference = a.size() == b.size() ? 0 : 1;
  for (size_t i = 0; i < a.size(); i++) {
    const char other = b.empty() ? '\0' : b[i % b.size()];
    difference = static_cast<uint8_t>(difference | (static_cast<uint8_t>(a[i]) ^ static_cast<uint8_t>(other)));
  }
  return difference == 0;
}

bool authenticate(Call& call, std::string_view user, std::string_view password) {
  const std::string& required = call.services.config.requirepass;
  if (user != kDefaultUser || (!required.empty() && !same_secret(password, required))) return false;
  call.session.authenticated = true;
  call.session.parser.limits().unauthenticated = false;
  call.session.user = std::string(user);
  return true;
}

Outcome ping(Call& call) {
  if (call.size() > 2) return reply_error(call, "ERR wrong number of arguments for 'ping' command");
  if (call.size() == 2) {
    call.reply.bulk(call[1]);
  } else {
    call.reply.simple_string("PONG");
  }
  return Outcome::kDone;
}

Outcome echo(Call& call) {
  call.reply.bulk(call[1]);
  return Outcome::kDone;
}

Outcome auth(Call& call) {
  if (call.size() > 3) return reply_error(call, kSyntaxError);
  if (call.size() == 2 && call.services.config.requirepass.empty()) {
    return reply_error(call,
                       "ERR AUTH <password> called without any password configured for the default user. Are you sure "
                       "your configuration is correct?");
  }
  const std::string_view user = call.size() == 3 ? call[1] : kDefaultUser;
  if (!authenticate(call, user, call[call.size() - 1])) return reply_error(call, kWrongPass);
  return reply_ok(call);
}

// ---- HELLO
void greet(Call& call) {
  ReplyWriter reply(call.session.output, call.session.resp);
  reply.map_header(7);
  reply.bulk("server");
  reply.bulk("redis");
  reply.bulk("version");
  reply.bulk(kRedisVersion);
  reply.bulk("proto");
  reply.integer(call.session.resp);
  reply.bulk("id");
  reply.integer(static_cast<int64_t>(call.session.client_id));
  reply.bulk("mode");
  reply.bulk("standalone");
  reply.bulk("role");
  reply.bulk(shown_role(call.services, call.now) == ShownRole::kMaster ? "master" : "replica");
  reply.bulk("modules");
  reply.array_header(0);
}

struct HelloOptions {
  std::optional<std::string_view> name;
  std::string error;
};

// AUTH takes effect where it stands; SETNAME once everything else was right.
HelloOptions hello_options(Call& call) {
  HelloOptions options;
  for (size_t i = 2; i < call.size(); i++) {
    const size_t more = call.size() - 1 - i;
    if (is_word(call[i], "auth") && more >= 2) {
      if (!authenticate(call, call[i + 1], call[i + 2])) {
        options.error = std::string(kWrongPass);
        return options;
      }
      i += 2;
    } else if (is_word(call[i], "setname") && more >= 1) {
      if (!valid_name(call[i + 1])) {
        options.error = std::string(kInvalidClientName);
        return options;
      }
      options.name = call[i + 1];
      i++;
    } else {
      options.error = "ERR Syntax error in HELLO option '" + std::string(call[i].substr(0, 128)) + "'";
      return options;
    }
  }
  return options;
}

Outcome hello(Call& call) {
  int version = call.session.resp;
  if (call.size() >= 2) {
    const auto asked = parse_int64(call[1]);
    if (!asked) return reply_error(call, "ERR Protocol version is not an integer or out of range");
    if (*asked < 2 || *asked > 3) return reply_error(call, "NOPROTO unsupported protocol version");
    version = static_cast<int>(*asked);
  }
  const HelloOptions options = hello_options(call);
  if (!options.error.empty()) return reply_error(call, options.error);
  if (!call.session.authenticated) {
    return reply_error(call,
                       "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO <proto> "
                       "AUTH <user> <pass> option can be used to authenticate the client and select the RESP protocol "
                       "version at the same time");
  }
  if (options.name) call.session.name = std::string(*options.name);
  call.session.resp = version;
  greet(call);
  return Outcome::kDone;
}

Outcome select(Call& call) {
  const auto database = database_argument(call, call[1]);
  if (!database) return Outcome::kDone;
  call.session.db = *database;
  return reply_ok(call);
}

Outcome quit(Call& call) {
  call.session.close_after_flush = true;
  return reply_ok(call);
}

Outcome reset(Call& call) {
  Session& session = call.session;
  session.db = 0;
  session.resp = 2;
  session.name.clear();
  session.user = std::string(kDefaultUser);
  session.authenticated = call.services.config.requirepass.empty();
  session.parser.limits().unauthenticated = !session.authenticated;
  session.reply_mode = ReplyMode::kOn;
  session.no_evict = false;
  ReplyWriter(session.output, session.resp).simple_string("RESET");
  return Outcome::kDone;
}

constexpr uint32_t kAnyTime = kNoScript | kLoading | kStale | kFast | kNoAuth | kAllowBusy;

constexpr CommandSpec kRows[] = {
    {.name = "auth",
     .arity = -2,
     .flags = kAnyTime,
     .categories = "@fast @connection",
     .group = "connection",
     .since = "1.0.0",
     .complexity = "O(1)",
     .summary = "Logs the connection in with a password.",
     .syntax = "[username] password",
     .handler = auth},
    {.name = "echo",
     .arity = 2,
     .flags = kLoading | kStale | kFast,
     .categories = "@fast @connection",
     .group = "connection",
     .since = "1.0.0",
     .complexity = "O(1)",
     .summary = "Gives the message back.",
     .syntax = "message",
     .handler = echo},
    {.name = "hello",
     .arity = -1,
     .flags = kAnyTime,
     .categories = "@fast @connection",
     .group = "connection",
     .since = "6.0.0",
     .complexity = "O(1)",
     .summary = "Chooses the protocol's version, logs in, names the connection and tells about the server.",
     .syntax = "[protover [AUTH username password] [SETNAME clientname]]",
     .handler = hello},
    {.name = "ping",
     .arity = -1,
     .flags = kFast,
     .categories = "@fast @connection",
     .group = "connection",
     .since = "1.0.0",
     .complexity = "O(1)",
     .summary = "Answers PONG, or with the message given.",
     .syntax = "[message]",
     .handler = ping},
    {.name = "quit",
     .arity = -1,
     .flags = kAnyTime,
     .categories = "@fast @connection",
     .group = "connection",
     .since = "1.0.0",
     .complexity = "O(1)",
     .summary = "Closes the connection once everything is answered.",
     .handler = quit},
    {.name = "reset",
     .arity = 1,
     .flags = kAnyTime,
     .categories = "@fast @connection",
     .group = "connection",
     .since = "6.2.0",
     .complexity = "O(1)",
     .summary = "Puts the connection back to how it was when it was new.",
     .handler = reset},
    {.name = "select",
     .arity = 2,
     .flags = kLoading | kStale | kFast,
     .categories = "@fast @connection",
     .group = "connection",
     .since = "1.0.0",
     .complexity = "O(1)",
     .summary = "Chooses the database that the connection's next commands work on.",
     .syntax = "index",
     .handler = select},
};

std::vector<CommandSpec> connection_rows() {
  std::vector<CommandSpec> rows(std::begin(kRows), std::end(kRows));
  rows.push_back({.name = "client",
                  .arity = -2,
                  .categories = "@slow",
                  .group = "connection",
                  .since = "2.4.0",
                  .complexity = "Depends on subcommand.",
                  .summary = "Shows, names and closes client connections.",
                  .subcommands = client_subcommands()});
  return rows;
}

}  // namespace

std::span<const CommandSpec> connection_commands() {
  static const std::vector<CommandSpec> all = connection_rows();
  return all;
}

}  // namespace onggi
