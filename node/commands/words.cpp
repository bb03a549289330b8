#include "node/commands/words.h"

#include "node/services.h"

namespace onggi {

Outcome reply_ok(Call& call) {
  call.reply.ok();
  return Outcome::kDone;
}

Outcome reply_error(Call& call, std::string_view text) {
  call.reply.error(text);
  return Outcome::kDone;
}

Outcome help_command(Call& call) {
  const CommandSpec* command = call.services.commands.find(call[0]);
  if (command == nullptr) return reply_error(call, "ERR no help for this command");
  call.reply.array_header(1 + 2 * command->subcommands.size());
  call.reply.simple_string(upper(command->name) + " <subcommand> [<arg> [value] [opt] ...]. Subcommands are:");
  for (const CommandSpec& row : command->subcommands) {
    std::string line = upper(row.name);
    if (!row.syntax.empty()) line += " " + std::string(row.syntax);
    call.reply.simple_string(line);
    call.reply.simple_string("    " + std::string(row.summary));
  }
  return Outcome::kDone;
}

}  // namespace onggi
