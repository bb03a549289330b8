// The monitors: each sees what it is there for, and nothing where all is well.
#include <doctest/doctest.h>

#include "tests/simulation/checkers/monitors.h"

using namespace onggi;       // NOLINT(google-build-using-namespace): words of these tests
using namespace onggi::sim;  // NOLINT(google-build-using-namespace)

namespace {

// Three nodes, of which n0 is master of epoch 2 and the others hold all that it has; three sentinels at epoch 2.
struct Scene {
  Configuration configuration;
  History history{{{1}, {11}, {0}}, {{2}, {22}, {100}}};
  Look now;

  Scene() {
    configuration.epoch = {2};
    configuration.write_acks = 1;
    configuration.master = NodeId{"n0"};
    for (const char* id : {"n0", "n1", "n2"}) {
      configuration.members.push_back({NodeId{id}, {id, 1}});
      NodeLook node;
      node.name = id;
      node.alive = true;
      node.id = NodeId{id};
      node.run = RunId{id};
      node.epoch = node.promise = 2;
      node.end = {{2}, {300}};
      node.written = node.synced = 300;
      now.nodes.push_back(node);
    }
    now.nodes[0].is_master = now.nodes[0].leased = true;
    now.nodes[0].released = now.nodes[0].covered = 300;
    for (const char* id : {"s0", "s1", "s2"}) {
      SentinelLook sentinel;
      sentinel.name = id;
      sentinel.id = SentinelId{id};
      sentinel.alive = true;
      sentinel.epoch = sentinel.vote_epoch = 2;
      configuration.sentinels.push_back({sentinel.id, {id, 1}});
      now.sentinels.push_back(sentinel);
    }
  }
  NodeLook& node(size_t index) { return now.nodes[index]; }
  Failures shown_to(Monitor& monitor) {
    for (NodeLook& node : now.nodes) {
      if (node.history == nullptr) node.history = &history;
      if (node.configuration == nullptr) node.configuration = &configuration;
    }
    for (SentinelLook& sentinel : now.sentinels) {
      if (sentinel.stored == nullptr) sentinel.stored = &configuration;
    }
    Failures failures;
    monitor.look(now, failures);
    now.now += 1'000;
    return failures;
  }
  Failures heard_by(Monitor& monitor, const char* who, const char* what) {
    Failures failures;
    monitor.hear({now.now, who, what}, now, failures);
    return failures;
  }
};

}  // namespace

TEST_CASE("all is well: no monitor minds") {
  Scene scene;
  for (const auto& monitor : all_monitors()) {
    if (dynamic_cast<Votes*>(monitor.get()) != nullptr) {
      for (const char* s : {"s0", "s1"}) CHECK(scene.heard_by(*monitor, s, "+vote-for-leader s0 2").empty());
    }
    CHECK(scene.shown_to(*monitor).empty());
    CHECK(scene.shown_to(*monitor).empty());
  }
}

TEST_CASE("P2, F4: two masters with leases, two runs of one epoch") {
  Scene scene;
  OneWriter both;
  scene.node(1).is_master = scene.node(1).leased = true;
  scene.node(1).epoch = 3;
  CHECK_FALSE(scene.shown_to(both).empty());
  Scene promotion;
  OneWriter one;
  CHECK(promotion.shown_to(one).empty());
  promotion.node(1).is_master = true;
  promotion.node(1).epoch = 3;
  CHECK_FALSE(promotion.shown_to(one).empty());
  Scene again;
  OneWriter runs;
  CHECK(again.shown_to(runs).empty());
  again.node(0).run = RunId{"another"};
  CHECK_FALSE(again.shown_to(runs).empty());
}

TEST_CASE("P1: a master without what was acknowledged before it") {
  Scene scene;
  CompleteLeader monitor;
  CHECK(scene.shown_to(monitor).empty());
  scene.node(0).is_master = scene.node(0).leased = false;
  History forked{{{1}, {11}, {0}}, {{3}, {33}, {250}}};
  scene.node(1).history = &forked;
  scene.node(1).is_master = true;
  scene.node(1).epoch = 3;
  CHECK_FALSE(scene.shown_to(monitor).empty());

  Scene good;
  CompleteLeader other;
  CHECK(good.shown_to(other).empty());
  History whole{{{1}, {11}, {0}}, {{2}, {22}, {100}}, {{3}, {33}, {300}}};
  good.node(1).history = &whole;
  good.node(1).is_master = true;
  good.node(1).epoch = 3;
  CHECK(good.shown_to(other).empty());
}

TEST_CASE("N3: replies that too few members hold") {
  Scene scene;
  HeldByEnough monitor;
  scene.node(1).written = scene.node(2).written = 299;
  CHECK_FALSE(scene.shown_to(monitor).empty());
  Scene learner;
  HeldByEnough other;
  learner.node(1).written = 299;
  learner.node(2).id = NodeId{"a learner"};
  CHECK_FALSE(learner.shown_to(other).empty());
  Scene fork;
  HeldByEnough third;
  History else_where{{{1}, {11}, {0}}, {{2}, {99}, {100}}};
  fork.node(1).history = fork.node(2).history = &else_where;
  CHECK_FALSE(fork.shown_to(third).empty());
}

TEST_CASE("L3, L6, L4: leases out of their epoch") {
  Scene scene;
  LeasesInTheirEpoch monitor;
  scene.now.sentinels[0].epoch = scene.now.sentinels[1].epoch = 3;
  CHECK(scene.shown_to(monitor).empty());  // they run out
  scene.now.now += 700'000;
  CHECK_FALSE(scene.shown_to(monitor).empty());

  Scene unpublished;
  LeasesInTheirEpoch other;
  Configuration old = unpublished.configuration;
  old.epoch = {1};
  unpublished.now.sentinels[0].stored = unpublished.now.sentinels[1].stored = &old;
  CHECK_FALSE(unpublished.shown_to(other).empty());

  Scene election;
  LeasesInTheirEpoch third;
  CHECK_FALSE(election.heard_by(third, "s0", "elected leader of epoch 3 (the master is down: it is silent)").empty());
  CHECK(election.heard_by(third, "s0", "elected leader of epoch 3 (hand-over to node n1)").empty());
}

TEST_CASE("E2: votes said before they are stored, or twice; a leader without a majority") {
  Scene scene;
  Votes monitor;
  CHECK_FALSE(scene.heard_by(monitor, "s0", "+vote-for-leader s1 3").empty());
  CHECK(scene.heard_by(monitor, "s0", "+vote-for-leader s1 2").empty());
  CHECK_FALSE(scene.shown_to(monitor).empty());  // one vote alone
  CHECK_FALSE(scene.heard_by(monitor, "s0", "+vote-for-leader s2 2").empty());
}

TEST_CASE("M1: sentinels join by the votes of those before them, from the configuration right before") {
  const auto promoted = [](uint64_t epoch, std::initializer_list<const char*> voters) {
    Scene scene;
    Votes monitor;
    for (const char* s : {"s0", "s1"}) CHECK(scene.heard_by(monitor, s, "+vote-for-leader s0 2").empty());
    CHECK(scene.shown_to(monitor).empty());
    SentinelLook joining = scene.now.sentinels[0];
    joining.name = "s3";
    joining.id = SentinelId{"s3"};
    scene.now.sentinels.push_back(joining);
    for (SentinelLook& sentinel : scene.now.sentinels) sentinel.vote_epoch = epoch;
    Configuration next = scene.configuration;
    next.epoch = {epoch};
    next.sentinels.push_back({SentinelId{"s3"}, {"s3", 1}});
    const std::string vote = "+vote-for-leader s0 " + std::to_string(epoch);
    for (const char* s : voters) CHECK(scene.heard_by(monitor, s, vote.c_str()).empty());
    scene.node(0).epoch = epoch;
    scene.node(0).configuration = &next;
    return scene.shown_to(monitor).empty();
  };
  CHECK(promoted(3, {"s0", "s1", "s3"}));
  CHECK_FALSE(promoted(3, {"s0", "s3"}));        // two of the new four
  CHECK_FALSE(promoted(4, {"s0", "s1", "s3"}));  // another change may hide in epoch 3
}

TEST_CASE("M1: one configuration an epoch, one change from one to the next") {
  const auto stored_next = [](uint64_t epoch, auto change) {
    Scene scene;
    OneChangeAnEpoch monitor;
    CHECK(scene.shown_to(monitor).empty());
    Configuration next = scene.configuration;
    next.epoch = {epoch};
    change(next);
    scene.now.sentinels[0].stored = &next;
    if (epoch == 2) scene.now.sentinels[0].name = "another";
    return scene.shown_to(monitor).empty();
  };
  CHECK(stored_next(3, [](Configuration& next) { next.members.pop_back(); }));
  CHECK(stored_next(3, [](Configuration& next) { next.sentinels[2].id = SentinelId{"s3"}; }));
  CHECK(stored_next(3, [](Configuration& next) {
    for (Member& member : next.members) member.address.port++;
  }));
  CHECK_FALSE(stored_next(3, [](Configuration& next) {
    next.members.pop_back();
    next.sentinels.pop_back();
  }));
  CHECK_FALSE(stored_next(3, [](Configuration& next) { next.members.resize(1); }));
  CHECK(stored_next(2, [](Configuration&) {}));
  CHECK_FALSE(stored_next(2, [](Configuration& next) { next.members.pop_back(); }));
}

TEST_CASE("epochs that go back, records beyond the promise") {
  Scene scene;
  EpochsNeverGoBack monitor;
  CHECK(scene.shown_to(monitor).empty());
  scene.now.sentinels[2].epoch = 1;
  CHECK_FALSE(scene.shown_to(monitor).empty());
  Scene promise;
  EpochsNeverGoBack other;
  promise.node(1).promise = 1;
  CHECK_FALSE(promise.shown_to(other).empty());
  Scene wiped;
  EpochsNeverGoBack third;
  CHECK(wiped.shown_to(third).empty());
  wiped.node(1).id = NodeId{"another"};
  wiped.node(1).promise = 0;
  wiped.node(1).end = {};
  CHECK(wiped.shown_to(third).empty());
}

TEST_CASE("F5, P7: how epochs and lives begin") {
  Scene scene;
  StartIsDurable durable;
  scene.node(0).synced = 100;
  CHECK_FALSE(scene.shown_to(durable).empty());
  StartsAsFollower follower;
  CHECK(scene.shown_to(follower).empty());
  scene.node(0).just_started = true;
  CHECK_FALSE(scene.shown_to(follower).empty());
}

TEST_CASE("H2: a pause that doesn't end") {
  Scene scene;
  PausesEnd monitor;
  scene.node(0).paused = true;
  CHECK(scene.shown_to(monitor).empty());
  scene.now.now += 5'000'000;
  CHECK(scene.shown_to(monitor).empty());
  scene.node(0).paused = false;
  CHECK(scene.shown_to(monitor).empty());
  scene.node(0).paused = true;
  scene.now.now += 5'000'000;
  CHECK(scene.shown_to(monitor).empty());  // another one
  scene.now.now += 6'100'000;
  CHECK_FALSE(scene.shown_to(monitor).empty());
}

TEST_CASE("M2: other members, stored before they hold the epoch-start") {
  Scene scene;
  MembersHoldTheStart monitor;
  CHECK(scene.shown_to(monitor).empty());
  Configuration next = scene.configuration;
  next.epoch = {3};
  next.members[2].id = NodeId{"n3"};
  scene.node(2).id = NodeId{"n3"};
  scene.now.sentinels[0].stored = &next;
  CHECK_FALSE(scene.shown_to(monitor).empty());
}

TEST_CASE("M2: a sentinel without a past stores members that nobody has stored before") {
  Scene scene;
  MembersHoldTheStart monitor;
  CHECK(scene.shown_to(monitor).empty());
  Configuration next = scene.configuration;
  next.epoch = {3};
  SentinelLook joining = scene.now.sentinels[0];
  joining.id = SentinelId{"s3"};
  joining.stored = &next;
  scene.now.sentinels.push_back(joining);
  CHECK(scene.shown_to(monitor).empty());  // the same members as before
  next.epoch = {4};
  next.members[2].id = NodeId{"n3"};
  scene.now.sentinels.back().id = SentinelId{"s4"};
  CHECK_FALSE(scene.shown_to(monitor).empty());
}
