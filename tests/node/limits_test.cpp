// How many connections there may be, and what all of them may take together: maxclients and the places above it,
// maxmemory-clients.
#include "common/codec.h"
#include "tests/node/node_bench.h"

using namespace onggi;

namespace {

constexpr const char* kFull = "-ERR max number of clients reached\r\n";

Config crowd(uint32_t maxclients, const std::string& password = "") {
  Config config;
  config.maxclients = maxclients;
  config.requirepass = password;
  return config;
}

// maxclients are there, and silent.
struct Crowded : NodeBench {
  explicit Crowded(const std::string& password = "") : NodeBench(crowd(3, password)) {
    for (int i = 0; i < 2; i++) connect();
  }
};

struct CrowdedNode : Crowded {};

std::string info_of(NodeBench& bench, const std::string& name) {
  const std::string text = bench.ask("INFO everything");
  const size_t at = text.find(name + ":");
  REQUIRE(at != std::string::npos);
  return text.substr(at + name.size() + 1, text.find('\r', at) - at - name.size() - 1);
}

struct Bounded : NodeBench {
  Bounded() {
    operator_ = current;
    for (ConnId& one : clients) {
      one = connect();
      ask("PING");
    }
  }
  // Half a request, so that its bytes wait.
  void fill(ConnId who, size_t bytes) {
    const std::string half = "*2\r\n$3\r\nGET\r\n$100000000\r\n" + std::string(bytes, 'x');
    const size_t taken = node->receive(now, who, half, true);
    CHECK(taken == 0);
    settle();
  }
  ConnId operator_;
  std::array<ConnId, 3> clients;
};

}  // namespace

TEST_CASE_FIXTURE(CrowdedNode, "maxclients: peers get in above it") {
  for (size_t i = 0; i < Reserve::kPlaces; i++) {
    connect();
    send(frame(Ack{}));
    CHECK_FALSE(closed(current));
  }
  // All of them are peers: nobody makes way.
  const auto one_more = node->accepted(now, {"127.0.0.1", 1}, {"127.0.0.1", 7001});
  REQUIRE_FALSE(one_more);
  CHECK(one_more.error().message == kFull);
}

TEST_CASE_FIXTURE(CrowdedNode, "maxclients: silence keeps no place above it") {
  std::vector<ConnId> silent;
  for (size_t i = 0; i < 10 * Reserve::kPlaces; i++) silent.push_back(connect());
  settle();
  for (const ConnId one : silent) {
    if (!closed(one)) continue;
    CHECK(ask(one, "") == kFull);
    node->closed(now, one);
  }
  CHECK(node->clients().size() == 3 + Reserve::kPlaces);
  CHECK(node->stats().connections_rejected == 9 * Reserve::kPlaces);
  CHECK(closed(silent[0]));
  CHECK_FALSE(closed(silent.back()));
  connect();
  send(frame(Ack{}));  // a sentinel's heartbeat would come here
  CHECK_FALSE(closed(current));
}

TEST_CASE("maxclients: with a password, who did not say it keeps no place either") {
  Crowded bench("secret");
  std::vector<ConnId> strangers;
  for (size_t i = 0; i < Reserve::kPlaces; i++) {
    strangers.push_back(bench.connect());
    bench.send(frame(Ack{}));
    CHECK_FALSE(bench.closed(bench.current));
  }
  bench.connect();
  bench.settle();
  CHECK(bench.closed(strangers[0]));
  CHECK(bench.ask("AUTH secret") == "+OK\r\n");
  bench.send(frame(Ack{}));
  CHECK_FALSE(bench.closed(bench.current));
  for (size_t i = 0; i < 2 * Reserve::kPlaces; i++) strangers.push_back(bench.connect());
  for (const ConnId one : strangers) {
    if (!bench.closed(one)) bench.send(frame(Ack{}));
  }
  CHECK_FALSE(bench.closed(bench.connect()));
}

TEST_CASE_FIXTURE(CrowdedNode, "maxclients: an operator may look and act above it, others hear why not") {
  for (const char* word : {"GET a", "SET a 1", "CLIENT SETNAME me", "COMMAND", "nonsense", "config", "client foo"}) {
    CAPTURE(word);
    connect();
    CHECK(ask(word) == kFull);
    CHECK(closed(current));
    node->closed(now, current);
  }
  CHECK(node->stats().connections_rejected == 7);
  connect();
  CHECK(ask("PING") == "+PONG\r\n");
  CHECK(ask("CONFIG SET maxclients 4") == "+OK\r\n");  // and now there is room for it
  CHECK(ask("GET a") == "$-1\r\n");
}

TEST_CASE_FIXTURE(CrowdedNode, "maxclients: whoever waits above it has a place when there is one") {
  const ConnId early = current;
  connect();
  node->closed(now, early);
  CHECK(ask("GET a") == "$-1\r\n");
  CHECK_FALSE(closed(current));
}

TEST_CASE("maxclients: no more than the limit of open files leaves") {
  Config config;
  config.most_clients = 20000;
  NodeBench bench(config);
  CHECK(bench.ask("CONFIG SET maxclients 20001") ==
        "-ERR CONFIG SET failed (possibly related to argument 'maxclients') - The operating system is not able to "
        "handle the specified number of clients, try with 20000\r\n");
  CHECK(bench.ask("CONFIG GET maxclients").ends_with("$5\r\n10000\r\n"));
  CHECK(bench.ask("CONFIG SET maxclients 20000") == "+OK\r\n");
  CHECK(bench.ask("CONFIG GET maxclients").ends_with("$5\r\n20000\r\n"));
}

TEST_CASE_FIXTURE(Bounded, "maxmemory-clients: the largest go until the others keep it") {
  CHECK(ask(operator_, "CONFIG SET maxmemory-clients 2mb") == "+OK\r\n");
  fill(clients[0], 1'500'000);
  fill(clients[1], 400'000);
  CHECK_FALSE(closed(clients[0]));
  fill(clients[2], 300'000);
  CHECK(closed(clients[0]));
  CHECK_FALSE(closed(clients[1]));
  CHECK_FALSE(closed(clients[2]));
  current = operator_;
  CHECK(info_of(*this, "evicted_clients") == "1");
  const uint64_t left = std::stoull(info_of(*this, "mem_clients_normal"));
  CHECK(left > 700'000);
  CHECK(left < 1'000'000);
}

TEST_CASE_FIXTURE(Bounded, "maxmemory-clients: unread replies count, and NO-EVICT stays") {
  CHECK(ask(operator_, "CONFIG SET maxmemory-clients 1mb") == "+OK\r\n");
  CHECK(ask(clients[0], "CLIENT NO-EVICT on") == "+OK\r\n");
  node->drained(now, clients[0], 800'000);
  node->drained(now, clients[1], 500'000);
  settle();
  CHECK_FALSE(closed(clients[0]));
  CHECK(closed(clients[1]));
  node->drained(now, clients[0], 3'000'000);
  pass(milliseconds(200));
  CHECK_FALSE(closed(clients[0]));
  for (const ConnId one : {clients[2], operator_}) CHECK(closed(one));
}

TEST_CASE_FIXTURE(Bounded, "maxmemory-clients: a part of maxmemory") {
  CHECK(ask(operator_, "CONFIG SET maxmemory-clients 10%") == "+OK\r\n");
  CHECK(ask(operator_, "CONFIG GET maxmemory-clients").ends_with("$3\r\n10%\r\n"));
  node->drained(now, clients[0], 30'000'000);  // of nothing, ten percent are no limit
  settle();
  CHECK_FALSE(closed(clients[0]));
  CHECK(ask(operator_, "CONFIG SET maxmemory 100mb") == "+OK\r\n");
  CHECK(closed(clients[0]));
  CHECK(ask(operator_, "CONFIG SET maxmemory-clients 101%").find("percentage argument must be less or equal to 100") !=
        std::string::npos);
  for (const char* bad : {"-1", "-1%", "abc", "%"}) {
    CAPTURE(bad);
    CHECK(ask(operator_, std::string("CONFIG SET maxmemory-clients ") + bad)
              .find("argument must be a memory or percent value") != std::string::npos);
  }
}

TEST_CASE_FIXTURE(Bounded, "maxmemory-clients: never so little that nobody can be heard") {
  const auto set = [this](const std::string& directive) {
    CHECK(ask(operator_, "CONFIG SET " + directive) == "+OK\r\n");
    CHECK(ask(operator_, "PING") == "+PONG\r\n");
    pass(milliseconds(200));
    CHECK_FALSE(closed(operator_));
  };
  set("maxmemory-clients 1");
  set("maxmemory-clients 64");
  set("maxmemory 1mb");
  set("maxmemory-clients 1%");
  set("maxmemory 50");  // one percent of it is nothing, and still a limit
  fill(clients[0], 200'000);
  CHECK(closed(clients[0]));
  set("maxmemory 0");
  set("maxmemory-clients 10%");
  fill(clients[1], 200'000);
  CHECK_FALSE(closed(clients[1]));
}

TEST_CASE_FIXTURE(Bounded, "maxmemory-clients: who was not heard yet stays, it may be a peer") {
  CHECK(ask(operator_, "CONFIG SET maxmemory-clients 1") == "+OK\r\n");
  std::vector<ConnId> silent;
  for (int i = 0; i < 200; i++) silent.push_back(connect());
  pass(milliseconds(200));
  CHECK(node->clients().memory_bytes() > ClientMemoryLimit::kLeast);
  for (const ConnId one : silent) CHECK_FALSE(closed(one));
  CHECK(closed(clients[0]));
  current = silent[7];
  send(frame(Ack{}));
  pass(milliseconds(200));
  CHECK_FALSE(closed(current));
}

TEST_CASE_FIXTURE(Bounded, "client memory: what comes goes again") {
  const uint64_t idle = node->clients().memory_bytes();
  fill(clients[0], 100'000);
  node->drained(now, clients[1], 5000);
  CHECK(node->clients().memory_bytes() >= idle + 105'000);
  node->drained(now, clients[1], 0);
  node->closed(now, clients[0]);
  CHECK(node->clients().memory_bytes() < idle);
  for (const ConnId one : {clients[1], clients[2], operator_}) node->closed(now, one);
  CHECK(node->clients().memory_bytes() == 0);
}
