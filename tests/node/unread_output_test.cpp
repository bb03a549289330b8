// Clients that don't read their replies: they are not served on, and nothing is lost or answered twice.
#include "tests/node/node_bench.h"

using namespace onggi;

namespace {

constexpr size_t kMegabyte = 1 << 20;

std::string get_big(size_t times) {
  std::string requests;
  for (size_t i = 0; i < times; i++) requests += "GET big\r\n";
  return requests;
}

struct WithBigValue : NodeBench {
  WithBigValue() {
    send("*3\r\n$3\r\nSET\r\n$3\r\nbig\r\n$1048576\r\n" + std::string(kMegabyte, 'b') + "\r\n");
    REQUIRE(ask("") == "+OK\r\n");
  }
};

}  // namespace

TEST_CASE_FIXTURE(WithBigValue, "unread output: a pipeline is answered in turns") {
  const std::string requests = get_big(100);
  const size_t taken = node->receive(now, current, requests, true);
  CHECK(taken == get_big(2).size());  // of one turn: others are served first
  CHECK(node->wants_input(current, kMegabyte));
  CHECK_FALSE(node->wants_input(current, 64 * kMegabyte));
  CHECK(ask("").size() > 2 * kMegabyte);
  send(requests.substr(taken));
  CHECK(ask("").size() > 98 * kMegabyte);
  CHECK(ask("PING") == "+PONG\r\n");
}

TEST_CASE_FIXTURE(WithBigValue, "unread output: what the socket has not taken counts") {
  node->drained(now, current, kMostUnreadOutput);
  CHECK(ask("PING") == "");
  node->drained(now, current, kMostUnreadOutput - 1);
  CHECK(ask("") == "");
  node->drained(now, current, 0);
  CHECK(ask("") == "+PONG\r\n");
  CHECK(ask("PING") == "+PONG\r\n");
}

TEST_CASE_FIXTURE(WithBigValue, "unread output: others are served meanwhile") {
  const ConnId silent = current;
  node->drained(now, silent, kMostUnreadOutput);
  CHECK(ask(silent, "PING") == "");
  connect();
  CHECK(ask("PING") == "+PONG\r\n");
}
