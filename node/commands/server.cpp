// The commands about the server as a whole: time, saving, stopping; and the table of the group's rows.
#include "node/commands/words.h"
#include "node/services.h"

namespace onggi {

namespace {

Outcome time_command(Call& call) {
  call.reply.array_header(2);
  call.reply.bulk_integer(call.now.wall.ms / 1000);
  call.reply.bulk_integer(call.now.wall.ms % 1000 * 1000);
  return Outcome::kDone;
}

constexpr std::string_view kSaving = "ERR Background save already in progress";

// A save is a tier checkpoint: everything up to now in the tier, and flushed. The answer comes when it is.
Outcome save(Call& call) {
  if (call.services.node.save_in_progress()) return reply_error(call, kSaving);
  call.services.node.save(&call.session);
  return Outcome::kBlocked;
}

Outcome bgsave(Call& call) {
  const bool schedule = call.size() == 2 && is_word(call[1], "schedule");
  if (call.size() > 2 || (call.size() == 2 && !schedule)) return reply_error(call, kSyntaxError);
  if (call.services.node.save_in_progress()) {
    if (!schedule) return reply_error(call, kSaving);
    call.reply.simple_string("Background saving scheduled");
    return Outcome::kDone;
  }
  call.services.node.save(nullptr);
  call.reply.simple_string("Background saving started");
  return Outcome::kDone;
}

// The log is cut by itself once the tier has what it holds; asking for it is asking for a save.
Outcome bgrewriteaof(Call& call) {
  if (!call.services.node.save_in_progress()) call.services.node.save(nullptr);
  call.reply.simple_string("Background append only file rewriting started");
  return Outcome::kDone;
}

Outcome lastsave(Call& call) {
  call.reply.integer(call.services.node.last_save().ms / 1000);
  return Outcome::kDone;
}

struct ShutdownWish {
  bool save = false;
  bool no_save = false;
  bool now = false;
  bool force = false;
  bool abort = false;
};

std::optional<ShutdownWish> shutdown_wish(std::span<const std::string_view> words) {
  ShutdownWish wish;
  for (const std::string_view word : words) {
    if (is_word(word, "nosave")) {
      wish.no_save = true;
    } else if (is_word(word, "save")) {
      wish.save = true;
    } else if (is_word(word, "now")) {
      wish.now = true;
    } else if (is_word(word, "force")) {
      wish.force = true;
    } else if (is_word(word, "abort")) {
      wish.abort = true;
    } else {
      return std::nullopt;
    }
  }
  if (wish.save && wish.no_save) return std::nullopt;
  if (wish.abort && (wish.save || wish.no_save || wish.now || wish.force)) return std::nullopt;
  return wish;
}

// Without an answer: the connection closes when the node stops.
Outcome shutdown(Call& call) {
  const auto wish = shutdown_wish(call.args.subspan(1));
  if (!wish) return reply_error(call, kSyntaxError);
  if (wish->abort) {
    if (!call.services.node.abort_shutdown()) return reply_error(call, "ERR No shutdown in progress.");
    return reply_ok(call);
  }
  using Mode = NodeControl::ShutdownMode;
  call.services.node.shutdown(wish->no_save ? Mode::kNoSave : wish->now ? Mode::kNow : Mode::kDefault);
  return Outcome::kDone;
}

Outcome no_cluster(Call& call) {
  return reply_error(call, kNoCluster);
}

constexpr uint32_t kOperator = kAdmin | kNoScript | kLoading | kStale;
constexpr std::string_view kDangerous = "@admin @slow @dangerous";

constexpr CommandSpec kSaveRows[] = {
    {.name = "bgrewriteaof",
     .arity = 1,
     .flags = kAdmin | kNoScript | kNoAsyncLoading,
     .categories = kDangerous,
     .group = "server",
     .since = "1.0.0",
     .complexity = "O(1)",
     .summary = "Asks for a save; the log is shortened by itself.",
     .handler = bgrewriteaof},
    {.name = "bgsave",
     .arity = -1,
     .flags = kAdmin | kNoScript | kNoAsyncLoading,
     .categories = kDangerous,
     .group = "server",
     .since = "1.0.0",
     .complexity = "O(1)",
     .summary = "Brings everything up to now into the tier, and does not wait for it.",
     .syntax = "[SCHEDULE]",
     .handler = bgsave},
    {.name = "lastsave",
     .arity = 1,
     .flags = kLoading | kStale | kFast,
     .categories = "@admin @fast @dangerous",
     .group = "server",
     .since = "1.0.0",
     .complexity = "O(1)",
     .summary = "Gives the time of the last save that ended well, in seconds since 1970.",
     .handler = lastsave},
    {.name = "save",
     .arity = 1,
     .flags = kAdmin | kNoScript | kNoAsyncLoading | kNoMulti,
     .categories = kDangerous,
     .group = "server",
     .since = "1.0.0",
     .complexity = "O(N) where N is the number of changed keys",
     .summary = "Brings everything up to now into the tier, and answers when it is there.",
     .handler = save},
    {.name = "shutdown",
     .arity = -1,
     .flags = kOperator | kNoMulti | kAllowBusy,
     .categories = kDangerous,
     .group = "server",
     .since = "1.0.0",
     .complexity = "O(N) where N is the number of changed keys",
     .summary = "Hands over if the node is master, saves, and stops it.",
     .syntax = "[NOSAVE | SAVE] [NOW] [FORCE] [ABORT]",
     .handler = shutdown},
    {.name = "time",
     .arity = 1,
     .flags = kLoading | kStale | kFast,
     .categories = "@fast",
     .group = "server",
     .since = "2.6.0",
     .complexity = "O(1)",
     .summary = "Gives the server's time: seconds since 1970, microseconds.",
     .handler = time_command},
};

constexpr CommandSpec kClusterRows[] = {
    {.name = "asking",
     .arity = 1,
     .flags = kFast,
     .categories = "@fast @connection",
     .group = "cluster",
     .since = "3.0.0",
     .complexity = "O(1)",
     .summary = "Is refused: Onggi is no Redis Cluster.",
     .handler = no_cluster},
    {.name = "cluster",
     .arity = -2,
     .categories = "@slow",
     .group = "cluster",
     .since = "3.0.0",
     .complexity = "O(1)",
     .summary = "Is refused: Onggi is no Redis Cluster.",
     .syntax = "subcommand [arg ...]",
     .handler = no_cluster},
    {.name = "readonly",
     .arity = 1,
     .flags = kLoading | kStale | kFast,
     .categories = "@fast @connection",
     .group = "cluster",
     .since = "3.0.0",
     .complexity = "O(1)",
     .summary = "Is refused: Onggi is no Redis Cluster.",
     .handler = no_cluster},
    {.name = "readwrite",
     .arity = 1,
     .flags = kLoading | kStale | kFast,
     .categories = "@fast @connection",
     .group = "cluster",
     .since = "3.0.0",
     .complexity = "O(1)",
     .summary = "Is refused: Onggi is no Redis Cluster.",
     .handler = no_cluster},
};

CommandSpec container(std::string_view name, std::string_view since, std::string_view summary,
                      std::span<const CommandSpec> subcommands) {
  return {.name = name,
          .arity = -2,
          .categories = "@slow",
          .group = "server",
          .since = since,
          .complexity = "Depends on subcommand.",
          .summary = summary,
          .subcommands = subcommands};
}

std::vector<CommandSpec> server_rows() {
  std::vector<CommandSpec> rows = {
      container("acl", "6.0.0", "Shows who may do what: there is one user, 'default'.", acl_subcommands()),
      {.name = "command",
       .arity = -1,
       .flags = kLoading | kStale,
       .categories = "@slow @connection",
       .group = "server",
       .since = "2.8.13",
       .complexity = "O(N) where N is the number of commands",
       .summary = "Describes the commands of this server.",
       .handler = command_all,
       .subcommands = command_subcommands()},
      container("config", "2.0.0", "Shows and changes directives while the node runs.", config_subcommands()),
      container("debug", "1.0.0", "Looks inside, and makes trouble on purpose.", debug_subcommands()),
      {.name = "info",
       .arity = -1,
       .flags = kLoading | kStale,
       .categories = "@slow @dangerous",
       .group = "server",
       .since = "1.0.0",
       .complexity = "O(N) where N is the number of connections",
       .summary = "Tells the node's state and counters, by section.",
       .syntax = "[section [section ...]]",
       .handler = info_command},
      container("latency", "2.8.13", "Tells what was slow, and when.", latency_subcommands()),
      container("memory", "4.0.0", "Tells what memory is used for.", memory_subcommands()),
      container("module", "4.0.0", "Lists modules: there are none.", module_subcommands()),
      container("slowlog", "2.2.12", "Shows the commands that took long.", slowlog_subcommands()),
  };
  rows.insert(rows.end(), std::begin(kSaveRows), std::end(kSaveRows));
  rows.insert(rows.end(), std::begin(kClusterRows), std::end(kClusterRows));
  return rows;
}

}  // namespace

std::span<const CommandSpec> server_commands() {
  static const std::vector<CommandSpec> rows = server_rows();
  return rows;
}

}  // namespace onggi
