// The syntax text of a command's row as arguments, as COMMAND DOCS tells them.
#include "node/commands/syntax.h"

#include <doctest/doctest.h>

using namespace onggi;

namespace {

// An argument as one readable line: name:type, TOKEN=, ? optional, * multiple, ** token comes again; children in {}.
std::string show(const std::vector<Argument>& arguments);

std::string show(const Argument& argument) {
  std::string text = argument.token.empty() ? "" : argument.token + "=";
  text += argument.name + ":" + std::string(type_name(argument.type));
  if (argument.optional) text += "?";
  if (argument.multiple) text += argument.multiple_token ? "**" : "*";
  if (!argument.arguments.empty()) text += "{" + show(argument.arguments) + "}";
  return text;
}

std::string show(const std::vector<Argument>& arguments) {
  std::string text;
  for (const Argument& argument : arguments) text += (text.empty() ? "" : " ") + show(argument);
  return text;
}

std::string parsed(std::string_view syntax) {
  return show(parse_syntax(syntax));
}

}  // namespace

TEST_CASE("words are arguments, with the type their name says") {
  CHECK(parsed("key value") == "key:key value:string");
  CHECK(parsed("key seconds") == "key:key seconds:integer");
  CHECK(parsed("") == "");
}

TEST_CASE("brackets make optional, capitals make tokens") {
  CHECK(parsed("[message]") == "message:string?");
  CHECK(parsed("[GET]") == "GET=get:pure-token?");
  CHECK(parsed("[COUNT count]") == "COUNT=count:integer?");
  CHECK(parsed("[AUTH username password]") == "AUTH=username_password:block?{username:string password:string}");
}

TEST_CASE("alternatives are one argument of several choices") {
  CHECK(parsed("[NX | XX]") == "nx_xx:oneof?{NX=nx:pure-token XX=xx:pure-token}");
  CHECK(parsed("<ON | OFF>") == "on_off:oneof{ON=on:pure-token OFF=off:pure-token}");
  CHECK(parsed("[EX seconds | KEEPTTL]") == "seconds_keepttl:oneof?{EX=seconds:integer KEEPTTL=keepttl:pure-token}");
  CHECK(parsed("TYPE <A | B>") == "TYPE=a_b:oneof{A=a:pure-token B=b:pure-token}");
}

TEST_CASE("what repeats itself is one argument that comes several times") {
  CHECK(parsed("key [key ...]") == "key:key*");
  CHECK(parsed("key value [key value ...]") == "key_value:block*{key:key value:string}");
  CHECK(parsed("[pattern ...]") == "pattern:pattern?*");
  CHECK(parsed("[ID client-id [client-id ...]]") == "ID=client-id:integer?*");
  CHECK(parsed("[PREFIX prefix [PREFIX prefix ...]]") == "PREFIX=prefix:string?**");
}

TEST_CASE("odd texts give something, never a crash") {
  for (const char* text : {"[", "]", "|", "<a", "...", "[...]", "a [b", "[[[a]]]", "A|B|", "[ | ]"}) {
    CAPTURE(text);
    parse_syntax(text);
  }
}
