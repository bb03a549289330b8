// A managed master's clients while leases, hand-overs and stops come over them: what is held, forwarded, refused and
// released (PROTOCOL L1, L5, H2, H3, N8), with the shipping node and the messages that sentinels send.
#include "common/codec.h"
#include "tests/node/node_bench.h"

using namespace onggi;

namespace {

const SentinelId kSentinel{std::string(40, '5')};
const NodeId kReplica{std::string(40, 'b')};

Config managed(Durability durability = Durability::kOs) {
  Config config;
  config.managed = true;
  config.durability = durability;
  return config;
}

std::string command(std::initializer_list<std::string_view> words) {
  std::string out;
  ReplyWriter writer(out);
  writer.array_header(words.size());
  for (std::string_view word : words) writer.bulk(word);
  return out;
}

// The node, one sentinel and a replica that holds what it is told to.
class Cluster {
 public:
  explicit Cluster(Config config) : bench(std::move(config)) {
    client = bench.current;
    sentinel_ = bench.connect();
    replica_ = bench.connect();
    bench.current = client;
  }

  void promote(uint64_t epoch) {
    tell(Fence{Epoch{epoch}, kSentinel});
    tell(Promote{kSentinel, RunId{std::string(40, 'a')}, bench.node->log().end(), configuration(epoch, id())});
    REQUIRE(bench.node->role().is_master());
  }
  void lease() {
    Heartbeat beat;
    beat.sender = kSentinel;
    beat.echo = bench.node->role().status(bench.now).token;
    tell(beat);
  }
  void replica_follows() {
    if (bench.closed(replica_)) {  // a demotion ended its link
      const ConnId current = bench.current;
      replica_ = bench.connect();
      bench.current = current;
    }
    SyncRequest request;
    request.id = kReplica;
    request.address = {"127.0.0.1", 7002};
    request.position = bench.node->log().end();
    request.history = bench.node->log().history();
    from(replica_, request);
    acknowledge();
  }
  void acknowledge() {
    const Position end = bench.node->log().end();
    from(replica_, Ack{bench.node->role().epoch(), end, end});
  }
  void pause() { tell(Pause{1, kReplica}); }
  void fence(uint64_t epoch) { tell(Fence{Epoch{epoch}, kSentinel}); }
  void planned_fence(uint64_t epoch) { tell(Fence{Epoch{epoch}, kSentinel, true}); }
  void follow(uint64_t epoch) { tell(Follow{configuration(epoch, kReplica)}); }
  // The link to the new master on which commands leave.
  ConnId connected_link() {
    REQUIRE(bench.connects.size() >= 1);
    for (const auto& [id, address] : bench.connects) {
      CHECK(address == Address{"127.0.0.1", 7002});
      bench.node->connected(bench.now, id);
    }
    bench.settle();
    return links_to_replica();
  }

  NodeBench bench;
  ConnId client;
  uint32_t write_acks = 0;

 private:
  // The other one is the link on which it follows: that speaks the internal command.
  ConnId links_to_replica() {
    for (const auto& [id, address] : bench.connects) {
      const std::string sent = bench.ask(id, "");
      if (sent.find(kInternalCommand) != std::string::npos || sent.empty()) continue;
      forwarded = sent;
      return id;
    }
    FAIL("nothing is forwarded");
    return {};
  }
  NodeId id() { return bench.node->role().id(); }
  Configuration configuration(uint64_t epoch, const NodeId& master) {
    Configuration made;
    made.epoch = {epoch};
    made.cluster = {std::string(40, 'c')};
    made.master = master;
    made.members = {{id(), {"127.0.0.1", 7001}}, {kReplica, {"127.0.0.1", 7002}}};
    made.sentinels = {{kSentinel, {"127.0.0.1", 26379}}};
    made.lease_ms = 600;
    made.write_acks = write_acks;
    return made;
  }
  void tell(const Message& message) { from(sentinel_, message); }
  void from(ConnId who, const Message& message) {
    const std::string bytes = frame(message);
    CHECK(bench.node->receive(bench.now, who, bytes, true) == bytes.size());
    bench.settle();
  }

  ConnId sentinel_;
  ConnId replica_;

 public:
  std::string forwarded;
};

}  // namespace

TEST_CASE("L1: a held command's time is not moved by what comes behind it") {
  Cluster cluster(managed());
  cluster.promote(1);
  CHECK(cluster.bench.ask("SET a 1").empty());  // no lease yet
  for (int i = 0; i < 15; i++) {
    cluster.bench.pass(milliseconds(101));
    cluster.bench.send(command({"GET", "a"}));
  }
  CHECK(cluster.bench.ask("").starts_with("-READONLY "));
}

TEST_CASE("N2: a node with a new folder answers no read before it was in step or master") {
  Cluster cluster(managed());
  NodeBench& bench = cluster.bench;
  CHECK(bench.ask("GET a").empty());  // late rather than refused, as a write is
  bench.pass(milliseconds(1600));
  CHECK(bench.ask("").starts_with("-MASTERDOWN "));
  CHECK(bench.ask("PING") == "+PONG\r\n");
  CHECK(bench.ask("EXISTS a").empty());
  cluster.promote(1);  // an own epoch: what it has is all there is
  cluster.lease();
  CHECK(bench.ask("") == ":0\r\n");
  CHECK(bench.ask("GET a") == "$-1\r\n");
}

TEST_CASE("N2: an unmanaged node is its own, also when it is new") {
  NodeBench bench;
  CHECK(bench.ask("GET a") == "$-1\r\n");
}

TEST_CASE("L5: the own disk alone releases a reply only under a lease") {
  Cluster cluster(managed(Durability::kDisk));
  cluster.promote(1);
  cluster.lease();
  NodeBench& bench = cluster.bench;
  // The write's batch ends in time, its fsync after the lease.
  const std::string bytes = command({"SET", "a", "1"});
  CHECK(bench.node->receive(bench.now, cluster.client, bytes, true) == bytes.size());
  bench.node->write_log(bench.now);
  bench.node->end_of_batch(bench.now);
  bench.now.instant = bench.now.instant + milliseconds(700);
  bench.settle();
  CHECK(bench.ask("").empty());
  cluster.lease();  // still master of the same epoch: it is true after all
  CHECK(bench.ask("") == "+OK\r\n");
}

TEST_CASE("H1: a master whose disk is full wants to hand over, and holds writes meanwhile") {
  Cluster cluster(managed());
  cluster.promote(1);
  cluster.lease();
  NodeBench& bench = cluster.bench;
  const auto status = [&] { return bench.node->role().status(bench.now); };
  CHECK_FALSE(status().wants_handover);
  bench.disk_full(true);
  CHECK(bench.ask("SET a 1").empty());  // executed, and not written: nobody may be told that it was
  CHECK(bench.closed(cluster.client));
  CHECK(status().wants_handover);
  CHECK_FALSE(status().can_lead);
  const ConnId other = bench.connect();
  CHECK(bench.ask(other, command({"SET", "b", "2"})).empty());
  SUBCASE("nobody takes over: refused after hold-ms, and reads go on") {
    for (int i = 0; i < 16; i++) {
      bench.pass(milliseconds(101));
      cluster.lease();
    }
    CHECK(bench.ask(other, "").starts_with("-MISCONF "));
    CHECK(bench.ask(other, command({"GET", "b"})) == "$-1\r\n");
  }
  SUBCASE("there is room again: all is done") {
    bench.disk_full(false);
    bench.pass(milliseconds(101));
    cluster.lease();
    CHECK(bench.ask(other, "") == "+OK\r\n");
    CHECK_FALSE(status().wants_handover);
  }
  SUBCASE("another one takes over: what was held goes there") {
    cluster.replica_follows();
    cluster.pause();
    cluster.planned_fence(2);
    cluster.follow(2);
    cluster.connected_link();
    CHECK(cluster.forwarded == command({"SET", "b", "2"}));
  }
}

TEST_CASE("a failed fsync is told once, and none is tried after it; the node wants to hand over") {
  Cluster cluster(managed(Durability::kDisk));
  cluster.promote(1);
  cluster.lease();
  NodeBench& bench = cluster.bench;
  CHECK(bench.ask("SET a 1") == "+OK\r\n");
  bench.syncs_fail();
  CHECK(bench.ask("SET a 2").empty());
  CHECK(bench.node->role().status(bench.now).wants_handover);
  const size_t syncs = bench.syncs, lines = bench.log_lines;
  for (int i = 0; i < 100; i++) bench.pass(milliseconds(1));
  CHECK(bench.syncs == syncs);
  CHECK(bench.log_lines == lines);
}

TEST_CASE("who says REPLICAOF behind a write whose reply waits is disconnected, when its batch is over") {
  Config config;
  config.durability = Durability::kDisk;
  NodeBench bench(config);
  const ConnId client = bench.current;
  const std::string both = command({"SET", "a", "1"}) + command({"REPLICAOF", "127.0.0.1", "7009"});
  CHECK(bench.node->receive(bench.now, client, both, true) == both.size());
  bench.settle();
  CHECK(bench.closed(client));
}

TEST_CASE("a full disk of an unmanaged node is told at once") {
  NodeBench bench;
  bench.disk_full(true);
  CHECK(bench.ask("SET a 1").empty());
  CHECK(bench.ask(bench.connect(), command({"SET", "a", "1"})).starts_with("-MISCONF "));
  CHECK(bench.ask("INFO everything").find("write_gate:refused-disk-fails\r\n") != std::string::npos);
}

TEST_CASE("H3: held commands and those behind them go to the new master, and their replies come back") {
  Cluster cluster(managed());
  cluster.promote(1);
  cluster.lease();
  cluster.replica_follows();
  cluster.pause();
  NodeBench& bench = cluster.bench;
  bench.send(command({"SET", "a", "1"}));
  CHECK(bench.ask("").empty());
  cluster.fence(2);
  CHECK_FALSE(bench.closed(cluster.client));
  cluster.follow(2);
  const ConnId link = cluster.connected_link();
  CHECK(cluster.forwarded == command({"SET", "a", "1"}));
  bench.send(command({"SET", "b", "2"}));  // while the link is up
  CHECK(bench.ask(link, "") == command({"SET", "b", "2"}));
  CHECK(bench.node->receive(bench.now, link, "+OK\r\n", true) == 5);
  bench.settle();
  CHECK(bench.ask("") == "+OK\r\n");
  CHECK_FALSE(bench.closed(cluster.client));
  CHECK(bench.node->receive(bench.now, link, "+OK\r\n", true) == 5);
  bench.settle();
  CHECK(bench.ask("") == "+OK\r\n");
  CHECK_FALSE(bench.closed(cluster.client));
  bench.send(command({"GET", "b"}));  // it has not paused: reads go there too
  CHECK(bench.ask(link, "") == command({"GET", "b"}));
  CHECK(bench.node->receive(bench.now, link, "$1\r\n2\r\n", true) == 7);
  bench.settle();
  CHECK(bench.ask("") == "$1\r\n2\r\n");
  bench.pass(milliseconds(150));
  CHECK(bench.closed(cluster.client));
}

TEST_CASE("H3: who wants no replies is disconnected: the relay could not tell which ones are its own") {
  Cluster cluster(managed());
  cluster.promote(1);
  cluster.lease();
  cluster.replica_follows();
  NodeBench& bench = cluster.bench;
  CHECK(bench.ask("CLIENT REPLY OFF").empty());
  cluster.pause();
  bench.send(command({"SET", "a", "1"}));
  cluster.fence(2);
  cluster.follow(2);
  bench.settle();
  CHECK(bench.closed(cluster.client));
}

TEST_CASE("H3: what is forwarded is bounded, both ways") {
  Cluster cluster(managed());
  cluster.promote(1);
  cluster.lease();
  cluster.replica_follows();
  cluster.pause();
  NodeBench& bench = cluster.bench;
  const std::string one = command({"SET", "a", std::string(100'000, 'x')});
  bench.send(one);
  cluster.fence(2);
  cluster.follow(2);
  // The link is not up yet: so many commands are taken, then their connection is read no more.
  std::string many;
  for (int i = 0; i < 30; i++) many += one;
  const size_t taken = bench.node->receive(bench.now, cluster.client, many, true);
  CHECK(taken >= kMostForwardWaiting - 2 * one.size());
  CHECK(taken <= kMostForwardWaiting);
  CHECK(bench.node->receive(bench.now, cluster.client, many.substr(taken), true) == 0);
  CHECK(bench.node->wants_input(cluster.client, 1000));
  CHECK_FALSE(bench.node->wants_input(cluster.client, 1 << 20));
  // It comes up, and takes next to nothing; then all.
  const ConnId link = cluster.connected_link();
  CHECK(cluster.forwarded.size() == one.size() + taken);
  bench.node->drained(bench.now, link, kMostForwardWaiting);
  CHECK(bench.node->receive(bench.now, cluster.client, many.substr(taken), true) == 0);
  bench.node->drained(bench.now, link, 0);
  CHECK(bench.node->receive(bench.now, cluster.client, one, true) == one.size());
  bench.settle();
  CHECK(bench.ask(link, "") == one);
  // The client doesn't read: the new master's replies wait where they are.
  const std::string reply = "$100000\r\n" + std::string(100'000, 'r') + "\r\n";
  CHECK(bench.node->receive(bench.now, link, reply, true) == reply.size());
  bench.settle();
  CHECK(bench.ask("") == reply);
  bench.node->drained(bench.now, cluster.client, kMostUnreadOutput);
  CHECK_FALSE(bench.node->wants_input(link, 0));
  CHECK(bench.node->receive(bench.now, link, reply, true) == 0);
  bench.node->drained(bench.now, cluster.client, 0);
  CHECK(bench.node->wants_input(link, 0));
  CHECK(bench.node->receive(bench.now, link, reply, true) == reply.size());
  bench.settle();
  CHECK(bench.ask("") == reply);
}

TEST_CASE("H3: a paused master that is promoted again runs what it held itself") {
  Cluster cluster(managed());
  cluster.promote(1);
  cluster.lease();
  cluster.replica_follows();
  cluster.pause();
  CHECK(cluster.bench.ask("SET a 1").empty());
  cluster.promote(2);
  cluster.lease();
  cluster.bench.pass(milliseconds(1));
  CHECK(cluster.bench.ask("") == "+OK\r\n");
  CHECK(cluster.bench.ask("GET a") == "$1\r\n1\r\n");
}

TEST_CASE("H3: promoted again, a master goes on where it was: replies held and connections survive") {
  Cluster cluster(managed());
  cluster.write_acks = 1;
  cluster.promote(1);
  cluster.replica_follows();
  cluster.lease();
  NodeBench& bench = cluster.bench;
  const ConnId idle = bench.connect();
  bench.current = cluster.client;
  CHECK(bench.ask("SET a 1").empty());  // not acknowledged yet
  cluster.planned_fence(2);
  CHECK(bench.ask(idle, "SET b 2").empty());
  cluster.promote(2);
  CHECK(bench.ask("").empty());  // of the epoch before: counts for nothing
  cluster.replica_follows();
  cluster.lease();
  CHECK(bench.ask("") == "+OK\r\n");
  bench.pass(milliseconds(1));
  cluster.acknowledge();
  CHECK(bench.ask(idle, "") == "+OK\r\n");
  CHECK_FALSE(bench.closed(cluster.client));
}

TEST_CASE("H3: when another is master, replies held are never sent, and clients go; early ones are forwarded") {
  Cluster cluster(managed());
  cluster.write_acks = 1;
  cluster.promote(1);
  cluster.replica_follows();
  cluster.lease();
  NodeBench& bench = cluster.bench;
  const ConnId idle = bench.connect();
  bench.current = cluster.client;
  CHECK(bench.ask("SET a 1").empty());
  cluster.planned_fence(2);
  CHECK_FALSE(bench.closed(cluster.client));
  cluster.follow(2);
  CHECK(bench.closed(cluster.client));
  CHECK(bench.ask("").empty());
  CHECK(bench.closed(idle));
  // The sentinels may still name this node.
  const ConnId early = bench.connect();
  CHECK(bench.ask(early, "SET c 3").empty());
  const ConnId link = cluster.connected_link();
  CHECK(cluster.forwarded == "SET c 3\r\n");
  CHECK(bench.node->receive(bench.now, link, "+OK\r\n", true) == 5);
  bench.settle();
  CHECK(bench.ask(early, "") == "+OK\r\n");
  bench.pass(milliseconds(150));
  CHECK(bench.closed(early));
  bench.pass(milliseconds(3100));
  CHECK(bench.ask(bench.connect(), "SET d 4").starts_with("-READONLY "));
}

TEST_CASE("L1, H3: a held command is refused when its hold is over, and nobody waits for a new master for ever") {
  Cluster cluster(managed());
  cluster.promote(1);
  cluster.lease();
  cluster.replica_follows();
  cluster.pause();
  CHECK(cluster.bench.ask("SET a 1").empty());
  cluster.fence(2);
  cluster.bench.pass(milliseconds(1400));
  CHECK(cluster.bench.ask("").empty());
  cluster.bench.pass(milliseconds(200));
  CHECK(cluster.bench.ask("").starts_with("-READONLY "));
  cluster.bench.pass(milliseconds(1300));
  CHECK_FALSE(cluster.bench.closed(cluster.client));
  cluster.bench.pass(milliseconds(200));
  CHECK(cluster.bench.closed(cluster.client));
}

TEST_CASE("H1: the watcher's and the service manager's signal are one wish to stop, a later one is impatience") {
  Cluster cluster(managed());
  cluster.promote(1);
  cluster.lease();
  NodeBench& bench = cluster.bench;
  const auto wants = [&] { return bench.node->role().status(bench.now).wants_handover; };
  bench.node->stop(bench.now);
  bench.node->stop(bench.now);
  bench.pass(milliseconds(400));
  CHECK(wants());
  CHECK_FALSE(bench.exited);
  bench.pass(milliseconds(200));
  CHECK_FALSE(bench.exited);
  bench.node->stop(bench.now);
  for (int i = 0; i < 5; i++) bench.pass(milliseconds(100));
  CHECK(bench.exited);
}
