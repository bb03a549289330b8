// CLIENT and its subcommands: the list of connections, and what one connection may say about itself and others.
#include <algorithm>
#include <functional>
#include <vector>

#include "node/commands/names.h"
#include "node/commands/words.h"
#include "node/services.h"

namespace onggi {

namespace {

// ---- classes of clients
enum class ClientType : uint8_t { kNormal, kReplica, kPubSub, kMaster };

std::optional<ClientType> to_client_type(std::string_view name) {
  if (is_word(name, "normal")) return ClientType::kNormal;
  if (is_word(name, "slave") || is_word(name, "replica")) return ClientType::kReplica;
  if (is_word(name, "pubsub")) return ClientType::kPubSub;
  if (is_word(name, "master")) return ClientType::kMaster;
  return std::nullopt;
}

ClientType type_of(const Session& session) {
  return session.internal ? ClientType::kReplica : ClientType::kNormal;
}

std::string unknown_type(std::string_view name) {
  return "ERR Unknown client type '" + std::string(name.substr(0, 128)) + "'";
}

// ---- one line of CLIENT LIST
std::string flags_of(const Session& session) {
  std::string flags;
  if (session.internal) flags += 'S';
  if (session.blocked != Blocked::kNo) flags += 'b';
  if (session.close_after_flush) flags += 'c';
  if (session.no_evict) flags += 'e';
  return flags.empty() ? "N" : flags;
}

std::string describe(const Session& session, Now now) {
  const auto seconds_since = [now](Instant then) {
    return std::to_string(std::max<int64_t>(0, (now.instant - then).count() / 1000000));
  };
  std::string line = "id=" + std::to_string(session.client_id);
  const auto field = [&line](std::string_view name, std::string_view value) {
    line += ' ';
    line += name;
    line += '=';
    line += value;
  };
  const size_t output = session.output.size();
  field("addr", to_string(session.remote));
  field("laddr", to_string(session.local));
  field("fd", std::to_string(session.id.value));
  field("name", session.name);
  field("age", seconds_since(session.connected_at));
  field("idle", seconds_since(session.last_command_at));
  field("flags", flags_of(session));
  field("db", std::to_string(session.db));
  field("sub", "0");
  field("psub", "0");
  field("ssub", "0");
  field("multi", "-1");
  field("qbuf", std::to_string(session.input_pending));
  field("qbuf-free", "0");
  field("argv-mem", "0");
  field("multi-mem", "0");
  field("rbs", std::to_string(session.output.capacity()));
  field("rbp", std::to_string(output));
  field("obl", std::to_string(output));
  field("oll", std::to_string(session.held.size()));
  field("omem", std::to_string(session.output.capacity() + session.unsent));
  field("tot-mem", std::to_string(memory_of(session)));
  field("events", "r");
  field("cmd", session.last_command.empty() ? std::string_view("NULL") : session.last_command);
  field("user", session.user);
  field("redir", "-1");
  field("resp", std::to_string(session.resp));
  field("lib-name", session.library_name);
  field("lib-ver", session.library_version);
  line += '\n';
  return line;
}

Outcome client_id(Call& call) {
  call.reply.integer(static_cast<int64_t>(call.session.client_id));
  return Outcome::kDone;
}

Outcome client_info(Call& call) {
  call.reply.verbatim("txt", describe(call.session, call.now));
  return Outcome::kDone;
}

Outcome client_list(Call& call) {
  std::string lines;
  if (call.size() == 2) {
    call.services.clients.for_each([&](Session& session) { lines += describe(session, call.now); });
  } else if (call.size() == 4 && is_word(call[2], "type")) {
    const auto type = to_client_type(call[3]);
    if (!type) return reply_error(call, unknown_type(call[3]));
    call.services.clients.for_each([&](Session& session) {
      if (type_of(session) == *type) lines += describe(session, call.now);
    });
  } else if (call.size() > 3 && is_word(call[2], "id")) {
    for (size_t i = 3; i < call.size(); i++) {
      const auto id = parse_int64(call[i]);
      if (!id) return reply_error(call, "ERR Invalid client ID");
      const Session* session = *id > 0 ? call.services.clients.find_client(static_cast<uint64_t>(*id)) : nullptr;
      if (session != nullptr) lines += describe(*session, call.now);
    }
  } else {
    return reply_error(call, kSyntaxError);
  }
  call.reply.verbatim("txt", lines);
  return Outcome::kDone;
}

// ---- names
Outcome client_getname(Call& call) {
  if (call.session.name.empty()) {
    call.reply.null();
  } else {
    call.reply.bulk(call.session.name);
  }
  return Outcome::kDone;
}

Outcome client_setname(Call& call) {
  if (!valid_name(call[2])) return reply_error(call, kInvalidClientName);
  call.session.name = std::string(call[2]);
  return reply_ok(call);
}

Outcome client_setinfo(Call& call) {
  std::string* field = nullptr;
  if (is_word(call[2], "lib-name")) field = &call.session.library_name;
  if (is_word(call[2], "lib-ver")) field = &call.session.library_version;
  if (field == nullptr) {
    return reply_error(call, "ERR Unrecognized option '" + std::string(call[2].substr(0, 128)) + "'");
  }
  if (!valid_name(call[3])) {
    return reply_error(call, "ERR " + lower(call[2]) + " cannot contain spaces, newlines or special characters.");
  }
  *field = std::string(call[3]);
  return reply_ok(call);
}

// ---- KILL
struct KillFilter {
  std::optional<uint64_t> id;
  std::optional<ClientType> type;
  std::optional<std::string> remote;
  std::optional<std::string> local;
  std::optional<std::string> user;
  bool skip_me = true;

  bool matches(const Session& session, const Session& me) const {
    if (id && session.client_id != *id) return false;
    if (type && type_of(session) != *type) return false;
    if (remote && to_string(session.remote) != *remote) return false;
    if (local && to_string(session.local) != *local) return false;
    if (user && session.user != *user) return false;
    return !(skip_me && &session == &me);
  }
};

// One "OPTION value" pair; an empty string, or the error.
std::string add_filter(KillFilter& filter, std::string_view option, std::string_view value) {
  if (is_word(option, "id")) {
    const auto id = parse_int64(value);
    if (!id || *id < 1) return "ERR client-id should be greater than 0";
    filter.id = static_cast<uint64_t>(*id);
  } else if (is_word(option, "type")) {
    filter.type = to_client_type(value);
    if (!filter.type) return unknown_type(value);
  } else if (is_word(option, "addr")) {
    filter.remote = std::string(value);
  } else if (is_word(option, "laddr")) {
    filter.local = std::string(value);
  } else if (is_word(option, "user")) {
    if (value != "default") return "ERR No such user '" + std::string(value.substr(0, 128)) + "'";
    filter.user = std::string(value);
  } else if (is_word(option, "skipme") && (is_word(value, "yes") || is_word(value, "no"))) {
    filter.skip_me = is_word(value, "yes");
  } else {
    return std::string(kSyntaxError);
  }
  return "";
}

Outcome client_kill(Call& call) {
  KillFilter filter;
  const bool old_form = call.size() == 3;
  if (old_form) {
    filter.remote = std::string(call[2]);
    filter.skip_me = false;
  } else {
    for (size_t i = 2; i < call.size(); i += 2) {
      if (i + 1 == call.size()) return reply_error(call, kSyntaxError);
      if (const std::string error = add_filter(filter, call[i], call[i + 1]); !error.empty()) {
        return reply_error(call, error);
      }
    }
  }
  std::vector<Session*> killed;
  call.services.clients.for_each([&](Session& session) {
    if (filter.matches(session, call.session)) killed.push_back(&session);
  });
  if (old_form && killed.empty()) return reply_error(call, "ERR No such client");
  if (old_form) {
    reply_ok(call);
  } else {
    call.reply.integer(static_cast<int64_t>(killed.size()));
  }
  for (Session* session : killed) {
    if (session == &call.session) {
      session->close_after_flush = true;  // it hears the answer first
    } else {
      call.services.node.close(*session);
    }
  }
  return Outcome::kDone;
}

// ---- modes
Outcome client_reply(Call& call) {
  if (is_word(call[2], "on")) {
    call.session.reply_mode = ReplyMode::kOn;
    return reply_ok(call);
  }
  if (is_word(call[2], "off")) {
    call.session.reply_mode = ReplyMode::kOff;
    return Outcome::kDone;
  }
  if (is_word(call[2], "skip")) {
    if (call.session.reply_mode != ReplyMode::kOff) call.session.reply_mode = ReplyMode::kSkipNext;
    return Outcome::kDone;
  }
  return reply_error(call, kSyntaxError);
}

Outcome client_no_evict(Call& call) {
  if (!is_word(call[2], "on") && !is_word(call[2], "off")) return reply_error(call, kSyntaxError);
  call.session.no_evict = is_word(call[2], "on");
  return reply_ok(call);
}

// WAIT and WAITAOF are what a client can be blocked in at its own wish; holding and loading end by themselves.
Outcome client_unblock(Call& call) {
  const bool has_reason = call.size() == 4;
  if (call.size() > 4) return reply_error(call, "ERR wrong number of arguments for 'client|unblock' command");
  const bool with_error = has_reason && is_word(call[3], "error");
  if (has_reason && !with_error && !is_word(call[3], "timeout")) {
    return reply_error(call, "ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR");
  }
  const auto id = parse_int64(call[2]);
  if (!id) return reply_error(call, kNotAnInteger);
  Session* target = *id > 0 ? call.services.clients.find_client(static_cast<uint64_t>(*id)) : nullptr;
  const bool waits = target != nullptr && target->blocked == Blocked::kWait;
  if (waits) {
    target->wait.unblocked_by_error = with_error;
    target->blocked_until = call.now.instant;
  }
  call.reply.integer(waits ? 1 : 0);
  return Outcome::kDone;
}

// ---- client-side caching: not in this release. An error, so that libraries go on without it.
Outcome client_tracking(Call& call) {
  if (call.size() == 3 && is_word(call[2], "off")) return reply_ok(call);
  if (!is_word(call[2], "on") && !is_word(call[2], "off")) return reply_error(call, kSyntaxError);
  return reply_error(call, "ERR client-side caching is not supported by this release of Onggi");
}

Outcome client_caching(Call& call) {
  return reply_error(call,
                     "ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or OPTOUT "
                     "mode enabled");
}

Outcome client_getredir(Call& call) {
  call.reply.integer(-1);
  return Outcome::kDone;
}

Outcome client_trackinginfo(Call& call) {
  call.reply.map_header(3);
  call.reply.bulk("flags");
  call.reply.set_header(1);
  call.reply.bulk("off");
  call.reply.bulk("redirect");
  call.reply.integer(-1);
  call.reply.bulk("prefixes");
  call.reply.array_header(0);
  return Outcome::kDone;
}

constexpr uint32_t kAnyClient = kNoScript | kLoading | kStale;
constexpr uint32_t kOperator = kAdmin | kNoScript | kLoading | kStale;
constexpr std::string_view kConnection = "@slow @connection";
constexpr std::string_view kDangerous = "@admin @slow @dangerous @connection";

constexpr CommandSpec kRows[] = {
    {.name = "caching",
     .arity = 3,
     .flags = kAnyClient,
     .categories = kConnection,
     .group = "connection",
     .since = "6.0.0",
     .complexity = "O(1)",
     .summary = "Says whether the next command's keys are to be tracked.",
     .syntax = "<YES | NO>",
     .handler = client_caching},
    {.name = "getname",
     .arity = 2,
     .flags = kAnyClient,
     .categories = kConnection,
     .group = "connection",
     .since = "2.6.9",
     .complexity = "O(1)",
     .summary = "Gives the name of this connection.",
     .handler = client_getname},
    {.name = "getredir",
     .arity = 2,
     .flags = kAnyClient,
     .categories = kConnection,
     .group = "connection",
     .since = "6.0.0",
     .complexity = "O(1)",
     .summary = "Gives the client that invalidations are sent to.",
     .handler = client_getredir},
    {.name = "help",
     .arity = 2,
     .flags = kLoading | kStale,
     .categories = kConnection,
     .group = "connection",
     .since = "5.0.0",
     .complexity = "O(1)",
     .summary = "Prints this help.",
     .handler = help_command},
    {.name = "id",
     .arity = 2,
     .flags = kAnyClient,
     .categories = kConnection,
     .group = "connection",
     .since = "5.0.0",
     .complexity = "O(1)",
     .summary = "Gives the number of this connection.",
     .handler = client_id},
    {.name = "info",
     .arity = 2,
     .flags = kAnyClient,
     .categories = kConnection,
     .group = "connection",
     .since = "6.2.0",
     .complexity = "O(1)",
     .summary = "Describes this connection in one line.",
     .handler = client_info},
    {.name = "kill",
     .arity = -3,
     .flags = kOperator,
     .categories = kDangerous,
     .group = "connection",
     .since = "2.4.0",
     .complexity = "O(N) where N is the number of connections",
     .summary = "Closes the connections that every filter fits.",
     .syntax = "<ip:port | <ID client-id | TYPE <NORMAL | MASTER | SLAVE | REPLICA | PUBSUB> | USER username | "
               "ADDR ip:port | LADDR ip:port | SKIPME yes/no ...>>",
     .handler = client_kill},
    {.name = "list",
     .arity = -2,
     .flags = kOperator,
     .categories = kDangerous,
     .group = "connection",
     .since = "2.4.0",
     .complexity = "O(N) where N is the number of connections",
     .summary = "Describes the open connections, one a line.",
     .syntax = "[TYPE <NORMAL | MASTER | REPLICA | PUBSUB>] [ID client-id [client-id ...]]",
     .handler = client_list},
    {.name = "no-evict",
     .arity = 3,
     .flags = kOperator,
     .categories = kDangerous,
     .group = "connection",
     .since = "7.0.0",
     .complexity = "O(1)",
     .summary = "Spares this connection when clients' memory is short.",
     .syntax = "<ON | OFF>",
     .handler = client_no_evict},
    {.name = "reply",
     .arity = 3,
     .flags = kAnyClient,
     .categories = kConnection,
     .group = "connection",
     .since = "3.2.0",
     .complexity = "O(1)",
     .summary = "Turns the answers to this connection off or on.",
     .syntax = "<ON | OFF | SKIP>",
     .handler = client_reply},
    {.name = "setinfo",
     .arity = 4,
     .flags = kAnyClient,
     .categories = kConnection,
     .group = "connection",
     .since = "7.2.0",
     .complexity = "O(1)",
     .summary = "Notes which client library speaks on this connection.",
     .syntax = "<LIB-NAME libname | LIB-VER libver>",
     .handler = client_setinfo},
    {.name = "setname",
     .arity = 3,
     .flags = kAnyClient,
     .categories = kConnection,
     .group = "connection",
     .since = "2.6.9",
     .complexity = "O(1)",
     .summary = "Names this connection.",
     .syntax = "connection-name",
     .handler = client_setname},
    {.name = "tracking",
     .arity = -3,
     .flags = kAnyClient,
     .categories = kConnection,
     .group = "connection",
     .since = "6.0.0",
     .complexity = "O(1)",
     .summary = "Asks to be told when keys change that this connection read. Not in this release.",
     .syntax = "<ON | OFF> [REDIRECT client-id] [PREFIX prefix [PREFIX prefix ...]] [BCAST] [OPTIN] [OPTOUT] [NOLOOP]",
     .handler = client_tracking},
    {.name = "trackinginfo",
     .arity = 2,
     .flags = kAnyClient,
     .categories = kConnection,
     .group = "connection",
     .since = "6.2.0",
     .complexity = "O(1)",
     .summary = "Tells how this connection's reads are tracked.",
     .handler = client_trackinginfo},
    {.name = "unblock",
     .arity = -3,
     .flags = kOperator,
     .categories = kDangerous,
     .group = "connection",
     .since = "5.0.0",
     .complexity = "O(log N) where N is the number of connections",
     .summary = "Wakes a connection that waits in a blocking command.",
     .syntax = "client-id [TIMEOUT | ERROR]",
     .handler = client_unblock},
};

}  // namespace

std::span<const CommandSpec> client_subcommands() {
  return kRows;
}

}  // namespace onggi
