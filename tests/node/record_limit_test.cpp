// A command's change is one record of the log, and a record has a limit: what would be larger is refused, and nothing
// of it happens.
#include "tests/node/node_bench.h"

using namespace onggi;

namespace {

constexpr uint64_t kMost = 100'000;
constexpr std::string_view kRefusal = "-ERR this change is too large";

struct Small : NodeBench {
  Small() : NodeBench({}, {.max_record_bytes = kMost}) {}

  // A request of RESP: arguments may be longer than an inline command.
  std::string call(const std::vector<std::string>& args) {
    std::string bytes = "*" + std::to_string(args.size()) + "\r\n";
    for (const std::string& arg : args) bytes += "$" + std::to_string(arg.size()) + "\r\n" + arg + "\r\n";
    send(bytes);
    return ask("");
  }
  void fill(const std::string& key, char first) {
    for (int i = 0; i < 60; i++) {
      REQUIRE(call({"SADD", key, std::string(1000, first) + std::to_string(i)}) == ":1\r\n");
    }
  }
};

}  // namespace

TEST_CASE_FIXTURE(Small, "the result of a set operation") {
  fill("one", '1');
  fill("two", '2');
  CHECK(call({"SET", "to", "old"}) == "+OK\r\n");
  CHECK(call({"SUNIONSTORE", "to", "one", "two"}).starts_with(kRefusal));
  CHECK(call({"GET", "to"}) == "$3\r\nold\r\n");
  CHECK(call({"SDIFFSTORE", "to", "one", "two"}) == ":60\r\n");
  CHECK(call({"SUNIONSTORE", "to", "one", "to"}) == ":60\r\n");
}

TEST_CASE_FIXTURE(Small, "members that are taken out") {
  fill("set", 'a');
  fill("set", 'b');
  CHECK(call({"SPOP", "set", "110"}).starts_with(kRefusal));
  CHECK(call({"SCARD", "set"}) == ":120\r\n");
  CHECK(call({"SPOP", "set", "50"}).starts_with("*50"));
  CHECK(call({"SPOP", "set", "70"}).starts_with("*70"));  // all: the key goes, whatever was in it
}

TEST_CASE_FIXTURE(Small, "arguments") {
  const std::string half(kMost / 2, 'h');
  const std::string third(kMost / 3, 't');
  CHECK(call({"SET", "key", half}) == "+OK\r\n");
  CHECK(call({"MSET", "a", half, "b", half}).starts_with(kRefusal));
  CHECK(call({"EXISTS", "a", "b"}) == ":0\r\n");
  CHECK(call({"MSET", "a", third, "b", third}) == "+OK\r\n");
  CHECK(call({"HSET", "hash", half, half}).starts_with(kRefusal));
  CHECK(call({"APPEND", "key", half}) == ":100000\r\n");
  CHECK(call({"APPEND", "key", half + half}).starts_with(kRefusal));
  CHECK(call({"SADD", "from", half}) == ":1\r\n");
  CHECK(call({"SMOVE", "from", "to", half}).starts_with(kRefusal));
  CHECK(call({"SCARD", "from"}) == ":1\r\n");
  CHECK(call({"SET", third, "moved"}) == "+OK\r\n");
  CHECK(call({"MOVE", third, "1"}).starts_with(kRefusal));
  CHECK(call({"RENAME", third, "short"}) == "+OK\r\n");
  CHECK(ask("INFO commandstats").find("cmdstat_mset:calls=1,usec=0,usec_per_call=0.00,rejected_calls=1") !=
        std::string::npos);
}

TEST_CASE("what may be sent is shorter than a record") {
  NodeBench bench;
  CHECK(bench.ask("CONFIG SET proto-max-bulk-len 2gb").find("must be between") != std::string::npos);
  CHECK(bench.ask("CONFIG SET client-query-buffer-limit 2gb").find("must be between") != std::string::npos);
  CHECK(bench.ask("CONFIG SET proto-max-bulk-len 1023mb") == "+OK\r\n");
  CHECK(bench.ask("CONFIG SET client-query-buffer-limit 1gb") == "+OK\r\n");
  CHECK(bench.ask("SETBIT a 9000000000 1").starts_with("-ERR"));
}
