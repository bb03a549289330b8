// CONFIG: the rows of directives, read and changed while the node runs.
//
// SET takes all or nothing: every value is tried on a copy first. The operator's file is never written (what a node
// learns at run time lives in its state files), so REWRITE is refused.
#include <algorithm>
#include <vector>

#include "common/glob.h"
#include "common/quoting.h"
#include "node/commands/words.h"
#include "node/services.h"

namespace onggi {

namespace {

using NameAndValue = std::pair<std::string_view, std::string>;

bool is_pattern(std::string_view text) {
  return text.find_first_of("*?[\\") != std::string_view::npos;
}

void add_once(std::vector<NameAndValue>& found, std::string_view name, const DirectiveSpec& row, const Config& config) {
  const auto same = [name](const NameAndValue& other) { return equals_ignore_case(other.first, name); };
  if (std::none_of(found.begin(), found.end(), same)) found.emplace_back(name, row.get(config));
}

Outcome config_get(Call& call) {
  const Config& config = call.services.config;
  std::vector<NameAndValue> found;
  for (size_t i = 2; i < call.size(); i++) {
    if (!is_pattern(call[i])) {
      const DirectiveSpec* row = find_directive(call[i]);
      if (row != nullptr) add_once(found, call[i], *row, config);
      continue;
    }
    for (const DirectiveSpec& row : directives()) {
      for (const std::string_view name : {row.name, row.alias}) {
        if (!name.empty() && glob_match(call[i], name, GlobCase::kIgnore)) add_once(found, name, row, config);
      }
    }
  }
  call.reply.map_header(found.size());
  for (const auto& [name, value] : found) {
    call.reply.bulk(name);
    call.reply.bulk(value);
  }
  return Outcome::kDone;
}

std::string failed(std::string_view name, std::string_view why) {
  return "ERR CONFIG SET failed (possibly related to argument '" + std::string(name) + "') - " + std::string(why);
}

// What only the sentinels may change on a managed node.
bool bound_by_sentinels(const DirectiveSpec& row, const Config& config) {
  return config.managed && row.name == "write-acks";
}

// An empty string, or the error.
std::string set_one(Config& config, std::string_view name, const DirectiveSpec& row, std::string_view value) {
  if ((row.flags & kImmutable) != 0) return failed(name, "can't set immutable config");
  if (bound_by_sentinels(row, config)) {
    return failed(name, "the sentinels say how many: use SENTINEL SET <master name> write-acks <k>");
  }
  std::vector<std::string> args = {std::string(value)};
  if ((row.flags & kMultiple) != 0) {
    auto words = split_words(value);
    if (!words) return failed(name, "Unbalanced quotes in configuration line");
    args = std::move(*words);
  }
  const Result<void> set = row.set(config, args);
  return set ? "" : failed(name, set.error().message);
}

Outcome config_set(Call& call) {
  if (call.size() % 2 != 0) return reply_error(call, kSyntaxError);
  std::vector<const DirectiveSpec*> rows;
  for (size_t i = 2; i < call.size(); i += 2) {
    const DirectiveSpec* row = find_directive(call[i]);
    if (row == nullptr) {
      return reply_error(call, "ERR Unknown option or number of arguments for CONFIG SET - '" +
                                   std::string(call[i].substr(0, 128)) + "'");
    }
    if (std::find(rows.begin(), rows.end(), row) != rows.end()) {
      return reply_error(call, failed(call[i], "duplicate parameter"));
    }
    rows.push_back(row);
  }
  Config changed = call.services.config;
  for (size_t i = 2; i < call.size(); i += 2) {
    const std::string error = set_one(changed, call[i], *rows[i / 2 - 1], call[i + 1]);
    if (!error.empty()) return reply_error(call, error);
  }
  call.services.config = std::move(changed);
  call.services.node.reconfigured();
  return reply_ok(call);
}

Outcome config_resetstat(Call& call) {
  call.services.stats.reset(call.now.instant);
  return reply_ok(call);
}

Outcome config_rewrite(Call& call) {
  return reply_error(
      call,
      "ERR the configuration file belongs to the operator and is read only: Onggi never rewrites it. Put "
      "the change into the file to keep it over a restart");
}

constexpr uint32_t kOperator = kAdmin | kNoScript | kLoading | kStale;
constexpr std::string_view kCategories = "@admin @slow @dangerous";

constexpr CommandSpec kRows[] = {
    {.name = "get",
     .arity = -3,
     .flags = kOperator,
     .categories = kCategories,
     .group = "server",
     .since = "2.0.0",
     .complexity = "O(N) where N is the number of names and patterns given",
     .summary = "Shows directives by name or pattern.",
     .syntax = "parameter [parameter ...]",
     .handler = config_get},
    {.name = "help",
     .arity = 2,
     .flags = kLoading | kStale,
     .categories = "@slow",
     .group = "server",
     .since = "5.0.0",
     .complexity = "O(1)",
     .summary = "Prints this help.",
     .handler = help_command},
    {.name = "resetstat",
     .arity = 2,
     .flags = kOperator,
     .categories = kCategories,
     .group = "server",
     .since = "2.0.0",
     .complexity = "O(1)",
     .summary = "Puts INFO's counters back to zero.",
     .handler = config_resetstat},
    {.name = "rewrite",
     .arity = 2,
     .flags = kOperator,
     .categories = kCategories,
     .group = "server",
     .since = "2.8.0",
     .complexity = "O(1)",
     .summary = "Is refused: the configuration file is the operator's.",
     .handler = config_rewrite},
    {.name = "set",
     .arity = -4,
     .flags = kOperator,
     .categories = kCategories,
     .group = "server",
     .since = "2.0.0",
     .complexity = "O(N) where N is the number of directives given",
     .summary = "Changes directives until the next restart; all of them or none.",
     .syntax = "parameter value [parameter value ...]",
     .handler = config_set},
};

}  // namespace

std::span<const CommandSpec> config_subcommands() {
  return kRows;
}

}  // namespace onggi
