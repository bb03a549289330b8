// The arguments of a command, read from its row's syntax text: what COMMAND DOCS tells clients, and what the hints
// of command lines are made of.
//
//   syntax      := sequence
//   sequence    := item item ...
//   item        := word | '[' choices ']' (may be left out) | '<' choices '>' (one of them)
//   choices     := sequence '|' sequence ...
//   word        := in capitals: sent as it is; else the name of what is sent
//
// "a [a ...]" is one argument that may come several times. A word in capitals and what follows it in its brackets are
// one argument with a token: "[EX seconds]".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace onggi {

struct Argument {
  enum class Type : uint8_t { kString, kInteger, kDouble, kKey, kPattern, kUnixTime, kPureToken, kOneOf, kBlock };
  std::string name;
  Type type = Type::kString;
  std::string token;  // the word in capitals that goes before it
  bool optional = false;
  bool multiple = false;
  bool multiple_token = false;      // the token comes again each time
  std::vector<Argument> arguments;  // of kOneOf and kBlock
};

std::vector<Argument> parse_syntax(std::string_view syntax);

// As COMMAND DOCS names it: "pure-token", "unix-time" ...
std::string_view type_name(Argument::Type type);

}  // namespace onggi
