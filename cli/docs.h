// What the server says of its commands (COMMAND DOCS), and what the prompt makes of it: completion, hints while typing,
// help. Pure: the same for RESP2's flat arrays and RESP3's maps.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "cli/secrets.h"
#include "common/resp/reader.h"

namespace onggi {

struct CommandDoc {
  std::string summary;
  std::string since;
  std::string group;
  std::string complexity;
  std::vector<std::string> arguments;  // each as in a manual: "key", "[NX | XX]", "[field value ...]"
  std::map<std::string, CommandDoc> subcommands;
};

class Docs {
 public:
  Docs() = default;
  explicit Docs(const Reply& command_docs);

  bool empty() const { return commands_.empty(); }

  // How the last word of the line may go on: whole words, sorted. Names and subcommands at the line's start, options
  // (NX, EX ...) after it; in the case that was typed.
  std::vector<std::string> completions(std::string_view line) const;

  // The arguments that are still to come, for the line as typed so far; empty if there are none.
  std::string hint(std::string_view line) const;

  // Text for `help`, `help COMMAND`, `help @group`.
  std::string help(const Words& topic) const;

 private:
  const CommandDoc* find(const Words& words, size_t& used) const;

  std::map<std::string, CommandDoc> commands_;
};

}  // namespace onggi
