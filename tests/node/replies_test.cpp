// Replies that wait for the disk: who is told what, and when.
#include <doctest/doctest.h>

#include "tests/node/node_bench.h"

using onggi::Config;
using onggi::ConnId;
using onggi::Durability;
using onggi::milliseconds;
using onggi::NodeBench;

namespace {

Config on_disk() {
  Config config;
  config.durability = Durability::kDisk;
  return config;
}

}  // namespace

TEST_CASE("a write that changes nothing is no truer than the one that it repeats") {
  const char* same_again[][3] = {{"HSET h f v", "HSET h f v", ":0\r\n"},
                                 {"SADD s m", "SADD s m", ":0\r\n"},
                                 {"DEL k", "DEL k", ":0\r\n"},
                                 {"SREM t m", "SREM t m", ":0\r\n"},
                                 {"PEXPIREAT k 1800000000000", "PEXPIREAT k 1800000000000", ":1\r\n"},
                                 {"SET n 1 NX", "SET n 2 NX", "$-1\r\n"}};
  for (const auto& [first, again, answer] : same_again) {
    CAPTURE(again);
    NodeBench bench(on_disk());
    bench.ask("SET k v");
    bench.ask("SADD t m");
    const ConnId one = bench.current;
    const ConnId other = bench.connect();
    bench.syncs_wait = true;
    CHECK(bench.ask(one, first).empty());
    CHECK(bench.ask(other, again).empty());
    CHECK(bench.ask(other, "PING").empty());  // behind it
    bench.syncs_wait = false;
    CHECK_FALSE(bench.ask(one, "").empty());
    CHECK(bench.ask(other, "") == std::string(answer) + "+PONG\r\n");
    // With nothing under way it is answered at once.
    bench.syncs_wait = true;
    CHECK(bench.ask(other, again) == answer);
  }
}

TEST_CASE("an error is told at once: nothing was written") {
  NodeBench bench(on_disk());
  bench.ask("SET k v");
  const ConnId one = bench.current;
  const ConnId other = bench.connect();
  bench.syncs_wait = true;
  CHECK(bench.ask(one, "SET k w").empty());
  CHECK(bench.ask(other, "HSET k f v").starts_with("-WRONGTYPE "));
}

TEST_CASE("WAITAOF behind a write that changed nothing waits for the one before it") {
  Config config;
  config.durability = Durability::kOs;
  NodeBench bench(config);
  const ConnId one = bench.current;
  const ConnId other = bench.connect();
  CHECK(bench.ask(one, "HSET h f v") == ":1\r\n");
  CHECK(bench.ask(other, "HSET h f v") == ":0\r\n");
  CHECK(bench.ask(other, "WAITAOF 1 0 0").empty());
  CHECK(bench.ask(one, "SAVE") == "+OK\r\n");  // the log first
  CHECK(bench.ask(other, "") == "*2\r\n:1\r\n:0\r\n");
}

TEST_CASE("a patience that is made shorter holds for no reply before those that have the longer one") {
  NodeBench bench(on_disk());
  const ConnId one = bench.current;
  const ConnId other = bench.connect();
  bench.syncs_wait = true;
  CHECK(bench.ask(one, "SET a 1").empty());
  CHECK(bench.ask(other, "CONFIG SET write-acks-timeout-ms 100") == "+OK\r\n");
  CHECK(bench.ask(one, "SET b 1").empty());
  bench.pass(milliseconds(200));
  CHECK(bench.ask(one, "").empty());
  bench.syncs_wait = false;
  CHECK(bench.ask(one, "") == "+OK\r\n+OK\r\n");
}
