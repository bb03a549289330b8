// COMMAND and its subcommands: what the commands are, told from their rows and from nothing else.
//
// Shapes are those of Redis 7.0, RESP2 and RESP3 alike: clients and command lines take completion and hints from here.
#include <string>
#include <vector>

#include "common/glob.h"
#include "node/commands/syntax.h"
#include "node/commands/words.h"
#include "node/services.h"

namespace onggi {

namespace {

// A row with its full name: "get", "client|list".
struct Named {
  const CommandSpec* row = nullptr;
  std::string name;
};

std::string full_name(const CommandSpec& command, const CommandSpec& subcommand) {
  return std::string(command.name) + "|" + std::string(subcommand.name);
}

Named find_named(const CommandTable& table, std::string_view name) {
  const size_t bar = name.find('|');
  const CommandSpec* command = table.find(name.substr(0, bar));
  if (command == nullptr || bar == std::string_view::npos) {
    return {command, command == nullptr ? "" : std::string(command->name)};
  }
  const CommandSpec* subcommand = find_subcommand(*command, name.substr(bar + 1));
  if (subcommand == nullptr) return {};
  return {subcommand, full_name(*command, *subcommand)};
}

// ---- COMMAND INFO
struct FlagName {
  uint32_t flag;
  std::string_view name;
};

constexpr FlagName kFlagNames[] = {{kWrite, "write"},
                                   {kReadonly, "readonly"},
                                   {kDenyOom, "denyoom"},
                                   {kAdmin, "admin"},
                                   {kPubSub, "pubsub"},
                                   {kNoScript, "noscript"},
                                   {kBlocking, "blocking"},
                                   {kLoading, "loading"},
                                   {kStale, "stale"},
                                   {kSkipMonitor, "skip_monitor"},
                                   {kSkipSlowlog, "skip_slowlog"},
                                   {kFast, "fast"},
                                   {kNoAuth, "no_auth"},
                                   {kMayReplicate, "may_replicate"},
                                   {kNoAsyncLoading, "no_async_loading"},
                                   {kNoMulti, "no_multi"},
                                   {kMovableKeys, "movablekeys"},
                                   {kAllowBusy, "allow_busy"}};

void write_status_set(ReplyWriter& reply, const std::vector<std::string_view>& words) {
  reply.set_header(words.size());
  for (const std::string_view word : words) reply.simple_string(word);
}

std::vector<std::string_view> flag_names(uint32_t flags) {
  std::vector<std::string_view> names;
  for (const FlagName& known : kFlagNames) {
    if ((flags & known.flag) != 0) names.push_back(known.name);
  }
  return names;
}

std::vector<std::string_view> category_names(const CommandSpec& row) {
  std::vector<std::string_view> names;
  for (const std::string_view name : split(row.categories, ' ')) {
    if (!name.empty()) names.push_back(name);
  }
  return names;
}

std::vector<std::string_view> key_flags(const CommandSpec& row) {
  if ((row.flags & kWrite) != 0) return {"RW", "update"};
  return {"RO", "access"};
}

void write_keyword(ReplyWriter& reply, std::string_view name, int64_t value) {
  reply.bulk(name);
  reply.integer(value);
}

// Where a client finds the keys: after `first`, every `step`; or as many as args[1] says.
void write_key_spec(ReplyWriter& reply, const CommandSpec& row) {
  const bool counted = (row.flags & kMovableKeys) != 0;
  reply.map_header(3);
  reply.bulk("flags");
  write_status_set(reply, key_flags(row));
  reply.bulk("begin_search");
  reply.map_header(2);
  reply.bulk("type");
  reply.bulk("index");
  reply.bulk("spec");
  reply.map_header(1);
  write_keyword(reply, "index", counted ? 1 : row.keys.first);
  reply.bulk("find_keys");
  reply.map_header(2);
  reply.bulk("type");
  reply.bulk(counted ? "keynum" : "range");
  reply.bulk("spec");
  reply.map_header(3);
  if (counted) {
    write_keyword(reply, "keynumidx", 0);
    write_keyword(reply, "firstkey", 1);
    write_keyword(reply, "keystep", 1);
  } else {
    write_keyword(reply, "lastkey", row.keys.last >= 0 ? row.keys.last - row.keys.first : row.keys.last);
    write_keyword(reply, "keystep", row.keys.step);
    write_keyword(reply, "limit", 0);
  }
}

bool has_keys(const CommandSpec& row) {
  return row.keys.first > 0 || (row.flags & kMovableKeys) != 0;
}

void write_info(ReplyWriter& reply, const Named& command) {
  const CommandSpec& row = *command.row;
  reply.array_header(10);
  reply.bulk(command.name);
  reply.integer(row.arity);
  write_status_set(reply, flag_names(row.flags));
  reply.integer(row.keys.first);
  reply.integer(row.keys.last);
  reply.integer(row.keys.step);
  write_status_set(reply, category_names(row));
  reply.set_header(0);  // hints for proxies: none are given
  reply.set_header(has_keys(row) ? 1 : 0);
  if (has_keys(row)) write_key_spec(reply, row);
  if (row.subcommands.empty()) {
    reply.set_header(0);
    return;
  }
  reply.array_header(row.subcommands.size());
  for (const CommandSpec& subcommand : row.subcommands) write_info(reply, {&subcommand, full_name(row, subcommand)});
}

// ---- COMMAND DOCS
void write_arguments(ReplyWriter& reply, const std::vector<Argument>& arguments);

void write_argument(ReplyWriter& reply, const Argument& argument) {
  const bool is_key = argument.type == Argument::Type::kKey;
  const bool flagged = argument.optional || argument.multiple;
  reply.map_header(2 + (is_key ? 1 : 0) + (argument.token.empty() ? 0 : 1) + (flagged ? 1 : 0) +
                   (argument.arguments.empty() ? 0 : 1));
  reply.bulk("name");
  reply.bulk(argument.name);
  reply.bulk("type");
  reply.bulk(type_name(argument.type));
  if (is_key) write_keyword(reply, "key_spec_index", 0);
  if (!argument.token.empty()) {
    reply.bulk("token");
    reply.bulk(argument.token);
  }
  if (flagged) {
    std::vector<std::string_view> flags;
    if (argument.optional) flags.push_back("optional");
    if (argument.multiple) flags.push_back("multiple");
    if (argument.multiple_token) flags.push_back("multiple_token");
    reply.bulk("flags");
    write_status_set(reply, flags);
  }
  if (!argument.arguments.empty()) {
    reply.bulk("arguments");
    write_arguments(reply, argument.arguments);
  }
}

void write_arguments(ReplyWriter& reply, const std::vector<Argument>& arguments) {
  reply.array_header(arguments.size());
  for (const Argument& argument : arguments) write_argument(reply, argument);
}

void write_docs(ReplyWriter& reply, const Named& command) {
  const CommandSpec& row = *command.row;
  const std::vector<Argument> arguments = parse_syntax(row.syntax);
  std::vector<std::pair<std::string_view, std::string_view>> fields;
  for (const auto& field : {std::pair{std::string_view("summary"), row.summary},
                            {"since", row.since},
                            {"group", row.group},
                            {"complexity", row.complexity}}) {
    if (!field.second.empty()) fields.push_back(field);
  }
  reply.bulk(command.name);
  reply.map_header(fields.size() + (arguments.empty() ? 0 : 1) + (row.subcommands.empty() ? 0 : 1));
  for (const auto& [name, value] : fields) {
    reply.bulk(name);
    reply.bulk(value);
  }
  if (!arguments.empty()) {
    reply.bulk("arguments");
    write_arguments(reply, arguments);
  }
  if (!row.subcommands.empty()) {
    reply.bulk("subcommands");
    reply.map_header(row.subcommands.size());
    for (const CommandSpec& subcommand : row.subcommands) write_docs(reply, {&subcommand, full_name(row, subcommand)});
  }
}

Outcome command_info(Call& call) {
  if (call.size() == 2) return command_all(call);
  call.reply.array_header(call.size() - 2);
  for (size_t i = 2; i < call.size(); i++) {
    const Named command = find_named(call.services.commands, call[i]);
    if (command.row == nullptr) {
      call.reply.null();
    } else {
      write_info(call.reply, command);
    }
  }
  return Outcome::kDone;
}

Outcome command_docs(Call& call) {
  std::vector<Named> wanted;
  if (call.size() == 2) {
    for (const CommandSpec* row : call.services.commands.all()) wanted.push_back({row, std::string(row->name)});
  }
  for (size_t i = 2; i < call.size(); i++) {
    Named command = find_named(call.services.commands, call[i]);
    if (command.row != nullptr) wanted.push_back(std::move(command));
  }
  call.reply.map_header(wanted.size());
  for (const Named& command : wanted) write_docs(call.reply, command);
  return Outcome::kDone;
}

Outcome command_count(Call& call) {
  call.reply.integer(static_cast<int64_t>(call.services.commands.all().size()));
  return Outcome::kDone;
}

// ---- COMMAND LIST
using Filter = bool (*)(const Named& command, std::string_view what);

bool any_command(const Named&, std::string_view) {
  return true;
}
bool of_module(const Named&, std::string_view) {
  return false;
}
bool of_pattern(const Named& command, std::string_view what) {
  return glob_match(what, command.name, GlobCase::kIgnore);
}
bool of_category(const Named& command, std::string_view what) {
  for (const std::string_view category : category_names(*command.row)) {
    if (is_word(what, category.substr(1))) return true;
  }
  return false;
}

Outcome command_list(Call& call) {
  Filter filter = any_command;
  std::string_view what;
  if (call.size() != 2) {
    if (call.size() != 5 || !is_word(call[2], "filterby")) return reply_error(call, kSyntaxError);
    what = call[4];
    if (is_word(call[3], "module")) {
      filter = of_module;
    } else if (is_word(call[3], "aclcat")) {
      filter = of_category;
    } else if (is_word(call[3], "pattern")) {
      filter = of_pattern;
    } else {
      return reply_error(call, kSyntaxError);
    }
  }
  std::vector<std::string> names;
  const auto consider = [&](const Named& command) {
    if (filter(command, what)) names.push_back(command.name);
  };
  for (const CommandSpec* row : call.services.commands.all()) {
    consider({row, std::string(row->name)});
    for (const CommandSpec& subcommand : row->subcommands) consider({&subcommand, full_name(*row, subcommand)});
  }
  call.reply.array_header(names.size());
  for (const std::string& name : names) call.reply.bulk(name);
  return Outcome::kDone;
}

// ---- COMMAND GETKEYS
struct Keys {
  const CommandSpec* row = nullptr;
  std::vector<size_t> indices;
  std::string_view error;
};

Keys keys_of_call(Call& call, std::span<const std::string_view> args) {
  Keys keys;
  const CommandSpec* command = call.services.commands.find(args[0]);
  keys.row = command;
  if (command != nullptr && !command->subcommands.empty() && args.size() > 1) {
    keys.row = find_subcommand(*command, args[1]);
  }
  if (keys.row == nullptr) {
    keys.error = "ERR Invalid command specified";
    return keys;
  }
  const auto count = static_cast<int>(args.size());
  if (!has_keys(*keys.row)) {
    keys.error = "ERR The command has no key arguments";
  } else if (keys.row->arity > 0 ? count != keys.row->arity : count < -keys.row->arity) {
    keys.error = "ERR Invalid number of arguments specified for command";
  } else {
    keys_of(*command, args, keys.indices);
    if (keys.indices.empty()) keys.error = "ERR Invalid arguments specified for command";
  }
  return keys;
}

Outcome command_getkeys(Call& call) {
  const auto args = call.args.subspan(2);
  const Keys keys = keys_of_call(call, args);
  if (!keys.error.empty()) return reply_error(call, keys.error);
  call.reply.array_header(keys.indices.size());
  for (const size_t index : keys.indices) call.reply.bulk(args[index]);
  return Outcome::kDone;
}

Outcome command_getkeysandflags(Call& call) {
  const auto args = call.args.subspan(2);
  const Keys keys = keys_of_call(call, args);
  if (!keys.error.empty()) return reply_error(call, keys.error);
  call.reply.array_header(keys.indices.size());
  for (const size_t index : keys.indices) {
    call.reply.array_header(2);
    call.reply.bulk(args[index]);
    write_status_set(call.reply, key_flags(*keys.row));
  }
  return Outcome::kDone;
}

constexpr uint32_t kAnyTime = kLoading | kStale;
constexpr std::string_view kCategories = "@slow @connection";

constexpr CommandSpec kRows[] = {
    {.name = "count",
     .arity = 2,
     .flags = kAnyTime,
     .categories = kCategories,
     .group = "server",
     .since = "2.8.13",
     .complexity = "O(1)",
     .summary = "Gives the number of commands.",
     .handler = command_count},
    {.name = "docs",
     .arity = -2,
     .flags = kAnyTime,
     .categories = kCategories,
     .group = "server",
     .since = "7.0.0",
     .complexity = "O(N) where N is the number of commands asked for",
     .summary = "Describes commands for people: summary, group, arguments.",
     .syntax = "[command-name ...]",
     .handler = command_docs},
    {.name = "getkeys",
     .arity = -4,
     .flags = kAnyTime,
     .categories = kCategories,
     .group = "server",
     .since = "2.8.13",
     .complexity = "O(N) where N is the number of arguments",
     .summary = "Gives the keys among the arguments of a whole command.",
     .syntax = "command [arg ...]",
     .handler = command_getkeys},
    {.name = "getkeysandflags",
     .arity = -4,
     .flags = kAnyTime,
     .categories = kCategories,
     .group = "server",
     .since = "7.0.0",
     .complexity = "O(N) where N is the number of arguments",
     .summary = "Gives the keys of a whole command, and how it uses them.",
     .syntax = "command [arg ...]",
     .handler = command_getkeysandflags},
    {.name = "help",
     .arity = 2,
     .flags = kAnyTime,
     .categories = kCategories,
     .group = "server",
     .since = "5.0.0",
     .complexity = "O(1)",
     .summary = "Prints this help.",
     .handler = help_command},
    {.name = "info",
     .arity = -2,
     .flags = kAnyTime,
     .categories = kCategories,
     .group = "server",
     .since = "2.8.13",
     .complexity = "O(N) where N is the number of commands asked for",
     .summary = "Describes commands for programs: arity, flags, where the keys are.",
     .syntax = "[command-name ...]",
     .handler = command_info},
    {.name = "list",
     .arity = -2,
     .flags = kAnyTime,
     .categories = kCategories,
     .group = "server",
     .since = "7.0.0",
     .complexity = "O(N) where N is the number of commands",
     .summary = "Gives the names of the commands.",
     .syntax = "[FILTERBY <MODULE module-name | ACLCAT category | PATTERN pattern>]",
     .handler = command_list},
};

}  // namespace

Outcome command_all(Call& call) {
  const auto& rows = call.services.commands.all();
  call.reply.array_header(rows.size());
  for (const CommandSpec* row : rows) write_info(call.reply, {row, std::string(row->name)});
  return Outcome::kDone;
}

std::span<const CommandSpec> command_subcommands() {
  return kRows;
}

}  // namespace onggi
