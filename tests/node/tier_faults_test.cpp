// A tier that can't be read or written: what a node still does, and what it must never do.
#include "common/codec.h"
#include "tests/node/node_bench.h"

using namespace onggi;

namespace {

Config replica() {
  Config config;
  config.replicaof = "127.0.0.1 7002";
  return config;
}

// An unmanaged replica and its master, whose bytes go to and fro when the test says so.
class Pair {
 public:
  Pair() : replica(::replica(), {}, 43) { link(); }

  // Over a new connection: the last one that the replica wanted.
  void link() {
    REQUIRE_FALSE(replica.connects.empty());
    here_ = replica.connects.back().first;
    replica.connects.clear();
    const ConnId client = master.current;
    there_ = master.connect();
    master.current = client;
    replica.node->connected(replica.now, here_);
    replica.settle();
    flow();
  }
  void flow() {
    for (int round = 0; round < 10; round++) {
      const std::string asked = replica.ask(here_, "");
      asked_ += asked;
      pass_on(master, there_, asked);
      const std::string answered = master.ask(there_, "");
      pass_on(replica, here_, answered);
      if (asked.empty() && answered.empty()) return;
    }
  }
  // Of what the replica said since the last time.
  bool asked_for_a_copy() {
    RequestParser parser;
    std::vector<std::string_view> args;
    std::string_view rest = asked_;
    bool asked = false;
    size_t used = 0;
    while (parser.parse(rest, used, args) == ParseResult::kCommand) {
      const auto message = decode(args.at(1));
      REQUIRE(message);
      if (const auto* request = std::get_if<SyncRequest>(&*message)) asked = request->must_copy;
      rest.remove_prefix(std::exchange(used, 0));
    }
    asked_.clear();
    return asked;
  }

  NodeBench master;
  NodeBench replica;

 private:
  static void pass_on(NodeBench& to, ConnId conn, const std::string& bytes) {
    if (bytes.empty() || to.closed(conn)) return;
    to.node->receive(to.now, conn, bytes, true);
    to.settle();
  }

  ConnId here_;
  ConnId there_;
  std::string asked_;
};

// It waits for a copy: nothing is read, led or written to the tier meanwhile.
void check_waits_for_a_copy(Pair& pair, Offset tier_at) {
  NodeBench& replica = pair.replica;
  CHECK(replica.node->role().lacks_records());
  CHECK_FALSE(replica.node->role().status(replica.now).can_lead);
  CHECK(replica.ask("REPLICAOF NO ONE").starts_with("-ERR the tier could not be read"));
  replica.ask("GET a");
  replica.pass(milliseconds{1600});
  CHECK(replica.ask("").starts_with("-MASTERDOWN "));
  replica.ask("BGSAVE");
  replica.pass(seconds{10});
  CHECK(replica.node->tier_flow().position().offset == tier_at);
}

}  // namespace

TEST_CASE("a record of the stream that needs what the tier can't give is no record of a new key") {
  Pair pair;
  pair.master.ask("HSET sess:1 user 7 lastAccess 1");
  pair.flow();
  pair.replica.ask("SAVE");
  pair.replica.start_again_with_broken_tier();
  pair.replica.connect();
  const Offset tier_at = pair.replica.node->tier_flow().position().offset;
  REQUIRE(tier_at == pair.replica.node->log().end().offset);
  pair.link();
  CHECK_FALSE(pair.asked_for_a_copy());
  pair.master.ask("HSET sess:1 lastAccess 99");
  pair.flow();
  pair.replica.pass(milliseconds{100});
  pair.link();
  CHECK(pair.asked_for_a_copy());
  check_waits_for_a_copy(pair, tier_at);
}

TEST_CASE("a replica that can't replay its log onto its tier starts, and waits for a copy") {
  Pair pair;
  pair.master.ask("HSET sess:1 user 7 lastAccess 1");
  pair.flow();
  pair.replica.ask("SAVE");
  pair.master.ask("HSET sess:1 lastAccess 99");
  pair.flow();
  pair.replica.start_again_with_broken_tier();
  pair.replica.connect();
  const Offset tier_at = pair.replica.node->tier_flow().position().offset;
  REQUIRE(tier_at < pair.replica.node->log().end().offset);
  pair.link();
  CHECK(pair.asked_for_a_copy());
  check_waits_for_a_copy(pair, tier_at);
}

TEST_CASE("a node without a master doesn't start without what its tier can't give") {
  NodeBench bench;
  bench.ask("HSET sess:1 user 7 lastAccess 1");
  bench.ask("SAVE");
  bench.ask("HSET sess:1 lastAccess 99");
  const Result<void> started = bench.try_to_start_again_with_broken_tier();
  REQUIRE_FALSE(started);
  CHECK(started.error().message.find("a broken disk") != std::string::npos);
}

TEST_CASE("what can't be read keeps nothing from being written, and warm-up leaves it aside") {
  NodeBench bench;
  bench.ask("SET {a}1 v");
  bench.ask("SAVE");
  bench.tier.unreadable_slot = slot_of("a");
  REQUIRE(bench.start_again());
  bench.connect();
  bench.pass(milliseconds{200});
  CHECK(bench.tier.slots_read == kSlots - 1);
  CHECK_FALSE(bench.node->tier_flow().warm());
  for (int i = 0; i < 1000; i++) bench.ask("SET b" + std::to_string(i) + " " + std::string(3000, 'x'));
  const size_t lines = bench.log_lines;
  std::string saved = bench.ask("SAVE");
  for (int i = 0; i < 20; i++) bench.pass(milliseconds{1});  // slice after slice
  saved += bench.ask("");
  CHECK(saved == "+OK\r\n");
  bench.pass(seconds{10});
  CHECK(bench.log_lines == lines);
  CHECK(bench.ask("GET {a}1").starts_with("-ERR the tier could not be read"));

  bench.tier.unreadable_slot.reset();
  for (int i = 0; i < 70; i++) bench.pass(seconds{1});
  CHECK(bench.node->tier_flow().warm());
}

TEST_CASE("a value that is no value doesn't keep warm-up busy") {
  NodeBench bench;
  bench.ask("SET a v");
  bench.ask("SAVE");
  bench.tier.spoil("a");
  REQUIRE(bench.start_again());
  bench.pass(milliseconds{200});
  const size_t read = bench.tier.slots_read;
  CHECK(read == kSlots);
  bench.pass(seconds{10});
  CHECK(bench.tier.slots_read == read);
}

TEST_CASE("SAVE says that the tier can't be written, and when it can, that it was") {
  NodeBench bench;
  bench.ask("SET a v");
  SUBCASE("written") {
    bench.tier.full = true;
  }
  SUBCASE("flushed") {
    bench.tier.unflushable = true;
  }
  CHECK(bench.ask("SAVE") == "-ERR the save failed: no space left\r\n");
  CHECK(bench.ask("BGSAVE").starts_with("+Background saving started"));
  CHECK(bench.ask("SAVE") != "+OK\r\n");
  bench.pass(seconds{3});
  bench.ask("");
  bench.tier.full = bench.tier.unflushable = false;
  std::string reply = bench.ask("SAVE");
  bench.pass(seconds{2});
  reply += bench.ask("");
  CHECK(reply == "+OK\r\n");
}
