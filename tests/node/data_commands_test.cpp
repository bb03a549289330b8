// What the differential test can't see of the data commands: what reaches the log, and that chance is handed in.
// That their replies are redis-server's is tests/differential's.
#include <string>
#include <vector>

#include "tests/node/node_bench.h"

using namespace onggi;

namespace {

// The end of the log, as INFO tells it: it moves if and only if a record was written.
std::string log_end(NodeBench& bench) {
  const std::string info = bench.ask("INFO replication");
  const size_t at = info.find("master_repl_offset:");
  REQUIRE(at != std::string::npos);
  return info.substr(at, info.find('\r', at) - at);
}

bool writes(NodeBench& bench, const std::string& command) {
  const std::string before = log_end(bench);
  bench.ask(command);
  return log_end(bench) != before;
}

std::string deadline_ms(const NodeBench& bench, int64_t from_now) {
  return std::to_string(bench.now.wall.ms + from_now);
}

}  // namespace

TEST_CASE("a write that changes nothing leaves no record") {
  NodeBench bench;
  bench.ask("SET s abc PXAT 4000000000000");
  bench.ask("SET forever x");
  bench.ask("HSET h f v g w");
  bench.ask("SADD t a b");
  const std::vector<std::string> idle = {
      "DEL missing",
      "UNLINK missing",
      "SETNX s x",
      "SET missing x XX",
      "SET s x NX GET",
      "GETDEL missing",
      "GETEX s",
      "GETEX s PXAT 4000000000000",
      "GETEX forever PERSIST",
      "MSETNX s 1 new 2",
      "APPEND s \"\"",
      "SETRANGE s 0 \"\"",
      "SETRANGE new 9 \"\"",
      "INCR s",
      "INCRBYFLOAT s 1",
      "HSET h f v",
      "HSET h f v g w f v",
      "HMSET h g w",
      "HSETNX h f x",
      "HDEL h none",
      "HINCRBY h f 1",
      "SADD t a b a",
      "SREM t none",
      "SPOP t 0",
      "SPOP missing 5",
      "SMOVE t u none",
      "SMOVE t t a",
      "EXPIRE missing 10",
      "EXPIRE s 1 GT",
      "PEXPIREAT s 4000000000000",
      "PERSIST forever",
      "RENAME s s",
      "RENAMENX s forever",
      "COPY s forever",
      "MOVE missing 1",
      "SINTERSTORE new missing t",
      "SWAPDB 3 3",
      "SETBIT s 1 1",
      "TOUCH s",
      "EXPIRE s 1 XX GT",
  };
  for (const std::string& command : idle) {
    CAPTURE(command);
    CHECK_FALSE(writes(bench, command));
  }
  bench.ask("SELECT 5");
  CHECK_FALSE(writes(bench, "FLUSHDB"));
}

TEST_CASE("a write that changes something leaves a record") {
  NodeBench bench;
  for (const std::string command : {"SET s abc", "SET s abc", "APPEND s d", "SETBIT s 0 1", "EXPIRE s 100", "PERSIST s",
                                    "HSET h f v", "HSET h f w", "HINCRBY h n 0", "SADD t a b", "SADD t b c", "SREM t c",
                                    "SPOP t", "RENAME s r", "COPY r s", "MOVE r 1", "SWAPDB 0 1", "FLUSHALL"}) {
    CAPTURE(command);
    CHECK(writes(bench, command));
  }
  CHECK_FALSE(writes(bench, "FLUSHALL"));
}

TEST_CASE("a deadline in the past removes the key at once") {
  NodeBench bench;
  const std::vector<std::string> ways = {"EXPIRE k 0", "PEXPIRE k -5", "EXPIREAT k 1", "GETEX k PXAT 1",
                                         "SET k w PXAT " + deadline_ms(bench, 0)};
  for (const std::string& way : ways) {
    CAPTURE(way);
    bench.ask("SET k v");
    CHECK(bench.ask("DBSIZE") == ":1\r\n");
    bench.ask(way);
    CHECK(bench.ask("DBSIZE") == ":0\r\n");
  }
  CHECK_FALSE(writes(bench, "SET k v PXAT 1"));
}

TEST_CASE("a key lives until its deadline and not longer") {
  NodeBench bench;
  bench.ask("SET k v PX 1000");
  bench.pass(milliseconds(999));
  CHECK(bench.ask("PTTL k") == ":1\r\n");
  CHECK(bench.ask("GET k") == "$1\r\nv\r\n");
  bench.pass(milliseconds(1));
  CHECK(bench.ask("PTTL k") == ":0\r\n");  // the last millisecond is the key's
  bench.pass(milliseconds(1));
  CHECK(bench.ask("GET k") == "$-1\r\n");
  CHECK(bench.ask("TTL k") == ":-2\r\n");
}

TEST_CASE("KEEPTTL and changes in place keep the deadline, SET and GETSET drop it") {
  NodeBench bench;
  for (const std::string command :
       {"SET k 2 KEEPTTL", "INCR k", "APPEND k 1", "SETRANGE k 0 9", "SETBIT k 1 0", "INCRBYFLOAT k 1"}) {
    CAPTURE(command);
    bench.ask("SET k 1 EX 100");
    bench.ask(command);
    CHECK(bench.ask("TTL k") == ":100\r\n");
  }
  bench.ask("RENAME k other");
  CHECK(bench.ask("TTL other") == ":100\r\n");
  for (const std::string command : {"SET k 2", "GETSET k 2", "MSET k 2"}) {
    CAPTURE(command);
    bench.ask("SET k 1 EX 100");
    bench.ask(command);
    CHECK(bench.ask("TTL k") == ":-1\r\n");
  }
}

TEST_CASE("chance is handed in: two nodes with one source choose alike") {
  NodeBench one;
  NodeBench two;
  for (NodeBench* bench : {&one, &two}) {
    for (int i = 0; i < 300; i++) bench->ask("SADD t member" + std::to_string(i));
  }
  for (const std::string command : {"SRANDMEMBER t 5", "SPOP t", "SPOP t 20", "SRANDMEMBER t -10", "RANDOMKEY"}) {
    CAPTURE(command);
    CHECK(one.ask(command) == two.ask(command));
  }
  CHECK(one.ask("SCARD t") == ":279\r\n");
}

TEST_CASE("a count with repetitions has a limit") {
  NodeBench bench;
  bench.ask("SADD t a");
  bench.ask("HSET h f v");
  CHECK(bench.ask("SRANDMEMBER t -9223372036854775807") == "-ERR value is out of range\r\n");
  CHECK(bench.ask("HRANDFIELD h -2000000000") == "-ERR value is out of range\r\n");
  CHECK(bench.ask("SRANDMEMBER t -2") == "*2\r\n$1\r\na\r\n$1\r\na\r\n");
}

TEST_CASE("COPY and MOVE name the key that they touch in another database") {
  const CommandTable table;
  const CommandSpec* copy = table.find("copy");
  const CommandSpec* move = table.find("move");
  REQUIRE(bool(copy->other_db_key));
  REQUIRE(bool(move->other_db_key));
  using Arguments = std::vector<std::string_view>;
  const auto target = [](const CommandSpec* row, const Arguments& args) { return row->other_db_key(args, 16); };
  CHECK(target(copy, {"copy", "a", "b", "DB", "3", "REPLACE"}) == std::pair<uint32_t, std::string_view>{3, "b"});
  CHECK(target(copy, {"copy", "a", "b", "db", "3", "DB", "4"}) == std::pair<uint32_t, std::string_view>{4, "b"});
  CHECK(target(copy, {"copy", "a", "b", "DB", "16"}) == std::nullopt);
  CHECK(target(copy, {"copy", "a", "b"}) == std::nullopt);
  CHECK(target(move, {"move", "a", "2"}) == std::pair<uint32_t, std::string_view>{2, "a"});
  CHECK(target(move, {"move", "a", "x"}) == std::nullopt);
}
