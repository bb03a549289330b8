#include "node/commands/words.h"


#include <charconv>

#include "node/services.h"

namespace onggi {

namespace {

constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }
constexpr char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - ('a' - 'A')) : c; }

}  // namespace

bool is_word(std::string_view argument, std::string_view word) {
  if (argument.size() != word.size()) return false;
  for (size_t i = 0; i < word.size(); i++) {
    if (lower(argument[i]) != word[i]) return false;
  }
  return true;
}

std::optional<int64_t> to_integer(std::string_view text) {
  int64_t value = 0;
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || rest != end) return std::nullopt;
  const std::string_view digits = text.starts_with('-') ? text.substr(1) : text;
  if (digits.size() > 1 && digits[0] == '0') return std::nullopt;
  if (text == "-0") return std::nullopt;
  return value;
}

std::string lower_case(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = lower(c);
  return result;
}

std::string upper_case(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = upper(c);
  return result;
}

Outcome reply_ok(Call& call) {
  call.reply.simple_string("OK");
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
  call.reply.simple_string(upper_case(command->name) + " <subcommand> [<arg> [value] [opt] ...]. Subcommands are:");
  for (const CommandSpec& row : command->subcommands) {
    std::string line = upper_case(row.name);
    if (!row.syntax.empty()) line += " " + std::string(row.syntax);
    call.reply.simple_string(line);
    call.reply.simple_string("    " + std::string(row.summary));
  }
  return Outcome::kDone;
}

}  // namespace onggi
