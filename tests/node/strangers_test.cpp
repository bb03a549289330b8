// Connections that speak the internal command without being anybody: what they may cost.
#include "common/codec.h"
#include "tests/node/node_bench.h"

using namespace onggi;

namespace {

SyncRequest sync_request(size_t epochs, const std::string& password) {
  SyncRequest request;
  request.id = {std::string(40, 'b')};
  request.run = {std::string(40, 'c')};
  request.address = {"127.0.0.1", 7002};
  for (size_t i = 0; i < epochs; i++) request.history.push_back({{i + 1}, {i}, {i * 33}});
  request.password = password;
  return request;
}

Config with_password() {
  Config config;
  config.requirepass = "secret";
  return config;
}

}  // namespace

TEST_CASE("strangers: peers count towards maxclients") {
  Config config;
  config.maxclients = 3;
  NodeBench bench(config);  // one client
  for (int i = 0; i < 2; i++) {
    bench.connect();
    bench.send(frame(Ack{}));  // a peer from now on
    CHECK_FALSE(bench.closed(bench.current));
  }
  bench.connect();
  CHECK(bench.ask("GET a") == "-ERR max number of clients reached\r\n");
  CHECK(bench.closed(bench.current));
}

TEST_CASE("strangers: a replica without AUTH may tell a long history, and is heard if its password is right") {
  NodeBench bench(with_password());
  const std::string asked = frame(sync_request(2000, "secret"));
  REQUIRE(asked.size() > 16384);
  for (const size_t first : {size_t{7}, size_t{100}, asked.size()}) {  // however it arrives
    CAPTURE(first);
    bench.connect();
    bench.send(asked.substr(0, first));
    bench.send(asked.substr(first));
    const std::string answer = bench.ask("");
    CHECK_FALSE(bench.closed(bench.current));
    REQUIRE(answer.starts_with("*2\r\n$5\r\nONGGI\r\n"));
    CHECK(answer.find("wrong password") == std::string::npos);
  }
  bench.connect();
  bench.send(frame(sync_request(10, "wrong")));
  CHECK(bench.ask("").find("wrong password") != std::string::npos);
}

TEST_CASE("strangers: without the password a frame is small, and says nothing but how far a log goes") {
  NodeBench bench(with_password());
  bench.send("*2\r\n$5\r\nONGGI\r\n$1100000\r\n");
  CHECK(bench.closed(bench.current));
  bench.connect();
  bench.send("*2\r\n$5\r\nONGGI\r\n$1048576\r\n");
  CHECK_FALSE(bench.closed(bench.current));
  bench.connect();
  bench.send(frame(Fence{{1}, {std::string(40, 'd')}}));
  CHECK(bench.closed(bench.current));
}

TEST_CASE("strangers: a follower may tell as long a history as the node's own") {
  NodeBench bench(with_password());
  CHECK(bench.ask("AUTH secret") == "+OK\r\n");
  const ConnId operator_ = bench.current;
  const std::string asked = frame(sync_request(45'000, "secret"));
  REQUIRE(asked.size() > 1 << 20);
  bench.connect();
  bench.send(asked);
  CHECK(bench.closed(bench.current));
  for (int i = 0; i < 1000; i++) {
    REQUIRE(bench.ask(operator_, "REPLICAOF 127.0.0.1 7003") == "+OK\r\n");
    REQUIRE(bench.ask(operator_, "REPLICAOF NO ONE") == "+OK\r\n");
    REQUIRE(bench.ask(operator_, "SET a 1") == "+OK\r\n");
  }
  bench.connect();
  bench.send(asked);
  CHECK_FALSE(bench.closed(bench.current));
  CHECK(bench.ask("").starts_with("*2\r\n$5\r\nONGGI\r\n"));
}

TEST_CASE("strangers: nobody makes a node promise an epoch that leaves no room for the next") {
  Config config;
  config.managed = true;
  NodeBench bench(config);
  for (const uint64_t epoch : {UINT64_MAX, uint64_t{1} << 60}) {
    bench.connect();
    bench.send(frame(Fence{{epoch}, {std::string(40, 'd')}}));
    CHECK(bench.closed(bench.current));
    CHECK(bench.node->role().promise() == Epoch{0});
  }
  bench.connect();
  bench.send(frame(Fence{{3}, {std::string(40, 'd')}}));
  CHECK(bench.node->role().promise() == Epoch{3});
}
