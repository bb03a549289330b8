// The request parser: whole, in pieces at every byte boundary, pipelined, malformed, limited.
#include <doctest/doctest.h>

#include "common/random.h"
#include "common/resp/parser.h"
#include "common/resp/writer.h"

using namespace onggi;

namespace {

using Command = std::vector<std::string>;

struct Outcome {
  std::vector<Command> commands;
  std::string error;
  size_t left = 0;
};

// Feeds `pieces` one after the other, as a connection does: what was consumed is dropped, and the buffer moves.
Outcome feed(const std::vector<std::string>& pieces, RequestLimits limits = {}) {
  Outcome outcome;
  RequestParser parser(limits);
  std::string buffer;
  std::vector<std::string_view> args;
  for (const std::string& piece : pieces) {
    std::string moved = buffer + piece;
    buffer.swap(moved);
    moved.assign(moved.size(), '!');
    for (;;) {
      size_t consumed = 0;
      const ParseResult result = parser.parse(buffer, consumed, args);
      if (result == ParseResult::kError) {
        outcome.error = parser.error();
        return outcome;
      }
      if (result == ParseResult::kCommand) outcome.commands.emplace_back(args.begin(), args.end());
      buffer.erase(0, consumed);
      if (result == ParseResult::kNeedMore) break;
    }
  }
  outcome.left = buffer.size();
  return outcome;
}

Outcome feed(const std::string& bytes, RequestLimits limits = {}) {
  return feed(std::vector<std::string>{bytes}, limits);
}

std::string error_of(const std::string& bytes, RequestLimits limits = {}) {
  const Outcome outcome = feed(bytes, limits);
  CHECK(outcome.commands.empty());
  return outcome.error;
}

std::string request(const Command& words) {
  std::string text;
  ReplyWriter writer(text);
  writer.array_header(words.size());
  for (const std::string& word : words) writer.bulk(word);
  return text;
}

std::string pipeline() {
  std::string bytes = request({"SET", "k", std::string("a\r\nb\0c\n", 7)});
  bytes += "PING\r\n\r\n*0\r\n*-1\r\nSET \"a b\" 'c\\'d' \"\\x41\\n\"\n";
  bytes += request({"", "end"});
  return bytes;
}

std::vector<Command> pipeline_commands() {
  return {{"SET", "k", std::string("a\r\nb\0c\n", 7)}, {"PING"}, {"SET", "a b", "c'd", "A\n"}, {"", "end"}};
}

}  // namespace

TEST_CASE("parser: a pipeline of all forms, whole and cut at every two boundaries") {
  const std::string bytes = pipeline();
  CHECK(feed(bytes).commands == pipeline_commands());
  for (size_t first = 0; first <= bytes.size(); first++) {
    for (size_t second = first; second <= bytes.size(); second++) {
      const Outcome outcome = feed({bytes.substr(0, first), bytes.substr(first, second - first), bytes.substr(second)});
      REQUIRE(outcome.error == "");
      REQUIRE(outcome.commands == pipeline_commands());
      REQUIRE(outcome.left == 0);
    }
  }
}

TEST_CASE("parser: byte by byte") {
  std::vector<std::string> pieces;
  for (const char c : pipeline()) pieces.emplace_back(1, c);
  CHECK(feed(pieces).commands == pipeline_commands());
}

TEST_CASE("parser: errors are redis-server 7.0's") {
  CHECK(error_of("*x\r\n") == "ERR Protocol error: invalid multibulk length");
  CHECK(error_of("*+1\r\n") == "ERR Protocol error: invalid multibulk length");
  CHECK(error_of("*1048577\r\n") == "ERR Protocol error: invalid multibulk length");
  CHECK(error_of("*99999999999999999999\r\n") == "ERR Protocol error: invalid multibulk length");
  CHECK(error_of("*1\r\nx1\r\n") == "ERR Protocol error: expected '$', got 'x'");
  CHECK(error_of("*1\r\n$-1\r\n") == "ERR Protocol error: invalid bulk length");
  CHECK(error_of("*1\r\n$x\r\n") == "ERR Protocol error: invalid bulk length");
  CHECK(error_of("*1\r\n$536870913\r\n") == "ERR Protocol error: invalid bulk length");
  CHECK(error_of("*" + std::string(65536, '1')) == "ERR Protocol error: too big mbulk count string");
  CHECK(error_of("*1\r\n$" + std::string(65536, '1')) == "ERR Protocol error: too big bulk count string");
  CHECK(error_of(std::string(65537, 'a')) == "ERR Protocol error: too big inline request");
  CHECK(error_of("get \"a\r\n") == "ERR Protocol error: unbalanced quotes in request");
  CHECK(error_of("get \"a\"b\r\n") == "ERR Protocol error: unbalanced quotes in request");
}

TEST_CASE("parser: what is just within the limits is taken") {
  CHECK(feed(std::string(65536, 'a')).error == "");
  CHECK(feed(std::string(65535, 'a') + "\r\n").commands.size() == 1);
  CHECK(feed("*1\r\n$536870912\r\nab").error == "");
  CHECK(feed("*1048576\r\n").error == "");
}

TEST_CASE("parser: before authentication, small requests only") {
  const RequestLimits limits{.unauthenticated = true};
  CHECK(error_of("*11\r\n", limits) == "ERR Protocol error: unauthenticated multibulk length");
  CHECK(error_of("*1\r\n$16385\r\n", limits) == "ERR Protocol error: unauthenticated bulk length");
  CHECK(feed("*10\r\n$16384\r\n", limits).error == "");
}

TEST_CASE("parser: takes a large bulk in pieces") {
  RequestParser parser;
  std::vector<std::string_view> args;
  size_t consumed = 0;
  std::string buffer = "*2\r\n$3\r\nGET\r\n$1000000\r\n";
  CHECK(parser.parse(buffer, consumed, args) == ParseResult::kNeedMore);
  CHECK(consumed == 0);
  buffer.append(1000000, 'v');
  CHECK(parser.parse(buffer, consumed, args) == ParseResult::kNeedMore);
  buffer += "\r\n";
  REQUIRE(parser.parse(buffer, consumed, args) == ParseResult::kCommand);
  CHECK(consumed == buffer.size());
  CHECK(args.size() == 2);
  CHECK(args[1].size() == 1000000);
}

TEST_CASE("parser: random bytes never crash it, and cuts never change what it says") {
  Random random(20261121);
  static const std::string kAlphabet = "*$0123456789\r\n\"'\\x a-";
  for (int run = 0; run < 20000; run++) {
    std::string bytes;
    const uint64_t size = random.below(40);
    for (uint64_t i = 0; i < size; i++) bytes.push_back(kAlphabet[random.below(kAlphabet.size())]);
    const size_t cut = random.below(size + 1);
    const Outcome whole = feed(bytes);
    const Outcome cut_up = feed({bytes.substr(0, cut), bytes.substr(cut)});
    CAPTURE(bytes);
    CHECK(whole.commands == cut_up.commands);
    CHECK(whole.error == cut_up.error);
  }
}
