// From directives as they stand in a file or on the command line to a Config, or to an error that says where.
#include "node/config.h"

#include "common/text.h"

namespace onggi {

namespace {

// All names a directive may go by.
std::vector<std::string_view> all_names() {
  std::vector<std::string_view> names;
  for (const DirectiveSpec& row : directives()) {
    names.push_back(row.name);
    if (!row.alias.empty()) names.push_back(row.alias);
  }
  return names;
}

}  // namespace

const DirectiveSpec* find_directive(std::string_view name) {
  for (const DirectiveSpec& row : directives()) {
    if (equals_ignore_case(row.name, name) || (!row.alias.empty() && equals_ignore_case(row.alias, name))) return &row;
  }
  return nullptr;
}

Result<Config> load_config(const std::vector<Directive>& given) {
  Config config;
  for (const Directive& directive : given) {
    const DirectiveSpec* row = find_directive(directive.name);
    if (row == nullptr) return unknown_directive(directive, all_names());
    if (Result<void> set = row->set(config, directive.args); !set) {
      return Error{"bad " + std::string(row->name) + " at " + place(directive) + ": " + set.error().message};
    }
  }
  if (config.managed && !config.replicaof.empty()) {
    return Error{"managed and replicaof exclude each other: the sentinels say whom a managed node follows"};
  }
  return config;
}

}  // namespace onggi
