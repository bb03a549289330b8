// Replies: the writer's bytes in RESP2 and RESP3, and the reader, whole and in pieces.
#include <doctest/doctest.h>

#include <limits>

#include "common/random.h"
#include "common/resp/reader.h"
#include "common/resp/writer.h"

using namespace onggi;

namespace {

std::string written(int resp, void (*write)(ReplyWriter&)) {
  std::string out;
  ReplyWriter writer(out, resp);
  write(writer);
  return out;
}

Reply read_one(const std::string& bytes) {
  ReplyReader reader;
  reader.append(bytes);
  Result<std::optional<Reply>> reply = reader.next();
  REQUIRE(reply);
  REQUIRE(reply->has_value());
  CHECK(reader.buffered() == 0);
  return **reply;
}

std::string error_of(const std::string& bytes) {
  const Result<std::optional<size_t>> size = reply_size(bytes);
  return size ? "" : size.error().message;
}

const std::string kStream =
    "+OK\r\n-ERR no\r\n:-5\r\n$3\r\na\r\n\r\n$-1\r\n*-1\r\n*0\r\n*2\r\n$1\r\na\r\n*1\r\n:1\r\n"
    "%1\r\n+k\r\n~2\r\n:1\r\n:2\r\n_\r\n,1.5\r\n,inf\r\n#t\r\n(12345678901234567890\r\n=7\r\ntxt:abc\r\n!5\r\nERR x\r\n"
    "|1\r\n+ttl\r\n:3\r\n*1\r\n|1\r\n+x\r\n*1\r\n:1\r\n+y\r\n>2\r\n+message\r\n+hi\r\n";

}  // namespace

TEST_CASE("writer: every kind of value in both versions") {
  CHECK(written(2, [](ReplyWriter& w) { w.simple_string("PONG"); }) == "+PONG\r\n");
  CHECK(written(2, [](ReplyWriter& w) { w.error("ERR a\r\nb"); }) == "-ERR a  b\r\n");
  CHECK(written(2, [](ReplyWriter& w) { w.integer(std::numeric_limits<int64_t>::min()); }) ==
        ":-9223372036854775808\r\n");
  CHECK(written(2, [](ReplyWriter& w) { w.bulk(std::string_view("a\0b", 3)); }) == std::string("$3\r\na\0b\r\n", 9));
  CHECK(written(2, [](ReplyWriter& w) { w.bulk_integer(1234); }) == "$4\r\n1234\r\n");
  CHECK(written(2, [](ReplyWriter& w) { w.null(); }) == "$-1\r\n");
  CHECK(written(3, [](ReplyWriter& w) { w.null(); }) == "_\r\n");
  CHECK(written(2, [](ReplyWriter& w) { w.null_array(); }) == "*-1\r\n");
  CHECK(written(3, [](ReplyWriter& w) { w.null_array(); }) == "_\r\n");
  CHECK(written(2, [](ReplyWriter& w) { w.map_header(3); }) == "*6\r\n");
  CHECK(written(3, [](ReplyWriter& w) { w.map_header(3); }) == "%3\r\n");
  CHECK(written(3, [](ReplyWriter& w) { w.set_header(2); }) == "~2\r\n");
  CHECK(written(2, [](ReplyWriter& w) { w.push_header(2); }) == "*2\r\n");
  CHECK(written(3, [](ReplyWriter& w) { w.push_header(2); }) == ">2\r\n");
  CHECK(written(2, [](ReplyWriter& w) { w.double_value(0.1); }) == "$19\r\n0.10000000000000001\r\n");
  CHECK(written(3, [](ReplyWriter& w) { w.double_value(3); }) == ",3\r\n");
  CHECK(written(3, [](ReplyWriter& w) { w.double_value(-std::numeric_limits<double>::infinity()); }) == ",-inf\r\n");
  CHECK(written(2, [](ReplyWriter& w) { w.boolean(true); }) == ":1\r\n");
  CHECK(written(3, [](ReplyWriter& w) { w.boolean(false); }) == "#f\r\n");
  CHECK(written(3, [](ReplyWriter& w) { w.big_number("123"); }) == "(123\r\n");
  CHECK(written(2, [](ReplyWriter& w) { w.verbatim("txt", "hi"); }) == "$2\r\nhi\r\n");
  CHECK(written(3, [](ReplyWriter& w) { w.verbatim("txt", "hi"); }) == "=6\r\ntxt:hi\r\n");
}

TEST_CASE("reader: every kind of value") {
  CHECK(to_string(read_one("*3\r\n$1\r\na\r\n:1\r\n$-1\r\n")) == R"(["a", 1, (nil)])");
  CHECK(to_string(read_one("%1\r\n+k\r\n~1\r\n#f\r\n")) == "{k: {false}}");
  CHECK(read_one("-ERR x\r\n").is_error());
  CHECK(read_one("!5\r\nERR x\r\n").text == "ERR x");
  CHECK(read_one("*-1\r\n").is_null());
  CHECK(read_one(",-1.5\r\n").number == -1.5);
  CHECK(read_one("=7\r\ntxt:abc\r\n").text == "abc");
  CHECK(read_one("|1\r\n+ttl\r\n:3\r\n:7\r\n").integer == 7);
}

TEST_CASE("reader: a stream cut at every boundary, and byte by byte") {
  const auto read_all = [](const std::vector<std::string>& pieces) {
    ReplyReader reader;
    std::vector<Reply> replies;
    for (const std::string& piece : pieces) {
      reader.append(piece);
      for (;;) {
        Result<std::optional<Reply>> reply = reader.next();
        REQUIRE(reply);
        if (!*reply) break;
        replies.push_back(std::move(**reply));
      }
    }
    CHECK(reader.buffered() == 0);
    return replies;
  };
  const std::vector<Reply> whole = read_all({kStream});
  CHECK(whole.size() == 18);
  for (size_t cut = 0; cut <= kStream.size(); cut++) {
    REQUIRE(read_all({kStream.substr(0, cut), kStream.substr(cut)}) == whole);
  }
  std::vector<std::string> bytes;
  for (const char c : kStream) bytes.emplace_back(1, c);
  CHECK(read_all(bytes) == whole);
}

TEST_CASE("reader: the size of one reply, without building it") {
  CHECK(**reply_size("*2\r\n:1\r\n$3\r\nabc\r\nrest") == 4 + 4 + 9);
  CHECK_FALSE(reply_size("*2\r\n:1\r\n$3\r\nab")->has_value());
  CHECK(**reply_size("|1\r\n+a\r\n+b\r\n:1\r\n+next") == 16);
}

TEST_CASE("reader: what is malformed, deep or huge is refused") {
  CHECK(error_of("x\r\n") != "");
  CHECK(error_of("$x\r\n") != "");
  CHECK(error_of("$99999999999\r\n") != "");
  CHECK(error_of("*-2\r\n") != "");
  CHECK(error_of("$1\r\nabc") != "");
  CHECK(error_of(":1x\r\n") != "");
  CHECK(error_of("#x\r\n") != "");
  CHECK(error_of("=2\r\nab\r\n") != "");
  std::string deep;
  for (size_t i = 0; i < kMaxReplyDepth; i++) deep += "*1\r\n";
  CHECK(error_of(deep + ":1\r\n") == "");
  CHECK(error_of("*1\r\n" + deep + ":1\r\n") != "");
}

TEST_CASE("reader: mutated streams never crash it") {
  Random random(7);
  for (int run = 0; run < 20000; run++) {
    std::string bytes = kStream;
    for (uint64_t i = 0; i <= random.below(4); i++)
      bytes[random.below(bytes.size())] = static_cast<char>(random.next());
    ReplyReader reader;
    reader.append(bytes);
    for (;;) {
      Result<std::optional<Reply>> reply = reader.next();
      if (!reply || !*reply) break;
      CHECK_FALSE((*reply)->type > Reply::Type::kVerbatim);
    }
  }
}
