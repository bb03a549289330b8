// From directives as they stand in a file or on the command line to a Config, or to an error that says where.
#include "node/config.h"

#include <strings.h>

#include <algorithm>

namespace onggi {

namespace {

bool same(std::string_view a, std::string_view b) {
  return a.size() == b.size() && strncasecmp(a.data(), b.data(), a.size()) == 0;
}

// How many letters must be changed, added or taken away.
size_t distance(std::string_view from, std::string_view to) {
  std::vector<size_t> row(to.size() + 1);
  for (size_t j = 0; j <= to.size(); j++) row[j] = j;
  for (size_t i = 1; i <= from.size(); i++) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= to.size(); j++) {
      const size_t change = diagonal + (from[i - 1] == to[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, change});
    }
  }
  return row[to.size()];
}

std::string_view nearest_name(std::string_view name) {
  std::string_view best;
  size_t best_distance = std::string_view::npos;
  const auto consider = [&](std::string_view candidate) {
    if (candidate.empty()) return;
    const size_t d = distance(name, candidate);
    if (d < best_distance) {
      best = candidate;
      best_distance = d;
    }
  };
  for (const DirectiveSpec& row : directives()) {
    consider(row.name);
    consider(row.alias);
  }
  return best;
}

std::string place(const Directive& directive) {
  if (directive.line == 0) return directive.file + ": ";
  return directive.file + ":" + std::to_string(directive.line) + ": ";
}

}  // namespace

const DirectiveSpec* find_directive(std::string_view name) {
  for (const DirectiveSpec& row : directives()) {
    if (same(row.name, name) || (!row.alias.empty() && same(row.alias, name))) return &row;
  }
  return nullptr;
}

Result<Config> load_config(const std::vector<Directive>& given) {
  Config config;
  for (const Directive& directive : given) {
    const DirectiveSpec* row = find_directive(directive.name);
    if (row == nullptr) {
      constexpr size_t kShown = 64;
      const std::string name = directive.name.substr(0, kShown);
      return Error{place(directive) + "unknown directive '" + name + "'; the nearest is '" +
                   std::string(nearest_name(name)) + "'"};
    }
    if (Result<void> set = row->set(config, directive.args); !set) {
      return Error{place(directive) + std::string(row->name) + ": " + set.error().message};
    }
  }
  if (config.managed && !config.replicaof.empty()) {
    return Error{"managed and replicaof exclude each other: the sentinels say whom a managed node follows"};
  }
  return config;
}

}  // namespace onggi
