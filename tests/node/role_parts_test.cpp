// The small parts of the role, each by itself: what counts as an acknowledgement, a lease, a pause, a whole copy; what
// is durable.
#include <doctest/doctest.h>

#include "node/role/acks.h"
#include "node/role/copy_receiver.h"
#include "node/role/handover.h"
#include "node/role/lease.h"
#include "node/role/promise.h"
#include "tests/node/role_world.h"

using namespace onggi;

namespace {

Ack ack(uint64_t epoch, uint64_t written, uint64_t synced = 0) {
  return {Epoch{epoch}, {Epoch{epoch}, Offset{written}}, {Epoch{epoch}, Offset{synced}}};
}

Configuration three_sentinels() {
  Configuration configuration;
  configuration.epoch = Epoch{4};
  configuration.lease_ms = 600;
  for (const char* id : {"s1", "s2", "s3"}) configuration.sentinels.push_back({SentinelId{id}, {}});
  return configuration;
}

Instant at(int64_t ms) {
  return Instant{ms * 1000};
}

}  // namespace

TEST_CASE("acks: the k-th greatest of the members' offsets in this epoch") {
  Acks acks;
  acks.begin(Epoch{2}, Offset{100});
  acks.follow(ConnId{1}, NodeId{"a"}, true);
  acks.follow(ConnId{2}, NodeId{"b"}, true);
  acks.follow(ConnId{3}, NodeId{"learner"}, false);
  CHECK(acks.passed_by(1) == Offset{});
  acks.passed(ConnId{1}, ack(2, 150, 120));
  acks.passed(ConnId{2}, ack(2, 130));
  acks.passed(ConnId{3}, ack(2, 900));
  CHECK(acks.passed_by(1) == Offset{150});
  CHECK(acks.passed_by(2) == Offset{130});
  CHECK(acks.passed_by(3) == Offset{});
  CHECK(acks.count(Offset{140}) == 1);
  CHECK(acks.count_synced(Offset{120}) == 1);
  CHECK(acks.following() == 2);

  SUBCASE("one of another epoch, or that does not cover the epoch's start, counts for nothing (N3)") {
    acks.begin(Epoch{3}, Offset{200});
    acks.follow(ConnId{4}, NodeId{"a"}, true);
    acks.passed(ConnId{4}, ack(2, 500));
    CHECK(acks.passed_by(1) == Offset{});
    acks.passed(ConnId{4}, ack(3, 199));
    CHECK(acks.passed_by(1) == Offset{});
    CHECK(acks.count(Offset{150}) == 0);
    acks.passed(ConnId{4}, ack(3, 200));
    CHECK(acks.passed_by(1) == Offset{200});
  }
  SUBCASE("a node that connects anew counts once, and from nothing") {
    acks.follow(ConnId{9}, NodeId{"a"}, true);
    CHECK(acks.passed_by(1) == Offset{130});
    acks.passed(ConnId{1}, ack(2, 800));  // its old connection
    CHECK(acks.passed_by(1) == Offset{130});
  }
  SUBCASE("a quiet one does not follow, and still holds what it holds") {
    acks.quiet(ConnId{1}, true);
    CHECK(acks.following() == 1);
    CHECK(acks.count(Offset{140}) == 1);
  }
}

TEST_CASE("lease: the majority's tokens, each counted from when it was made") {
  NodeLease lease;
  const RunId run{"run"};
  lease.begin(run, three_sentinels());
  lease.echo(SentinelId{"s1"}, {run, Epoch{4}, at(1000)}, at(1050));
  CHECK_FALSE(lease.valid(at(1050)));
  lease.echo(SentinelId{"s1"}, {run, Epoch{4}, at(1040)}, at(1050));  // twice the same sentinel
  CHECK_FALSE(lease.valid(at(1050)));
  lease.echo(SentinelId{"s3"}, {run, Epoch{4}, at(1010)}, at(1060));
  CHECK(lease.valid(at(1609)));
  CHECK_FALSE(lease.valid(at(1610)));
  CHECK(lease.left(at(1600)) == milliseconds(10));
  CHECK(lease.had_one());
  SUBCASE("an older echo that comes late takes nothing away") {
    lease.echo(SentinelId{"s3"}, {run, Epoch{4}, at(900)}, at(1100));
    CHECK(lease.valid(at(1609)));
  }
  SUBCASE("tokens of the future, of another run, epoch or sentinel are refused") {
    lease.begin(run, three_sentinels());
    lease.echo(SentinelId{"s1"}, {run, Epoch{4}, at(5000)}, at(1000));
    lease.echo(SentinelId{"s2"}, {run, Epoch{4}, at(5000)}, at(1000));
    lease.echo(SentinelId{"s2"}, {RunId{"other"}, Epoch{4}, at(1000)}, at(1000));
    lease.echo(SentinelId{"s3"}, {run, Epoch{3}, at(1000)}, at(1000));
    lease.echo(SentinelId{"s9"}, {run, Epoch{4}, at(1000)}, at(1000));
    CHECK_FALSE(lease.valid(at(1000)));
  }
}

TEST_CASE("hand-over: no pause while the target is far, one that ends by itself once it is near") {
  Handover handover;
  const Position end{Epoch{1}, Offset{10 << 20}};
  handover.ask(at(0), ConnId{1}, Pause{7, NodeId{"b"}}, milliseconds(1500));
  CHECK_FALSE(handover.look(at(0), end, Offset{100}));
  CHECK_FALSE(handover.paused(at(0)));
  CHECK_FALSE(handover.look(at(500), end, Offset{end.offset.value - 10}));
  CHECK(handover.paused(at(500)));
  const auto answer = handover.look(at(600), end, end.offset);
  REQUIRE(answer);
  CHECK(answer->answer.reached);
  CHECK(answer->answer.position == end);
  CHECK(handover.paused(at(1999)));
  CHECK_FALSE(handover.paused(at(2000)));
  // Asked again: answered again, not prolonged.
  handover.ask(at(700), ConnId{2}, Pause{7, NodeId{"b"}}, milliseconds(1500));
  const auto again = handover.look(at(700), end, end.offset);
  REQUIRE(again);
  CHECK(again->conn == ConnId{2});
  CHECK_FALSE(handover.paused(at(2000)));
}

TEST_CASE("a full copy is checked: names, order, sizes, checksum") {
  CHECK_FALSE(CopyReceiver::begin({{}, {}, {{"../etc/passwd", 1}}}));
  CHECK_FALSE(CopyReceiver::begin({{}, {}, {{"", 1}}}));
  CHECK_FALSE(CopyReceiver::begin({{}, {}, {{"a", 1}, {"a", 1}}}));
  CHECK_FALSE(CopyReceiver::begin({{}, {}, {{"a", UINT64_MAX}, {"b", 1}}}));
  auto copy = CopyReceiver::begin({{}, {}, {{"a", 3}, {"empty", 0}, {"b", 2}}});
  REQUIRE(copy);
  CHECK_FALSE(copy->chunk({2, 0, "de"}));
  CHECK_FALSE(copy->chunk({0, 0, "abcd"}));
  CHECK(copy->chunk({0, 0, "ab"}));
  CHECK_FALSE(copy->chunk({0, 0, "ab"}));
  CHECK(copy->chunk({0, 2, "c"}));
  CHECK_FALSE(copy->end({0}));
  CHECK(copy->chunk({2, 0, "de"}));
  Checksum checksum;
  checksum.add("abcde");
  CHECK_FALSE(copy->end({checksum.value() + 1}));
  CHECK(copy->end({checksum.value()}));
}

TEST_CASE("promise: what is durable, and what a start makes of it") {
  test::MemoryState state;
  MemoryDisk disk;
  Random random(7);
  LogOptions options;
  options.directory = "/log";
  auto log = Log::open(disk, options);
  REQUIRE(log);
  NodeId id;
  {
    auto promise = Promise::load(state, **log, random, Durability::kOs, "boot 1");
    REQUIRE(promise);
    id = promise->state().id;
    CHECK(id.hex.size() == 40);
    CHECK(promise->swear(Epoch{5}, SentinelId{"s1"}));
    state.fails = true;
    CHECK_FALSE(promise->swear(Epoch{6}, SentinelId{"s2"}));
    CHECK(promise->state().promise == Epoch{5});
    state.fails = false;
  }
  SUBCASE("the same boot, and a tail that is bad all the same: bytes went bad on the disk") {
    (*log)->append_epoch_start(Epoch{1}, BranchId{1});
    REQUIRE((*log)->write_out());
    (*log)->append_epoch_start(Epoch{2}, BranchId{2});
    REQUIRE((*log)->write_out());
    log = Error{"closed"};
    auto names = disk.list("/log");
    REQUIRE(names);
    REQUIRE(names->size() == 1);
    const std::string path = "/log/" + names->front();
    disk.flip_bit(path, disk.contents(path).size() * 8 - 1);
    auto again = Log::open(disk, options);
    REQUIRE(again);
    CHECK((*again)->torn_bytes() > 0);
    auto promise = Promise::load(state, **again, random, Durability::kOs, "boot 1");
    REQUIRE(promise);
    CHECK_FALSE(promise->state().sure);
  }
  SUBCASE("the same boot: a kill loses nothing") {
    auto promise = Promise::load(state, **log, random, Durability::kDisk, "boot 1");
    REQUIRE(promise);
    CHECK(promise->state().id == id);
    CHECK(promise->state().promise == Epoch{5});
    CHECK(promise->state().promised_to == SentinelId{"s1"});
    CHECK(promise->state().sure);
    // What run 1 left in the page cache is still only there: a stronger durability now doesn't help it.
    auto after = Promise::load(state, **log, random, Durability::kDisk, "boot 2");
    REQUIRE(after);
    CHECK_FALSE(after->state().sure);
  }
  SUBCASE("a clean stop, and another boot") {
    auto promise = Promise::load(state, **log, random, Durability::kNone, "boot 1");
    REQUIRE(promise);
    CHECK(promise->stop_clean());
    auto after = Promise::load(state, **log, random, Durability::kNone, "boot 2");
    REQUIRE(after);
    CHECK(after->state().sure);
  }
  SUBCASE("the promise is at least the epoch of the last record") {
    (*log)->append_epoch_start(Epoch{9}, BranchId{1});
    auto promise = Promise::load(state, **log, random, Durability::kOs, "boot 1");
    REQUIRE(promise);
    CHECK(promise->state().promise == Epoch{9});
    CHECK(promise->state().promised_to == SentinelId{});
  }
  SUBCASE("a state that can't be read is an error, not a new identity") {
    REQUIRE(state.save("{ \"state\": 7"));
    CHECK_FALSE(Promise::load(state, **log, random, Durability::kOs, "boot 1"));
  }
}
