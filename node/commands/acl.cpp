// ACL and MODULE, as far as a server with one user and no modules goes: clients and tools ask these at start.
#include <algorithm>

#include "node/commands/words.h"
#include "node/services.h"

namespace onggi {

namespace {

constexpr std::string_view kCategoryNames[] = {
    "keyspace", "read",   "write",       "set",       "sortedset",  "list",        "hash",
    "string",   "bitmap", "hyperloglog", "geo",       "stream",     "pubsub",      "admin",
    "fast",     "slow",   "blocking",    "dangerous", "connection", "transaction", "scripting"};

Outcome acl_whoami(Call& call) {
  call.reply.bulk(call.session.user);
  return Outcome::kDone;
}

Outcome acl_users(Call& call) {
  call.reply.array_header(1);
  call.reply.bulk("default");
  return Outcome::kDone;
}

Outcome acl_list(Call& call) {
  const bool open = call.services.config.requirepass.empty();
  call.reply.array_header(1);
  call.reply.bulk(std::string("user default on ") + (open ? "nopass " : "") + "~* &* +@all");
  return Outcome::kDone;
}

Outcome acl_getuser(Call& call) {
  if (call[2] != "default") {
    call.reply.null();
    return Outcome::kDone;
  }
  const bool open = call.services.config.requirepass.empty();
  call.reply.map_header(6);
  call.reply.bulk("flags");
  call.reply.set_header(open ? 2 : 1);
  call.reply.bulk("on");
  if (open) call.reply.bulk("nopass");
  call.reply.bulk("passwords");
  call.reply.array_header(0);  // never shown, not even hashed
  call.reply.bulk("commands");
  call.reply.bulk("+@all");
  call.reply.bulk("keys");
  call.reply.bulk("~*");
  call.reply.bulk("channels");
  call.reply.bulk("&*");
  call.reply.bulk("selectors");
  call.reply.array_header(0);
  return Outcome::kDone;
}

bool in_category(const CommandSpec& row, std::string_view category) {
  for (const std::string_view name : split(row.categories, ' ')) {
    if (!name.empty() && is_word(category, name.substr(1))) return true;
  }
  return false;
}

Outcome acl_cat(Call& call) {
  if (call.size() > 3) return reply_error(call, "ERR wrong number of arguments for 'acl|cat' command");
  if (call.size() == 2) {
    call.reply.array_header(std::size(kCategoryNames));
    for (const std::string_view name : kCategoryNames) call.reply.bulk(name);
    return Outcome::kDone;
  }
  const auto known = [&](std::string_view name) { return is_word(call[2], name); };
  if (std::none_of(std::begin(kCategoryNames), std::end(kCategoryNames), known)) {
    return reply_error(call, "ERR Unknown category '" + std::string(call[2].substr(0, 128)) + "'");
  }
  std::vector<std::string> names;
  for (const CommandSpec* row : call.services.commands.all()) {
    if (in_category(*row, call[2])) names.emplace_back(row->name);
    for (const CommandSpec& subcommand : row->subcommands) {
      if (in_category(subcommand, call[2]))
        names.push_back(std::string(row->name) + "|" + std::string(subcommand.name));
    }
  }
  call.reply.array_header(names.size());
  for (const std::string& name : names) call.reply.bulk(name);
  return Outcome::kDone;
}

Outcome acl_genpass(Call& call) {
  if (call.size() > 3) return reply_error(call, "ERR wrong number of arguments for 'acl|genpass' command");
  constexpr int64_t kMostBits = 4096;
  int64_t bits = 256;
  if (call.size() == 3) {
    const auto asked = parse_int64(call[2]);
    if (!asked) return reply_error(call, kNotAnInteger);
    if (*asked < 1 || *asked > kMostBits) {
      return reply_error(call,
                         "ERR ACL GENPASS argument must be the number of bits for the output password, a positive "
                         "number up to 4096");
    }
    bits = *asked;
  }
  call.reply.bulk(call.random.hex(static_cast<size_t>((bits + 3) / 4)));
  return Outcome::kDone;
}

Outcome acl_log(Call& call) {
  call.reply.array_header(0);
  return Outcome::kDone;
}

Outcome acl_unsupported(Call& call) {
  return reply_error(call, "ERR this release of Onggi has one user, 'default', with the password of requirepass");
}

Outcome module_list(Call& call) {
  call.reply.array_header(0);
  return Outcome::kDone;
}

constexpr uint32_t kAnyone = kNoScript | kLoading | kStale;
constexpr uint32_t kOperator = kAdmin | kNoScript | kLoading | kStale;
constexpr std::string_view kDangerous = "@admin @slow @dangerous";

constexpr CommandSpec kAclRows[] = {
    {.name = "cat",
     .arity = -2,
     .flags = kAnyone,
     .categories = "@slow",
     .group = "server",
     .since = "6.0.0",
     .complexity = "O(1)",
     .summary = "Lists the categories, or the commands of one.",
     .syntax = "[categoryname]",
     .handler = acl_cat},
    {.name = "deluser",
     .arity = -3,
     .flags = kOperator,
     .categories = kDangerous,
     .group = "server",
     .since = "6.0.0",
     .complexity = "O(1)",
     .summary = "Is refused: there is one user.",
     .syntax = "username [username ...]",
     .handler = acl_unsupported},
    {.name = "genpass",
     .arity = -2,
     .flags = kAnyone,
     .categories = "@slow",
     .group = "server",
     .since = "6.0.0",
     .complexity = "O(1)",
     .summary = "Makes a random password.",
     .syntax = "[bits]",
     .handler = acl_genpass},
    {.name = "getuser",
     .arity = 3,
     .flags = kOperator,
     .categories = kDangerous,
     .group = "server",
     .since = "6.0.0",
     .complexity = "O(1)",
     .summary = "Shows a user's rules.",
     .syntax = "username",
     .handler = acl_getuser},
    {.name = "help",
     .arity = 2,
     .flags = kLoading | kStale,
     .categories = "@slow",
     .group = "server",
     .since = "6.0.0",
     .complexity = "O(1)",
     .summary = "Prints this help.",
     .handler = help_command},
    {.name = "list",
     .arity = 2,
     .flags = kOperator,
     .categories = kDangerous,
     .group = "server",
     .since = "6.0.0",
     .complexity = "O(1)",
     .summary = "Shows the users and their rules.",
     .handler = acl_list},
    {.name = "log",
     .arity = -2,
     .flags = kOperator,
     .categories = kDangerous,
     .group = "server",
     .since = "6.0.0",
     .complexity = "O(1)",
     .summary = "Lists what rules forbade: nothing, with one user.",
     .syntax = "[count | RESET]",
     .handler = acl_log},
    {.name = "setuser",
     .arity = -3,
     .flags = kOperator,
     .categories = kDangerous,
     .group = "server",
     .since = "6.0.0",
     .complexity = "O(1)",
     .summary = "Is refused: there is one user.",
     .syntax = "username [rule ...]",
     .handler = acl_unsupported},
    {.name = "users",
     .arity = 2,
     .flags = kOperator,
     .categories = kDangerous,
     .group = "server",
     .since = "6.0.0",
     .complexity = "O(1)",
     .summary = "Lists the users.",
     .handler = acl_users},
    {.name = "whoami",
     .arity = 2,
     .flags = kAnyone,
     .categories = "@slow",
     .group = "server",
     .since = "6.0.0",
     .complexity = "O(1)",
     .summary = "Gives the user of this connection.",
     .handler = acl_whoami},
};

constexpr CommandSpec kModuleRows[] = {
    {.name = "help",
     .arity = 2,
     .flags = kLoading | kStale,
     .categories = "@slow",
     .group = "server",
     .since = "5.0.0",
     .complexity = "O(1)",
     .summary = "Prints this help.",
     .handler = help_command},
    {.name = "list",
     .arity = 2,
     .flags = kAdmin | kNoScript,
     .categories = kDangerous,
     .group = "server",
     .since = "4.0.0",
     .complexity = "O(1)",
     .summary = "Lists the modules: there are none.",
     .handler = module_list},
};

}  // namespace

std::span<const CommandSpec> acl_subcommands() {
  return kAclRows;
}
std::span<const CommandSpec> module_subcommands() {
  return kModuleRows;
}

}  // namespace onggi
