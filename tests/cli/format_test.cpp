// Replies as text: the expected texts are what redis-cli 7.0.15 printed for the same replies.
#include "cli/format.h"

#include <doctest/doctest.h>

namespace onggi {
namespace {

Reply parsed(std::string_view bytes) {
  auto size = reply_size(bytes);
  REQUIRE(size);
  REQUIRE(*size == bytes.size());
  return parse_reply(bytes);
}

TEST_CASE("people see types") {
  CHECK(format_for_people(parsed("+OK\r\n")) == "OK\n");
  CHECK(format_for_people(parsed("-ERR no\r\n")) == "(error) ERR no\n");
  CHECK(format_for_people(parsed(":12\r\n")) == "(integer) 12\n");
  CHECK(format_for_people(parsed("$3\r\na\nb\r\n")) == "\"a\\nb\"\n");
  CHECK(format_for_people(parsed("$-1\r\n")) == "(nil)\n");
  CHECK(format_for_people(parsed("_\r\n")) == "(nil)\n");
  CHECK(format_for_people(parsed(",3.141\r\n")) == "(double) 3.141\n");
  CHECK(format_for_people(parsed("#t\r\n")) == "(true)\n");
  CHECK(format_for_people(parsed("=8\r\ntxt:a\nbc\r\n")) == "a\nbc\n");
}

TEST_CASE("people see nesting by indentation") {
  CHECK(format_for_people(parsed("*0\r\n")) == "(empty array)\n");
  CHECK(format_for_people(parsed("%0\r\n")) == "(empty hash)\n");
  CHECK(format_for_people(parsed("~0\r\n")) == "(empty set)\n");
  CHECK(format_for_people(parsed("*3\r\n:1\r\n*3\r\n:2\r\n*0\r\n*1\r\n$1\r\na\r\n$1\r\nz\r\n")) ==
        "1) (integer) 1\n"
        "2) 1) (integer) 2\n"
        "   2) (empty array)\n"
        "   3) 1) \"a\"\n"
        "3) \"z\"\n");
}

TEST_CASE("numbers of elements line up") {
  std::string bytes = "*10\r\n";
  for (int i = 0; i < 10; i++) bytes += ":7\r\n";
  std::string text = format_for_people(parsed(bytes));
  CHECK(text.starts_with(" 1) (integer) 7\n 2) "));
  CHECK(text.ends_with("10) (integer) 7\n"));
}

TEST_CASE("people see maps and sets of RESP3") {
  CHECK(format_for_people(parsed("%2\r\n$1\r\na\r\n:1\r\n$1\r\nb\r\n%2\r\n+x\r\n:2\r\n+y\r\n~1\r\n:3\r\n")) ==
        "1# \"a\" => (integer) 1\n"
        "2# \"b\" => \n"
        "   1# x => (integer) 2\n"
        "   2# y => 1~ (integer) 3\n");
}

TEST_CASE("a pipe sees bare bytes") {
  CHECK(format_raw(parsed("$3\r\na\nb\r\n")) == "a\nb");
  CHECK(format_raw(parsed("$-1\r\n")).empty());
  CHECK(format_raw(parsed("-ERR no\r\n")) == "ERR no\n");
  CHECK(format_raw(parsed("*2\r\n:1\r\n*2\r\n$1\r\na\r\n+b\r\n")) == "1\na\nb");
  CHECK(format_raw(parsed("%2\r\n+a\r\n:1\r\n+b\r\n#f\r\n")) == "a 1\nb (false)");
}

TEST_CASE("JSON") {
  CHECK(format_json(parsed("*3\r\n$5\r\na\"\n\x01z\r\n:-5\r\n_\r\n")) == "[\"a\\\"\\n\\u0001z\",-5,null]");
  CHECK(format_json(parsed("%2\r\n:0\r\n#f\r\n+k\r\n,1.5\r\n")) == "{\"0\":false,\"k\":1.5}");
  CHECK(format_json(parsed("-ERR \"x\"\r\n")) == "error:\"ERR \\\"x\\\"\"");
}

TEST_CASE("a text is shown as it is, but stays JSON in JSON") {
  Reply text = parsed("$4\r\na:1\n\r\n");
  CHECK(format_reply({"INFO", "server"}, text, Output::kFormatted) == "a:1\n");
  CHECK(format_reply({"client", "LIST"}, text, Output::kFormatted) == "a:1\n");
  CHECK(format_reply({"client", "getname"}, text, Output::kFormatted) == "\"a:1\\n\"\n");
  CHECK(format_reply({"INFO"}, text, Output::kRaw) == "a:1\n");
  CHECK(format_reply({"GET", "k"}, text, Output::kRaw) == "a:1\n\n");
  CHECK(format_reply({"INFO"}, text, Output::kJson) == "\"a:1\\n\"\n");
}

}  // namespace
}  // namespace onggi
