// Commands about the connection itself, as Redis Sentinel has them: PING, AUTH, HELLO, CLIENT, SUBSCRIBE ...
#include <string>

#include "common/numbers.h"
#include "common/text.h"
#include "sentinel/api/command.h"

namespace onggi {

namespace {

void ping(ApiCall& call) {
  if (call.session.resp == 2 && call.app.pubsub().count(call.session.id) > 0) {
    call.reply.array_header(2);
    call.reply.bulk("pong");
    call.reply.bulk(call.args.size() > 1 ? call.args[1] : "");
  } else if (call.args.size() > 1) {
    call.reply.bulk(call.args[1]);
  } else {
    call.reply.simple_string("PONG");
  }
}

bool check_password(ApiCall& call, std::string_view user, std::string_view password) {
  const std::string& wanted = call.app.config().requirepass;
  const bool right = user == "default" && (wanted.empty() || password == wanted);
  if (right) {
    call.session.authenticated = true;
    call.session.parser.limits().unauthenticated = false;
  }
  return right;
}

void auth(ApiCall& call) {
  if (call.args.size() > 3) return call.reply.error("ERR syntax error");
  if (call.args.size() == 2 && call.app.config().requirepass.empty()) {
    return call.reply.error(
        "ERR AUTH <password> called without any password configured for the default user. Are you sure your "
        "configuration is correct?");
  }
  const std::string_view user = call.args.size() == 3 ? call.args[1] : "default";
  if (check_password(call, user, call.args.back())) return call.reply.ok();
  call.reply.error("WRONGPASS invalid username-password pair or user is disabled.");
}

void hello(ApiCall& call) {
  int resp = call.session.resp;
  if (call.args.size() > 1) {
    const auto version = parse_int64(call.args[1]);
    if (!version) return call.reply.error("ERR Protocol version is not an integer or out of range");
    if (*version != 2 && *version != 3) return call.reply.error("NOPROTO unsupported protocol version");
    resp = static_cast<int>(*version);
  }
  std::string_view name;
  for (size_t i = 2; i < call.args.size();) {
    if (equals_ignore_case(call.args[i], "auth") && i + 2 < call.args.size()) {
      if (!check_password(call, call.args[i + 1], call.args[i + 2])) {
        return call.reply.error("WRONGPASS invalid username-password pair or user is disabled.");
      }
      i += 3;
    } else if (equals_ignore_case(call.args[i], "setname") && i + 1 < call.args.size()) {
      name = call.args[i + 1];
      i += 2;
    } else {
      return call.reply.error("ERR Syntax error in HELLO option '" + std::string(call.args[i]) + "'");
    }
  }
  if (!call.session.authenticated) {
    return call.reply.error(
        "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO <proto> AUTH <user> "
        "<pass> option can be used to authenticate the client and select the RESP protocol version at the same time");
  }
  if (!name.empty()) call.session.name = name;
  call.session.resp = resp;
  ReplyWriter reply(call.session.output, resp);
  reply.map_header(6);
  reply.bulk("server");
  reply.bulk("redis");
  reply.bulk("version");
  reply.bulk("7.0.15");
  reply.bulk("proto");
  reply.integer(resp);
  reply.bulk("id");
  reply.integer(static_cast<int64_t>(call.session.id.value));
  reply.bulk("mode");
  reply.bulk("sentinel");
  reply.bulk("modules");
  reply.array_header(0);
}

std::string client_line(const SentinelApp& app, const ApiSession& session) {
  const auto age = std::chrono::duration_cast<seconds>(app.now().instant - session.connected_at).count();
  return "id=" + std::to_string(session.id.value) + " addr=" + to_string(session.remote) +
         " laddr=" + to_string(session.local) + " name=" + session.name + " age=" + std::to_string(age) +
         " flags=" + (session.peer || session.outgoing ? "S" : "N") + " resp=" + std::to_string(session.resp) +
         " lib-name=" + session.library_name + " lib-ver=" + session.library_version + "\n";
}

void client_kill(ApiCall& call) {
  // CLIENT KILL ADDR ip:port | ID n | TYPE t, or the old form with one address.
  size_t killed = 0;
  std::vector<ConnId> chosen;
  const bool old_form = call.args.size() == 3;
  for (const auto& [id, session] : call.app.sessions()) {
    if (session.outgoing || session.peer) continue;
    bool match = true;
    if (old_form) match = to_string(session.remote) == call.args[2];
    for (size_t i = 2; !old_form && i + 1 < call.args.size(); i += 2) {
      if (equals_ignore_case(call.args[i], "addr")) match = match && to_string(session.remote) == call.args[i + 1];
      if (equals_ignore_case(call.args[i], "id")) match = match && std::to_string(id.value) == call.args[i + 1];
      if (equals_ignore_case(call.args[i], "type")) {
        const bool pubsub = call.app.pubsub().count(id) > 0;
        match = match && equals_ignore_case(call.args[i + 1], pubsub ? "pubsub" : "normal");
      }
    }
    if (match && id != call.session.id) chosen.push_back(id);
  }
  for (ConnId id : chosen) {
    call.app.close_client(id);
    killed++;
  }
  if (!old_form) return call.reply.integer(static_cast<int64_t>(killed));
  if (killed == 0) return call.reply.error("ERR No such client");
  call.reply.ok();
}

void client(ApiCall& call) {
  const std::string what = lower(call.args[1]);
  if (what == "id") return call.reply.integer(static_cast<int64_t>(call.session.id.value));
  if (what == "getname") return call.session.name.empty() ? call.reply.null() : call.reply.bulk(call.session.name);
  if (what == "setname" && call.args.size() == 3) {
    call.session.name = call.args[2];
    return call.reply.ok();
  }
  if (what == "setinfo" && call.args.size() == 4) {
    const bool is_name = equals_ignore_case(call.args[2], "lib-name");
    if (!is_name && !equals_ignore_case(call.args[2], "lib-ver")) {
      return call.reply.error("ERR Unrecognized option '" + std::string(call.args[2]) + "'");
    }
    (is_name ? call.session.library_name : call.session.library_version) = call.args[3];
    return call.reply.ok();
  }
  if (what == "list" || what == "info") {
    std::string text;
    for (const auto& [id, session] : call.app.sessions()) {
      if (what == "list" || id == call.session.id) text += client_line(call.app, session);
    }
    return call.reply.verbatim("txt", text);
  }
  if (what == "kill" && call.args.size() >= 3) return client_kill(call);
  if (what == "no-evict" && call.args.size() == 3) return call.reply.ok();
  call.reply.error("ERR unknown subcommand or wrong number of arguments for '" + std::string(call.args[1]) +
                   "'. Try CLIENT HELP.");
}

void confirm(ApiCall& call, std::string_view what, std::optional<std::string_view> name) {
  ReplyWriter reply(call.session.output, call.session.resp);
  reply.push_header(3);
  reply.bulk(what);
  if (name) {
    reply.bulk(*name);
  } else {
    reply.null();
  }
  reply.integer(static_cast<int64_t>(call.app.pubsub().count(call.session.id)));
}

void subscribe_to(ApiCall& call, Pubsub::Kind kind, std::string_view word) {
  for (std::string_view name : call.args.subspan(1)) {
    if (!call.app.pubsub().subscribe(call.session.id, kind, name)) {
      return call.reply.error("ERR too many subscriptions on one connection");
    }
    confirm(call, word, name);
  }
}

void unsubscribe_from(ApiCall& call, Pubsub::Kind kind, std::string_view word) {
  std::vector<std::string> names(call.args.begin() + 1, call.args.end());
  if (names.empty()) {
    const auto all = call.app.pubsub().subscriptions(call.session.id, kind);
    names.assign(all.begin(), all.end());
  }
  if (names.empty()) return confirm(call, word, std::nullopt);
  for (const std::string& name : names) {
    call.app.pubsub().unsubscribe(call.session.id, kind, name);
    confirm(call, word, name);
  }
}

void subscribe(ApiCall& call) {
  subscribe_to(call, Pubsub::Kind::kChannel, "subscribe");
}
void psubscribe(ApiCall& call) {
  subscribe_to(call, Pubsub::Kind::kPattern, "psubscribe");
}
void unsubscribe(ApiCall& call) {
  unsubscribe_from(call, Pubsub::Kind::kChannel, "unsubscribe");
}
void punsubscribe(ApiCall& call) {
  unsubscribe_from(call, Pubsub::Kind::kPattern, "punsubscribe");
}

void quit(ApiCall& call) {
  call.reply.ok();
  call.session.close_after_flush = true;
}

void role(ApiCall& call) {
  call.reply.array_header(2);
  call.reply.bulk("sentinel");
  call.reply.array_header(1);
  call.reply.bulk(call.app.config().options.master_name);
}

void info(ApiCall& call) {
  call.reply.verbatim("txt", sentinel_info(call.app, call.args.subspan(1)));
}

// One user, as in the nodes: clients ask who they are and what that user may do.
void acl(ApiCall& call) {
  const std::string what = lower(call.args[1]);
  if (what == "whoami") return call.reply.bulk("default");
  if (what != "users" && what != "list") {
    return call.reply.error("ERR unknown subcommand '" + std::string(call.args[1].substr(0, 128)) +
                            "'. Try ACL WHOAMI, USERS or LIST.");
  }
  call.reply.array_header(1);
  call.reply.bulk(what == "users"                         ? "default"
                  : call.app.config().requirepass.empty() ? "user default on nopass ~* &* +@all"
                                                          : "user default on #<hidden> ~* &* +@all");
}

void shutdown(ApiCall& call) {
  call.session.close_after_flush = true;
  call.app.exit();
}

void docs_of(ApiCall& call, const ApiCommand& row, std::string_view prefix) {
  call.reply.bulk(std::string(prefix) + std::string(row.name));
  call.reply.map_header(2);
  call.reply.bulk("summary");
  call.reply.bulk(row.summary);
  call.reply.bulk("group");
  call.reply.bulk("sentinel");
}

void command(ApiCall& call) {
  const auto rows = client_commands();
  const std::string what = call.args.size() > 1 ? lower(call.args[1]) : "";
  if (what == "count") return call.reply.integer(static_cast<int64_t>(rows.size() + 1));
  if (what == "docs") {
    call.reply.map_header(rows.size() + sentinel_commands().size());
    for (const ApiCommand& row : rows) docs_of(call, row, "");
    for (const ApiCommand& row : sentinel_commands()) docs_of(call, row, "sentinel ");
    return;
  }
  if (!what.empty() && what != "info")
    return call.reply.error("ERR unknown subcommand '" + std::string(call.args[1]) + "'.");
  call.reply.array_header(rows.size());
  for (const ApiCommand& row : rows) {
    call.reply.array_header(6);
    call.reply.bulk(row.name);
    call.reply.integer(row.arity);
    call.reply.set_header(0);
    for (int i = 0; i < 3; i++) call.reply.integer(0);
  }
}

constexpr ApiCommand kCommands[] = {
    {"ping", -1, "[message]", "Answers PONG, or the message", ping, false, true},
    {"auth", -2, "[username] password", "Authenticates the connection", auth, true, false},
    {"hello", -1, "[protover [AUTH username password] [SETNAME clientname]]", "Handshake: chooses RESP2 or RESP3",
     hello, true, false},
    {"client", -2, "subcommand [argument ...]", "About this connection and the others", client, false, false},
    {"acl", -2, "WHOAMI | USERS | LIST", "The one user there is", acl, false, false},
    {"command", -1, "[COUNT | DOCS | INFO]", "About the commands", command, false, false},
    {"subscribe", -2, "channel [channel ...]", "Listens for events of these names", subscribe, false, true},
    {"psubscribe", -2, "pattern [pattern ...]", "Listens for events of names that match", psubscribe, false, true},
    {"unsubscribe", -1, "[channel ...]", "Stops listening", unsubscribe, false, true},
    {"punsubscribe", -1, "[pattern ...]", "Stops listening", punsubscribe, false, true},
    {"role", 1, "", "Says that this is a sentinel, and of which master", role, false, false},
    {"info", -1, "[section ...]", "The sentinel's state as text", info, false, false},
    {"quit", -1, "", "Closes the connection", quit, true, true},
    {"shutdown", -1, "", "Ends this sentinel", shutdown, false, false},
};

}  // namespace

std::span<const ApiCommand> client_commands() {
  return kCommands;
}

namespace {

const ApiCommand* find(std::span<const ApiCommand> rows, std::string_view name) {
  for (const ApiCommand& row : rows) {
    if (equals_ignore_case(row.name, name)) return &row;
  }
  return nullptr;
}

bool arity_fits(const ApiCommand& row, size_t count) {
  const int given = static_cast<int>(count);
  return row.arity >= 0 ? given == row.arity : given >= -row.arity;
}

}  // namespace

void execute(SentinelApp& app, ApiSession& session, std::span<const std::string_view> args) {
  ReplyWriter reply(session.output, session.resp);
  ApiCall call{app, session, args, reply};
  const bool sentinel = equals_ignore_case(args[0], "sentinel");
  const ApiCommand* row = sentinel ? nullptr : find(client_commands(), args[0]);
  if (!session.authenticated && (row == nullptr || !row->before_auth)) {
    return reply.error("NOAUTH Authentication required.");
  }
  if (sentinel) {
    if (args.size() < 2) return reply.error("ERR wrong number of arguments for 'sentinel' command");
    row = find(sentinel_commands(), args[1]);
    if (row == nullptr) {
      return reply.error("ERR unknown subcommand '" + std::string(args[1].substr(0, 128)) + "'. Try SENTINEL HELP.");
    }
  }
  if (row == nullptr) {
    std::string text = "ERR unknown command '" + std::string(args[0].substr(0, 128)) + "', with args beginning with: ";
    for (size_t i = 1; i < args.size() && text.size() < 256; i++)
      text += "'" + std::string(args[i].substr(0, 64)) + "' ";
    return reply.error(text);
  }
  if (!arity_fits(*row, args.size())) {
    return reply.error("ERR wrong number of arguments for '" + std::string(sentinel ? "sentinel|" : "") +
                       std::string(row->name) + "' command");
  }
  if (session.resp == 2 && !row->while_subscribed && app.pubsub().count(session.id) > 0) {
    return reply.error("ERR Can't execute '" + lower(args[0]) +
                       "': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context");
  }
  row->handler(call);
}

}  // namespace onggi
