// Completion, hints and help from COMMAND DOCS; the replies are shaped as redis-server 7.0's.
#include "cli/docs.h"

#include <doctest/doctest.h>

#include "cli/secrets.h"

namespace onggi {
namespace {

Reply text(std::string value) {
  return {.type = Reply::Type::kBulk, .text = std::move(value)};
}
Reply list(std::vector<Reply> elements) {
  Reply reply{.type = Reply::Type::kArray};
  reply.elements = std::move(elements);
  return reply;
}
Reply argument(const std::string& name, const std::string& type, std::vector<Reply> more = {}) {
  std::vector<Reply> fields{text("name"), text(name), text("type"), text(type)};
  fields.insert(fields.end(), more.begin(), more.end());
  return list(std::move(fields));
}
Reply flags(const std::string& flag) {
  return list({text(flag)});
}

Docs sample() {
  Reply condition = argument("condition", "oneof",
                             {text("flags"), flags("optional"), text("arguments"),
                              list({argument("nx", "pure-token", {text("token"), text("NX")}),
                                    argument("xx", "pure-token", {text("token"), text("XX")})})});
  Reply expiry = argument("seconds", "integer", {text("token"), text("EX"), text("flags"), flags("optional")});
  Reply set = list({text("summary"), text("Sets a key"), text("since"), text("1.0.0"), text("group"), text("string"),
                    text("arguments"), list({argument("key", "key"), argument("value", "string"), condition, expiry})});
  Reply pair = argument("field_value", "block",
                        {text("flags"), flags("multiple"), text("arguments"),
                         list({argument("field", "string"), argument("value", "string")})});
  Reply hset = list({text("summary"), text("Sets fields"), text("group"), text("hash"), text("arguments"),
                     list({argument("key", "key"), pair})});
  Reply setname = list({text("summary"), text("Names it"), text("arguments"), list({argument("name", "string")})});
  Reply client =
      list({text("summary"), text("A container"), text("subcommands"),
            list({text("client|setname"), setname, text("client|id"), list({text("summary"), text("Id")})})});
  return Docs(list({text("set"), set, text("hset"), hset, text("client"), client}));
}

TEST_CASE("hints show what is still to come") {
  Docs docs = sample();
  CHECK(docs.hint("set") == "key value [NX | XX] [EX seconds]");
  CHECK(docs.hint("SET a") == "value [NX | XX] [EX seconds]");
  CHECK(docs.hint("SET a b ") == "[NX | XX] [EX seconds]");
  CHECK(docs.hint("hset k") == "field value [field value ...]");
  CHECK(docs.hint("hset k f v f2") == "[field value ...]");
  CHECK(docs.hint("client ") == "subcommand");
  CHECK(docs.hint("client setname") == "name");
  CHECK(docs.hint("nosuch").empty());
  CHECK(docs.hint("").empty());
  CHECK(docs.hint("set \"open quote") == "value [NX | XX] [EX seconds]");
}

TEST_CASE("completion of names, subcommands and options, in the case that was typed") {
  Docs docs = sample();
  CHECK(docs.completions("s") == std::vector<std::string>{"set"});
  CHECK(docs.completions("HS") == std::vector<std::string>{"HSET"});
  CHECK(docs.completions("client se") == std::vector<std::string>{"setname"});
  CHECK(docs.completions("set k v ") == std::vector<std::string>{"EX", "NX", "XX"});
  CHECK(docs.completions("set k v e") == std::vector<std::string>{"ex"});
  CHECK(docs.completions("help c") == std::vector<std::string>{"client"});
  CHECK(docs.completions("zzz").empty());
}

TEST_CASE("help") {
  Docs docs = sample();
  CHECK(docs.help({"set"}).find("SET key value [NX | XX] [EX seconds]\n  summary: Sets a key") != std::string::npos);
  CHECK(docs.help({"@hash"}).find("HSET key") != std::string::npos);
  CHECK(docs.help({"client", "setname"}).find("CLIENT SETNAME name") != std::string::npos);
  CHECK(docs.help({"nosuch"}) == "No help for 'nosuch'\n");
}

TEST_CASE("no documentation, or nonsense, gives no hints") {
  CHECK(Docs().hint("set a").empty());
  CHECK(Docs().completions("") == std::vector<std::string>{"HELP"});
  CHECK(Docs(list({text("odd")})).empty());
  CHECK(Docs(list({text("get"), text("not a map")})).hint("get").empty());
}

TEST_CASE("what holds a password is kept out of the history") {
  CHECK(holds_secret({"auth", "p"}));
  CHECK(holds_secret({"HELLO", "3", "AUTH", "u", "p"}));
  CHECK(holds_secret({"Config", "Set", "RequirePass", "p"}));
  CHECK(holds_secret({"CONFIG", "SET", "maxmemory", "1", "masterauth", "p"}));
  CHECK(holds_secret({"ACL", "SETUSER", "u", ">p"}));
  CHECK(holds_secret({"SENTINEL", "SET", "mymaster", "auth-pass", "p"}));
  CHECK_FALSE(holds_secret({"HELLO", "3"}));
  CHECK_FALSE(holds_secret({"CONFIG", "GET", "requirepass"}));
  CHECK_FALSE(holds_secret({"SET", "auth", "x"}));
  CHECK_FALSE(holds_secret({}));
}

}  // namespace
}  // namespace onggi
