// A sentinel sleeps until there is something to do: no deadline that has passed stays, whatever it waits for.
#include <doctest/doctest.h>

#include <string>

#include "tests/sentinel/cluster.h"

namespace onggi::test {
namespace {

// Its own heartbeats (10 a second), and some for what it waits for.
constexpr uint64_t kWakesInASecond = 40;

uint64_t wakes_in_a_second(Cluster& c, const std::string& sentinel) {
  const uint64_t before = c.wakes(sentinel);
  c.run_for(seconds(1));
  return c.wakes(sentinel) - before;
}

// Nobody can take over: the wish stays.
void want_handover_in_vain(Cluster& c) {
  for (const char* node : {"B", "C"}) c.node(node).can_lead = false;
  c.node("A").wants_handover = true;
}

TEST_CASE("a sentinel that is not the cluster's sleeps while the master wants to hand over") {
  ClusterOptions options;
  options.spare_sentinels = 1;
  Cluster c(options);
  REQUIRE(c.run_until([&] { return c.writable_master() != nullptr; }, seconds(5)));
  REQUIRE(c.writable_master()->name == "A");
  c.restart("S4");
  c.run_for(seconds(2));
  REQUIRE(c.view("S4").configuration.epoch == Epoch{1});
  want_handover_in_vain(c);
  c.run_for(milliseconds(500));
  for (const std::string sentinel : {"S1", "S2", "S3", "S4"}) {
    CAPTURE(sentinel);
    CHECK(wakes_in_a_second(c, sentinel) < kWakesInASecond);
  }
}

TEST_CASE("a sentinel that leads sleeps, whatever the master wanted before") {
  Cluster c(ClusterOptions{});
  REQUIRE(c.run_until([&] { return c.writable_master() != nullptr; }, seconds(5)));
  REQUIRE(c.writable_master()->name == "A");
  c.run_for(milliseconds(300));
  c.node("A").wants_handover = true;
  c.run_for(milliseconds(87));  // all have heard it; it is S1's turn, and S3's 200 ms later
  REQUIRE(c.view("S1").failover_state == "pause");
  for (const char* node : {"B", "C"}) c.kill(node);
  c.kill_proven("A");
  REQUIRE(c.run_until([&] { return c.view("S3").failover_state == "fence"; }, milliseconds(100)));
  CHECK(wakes_in_a_second(c, "S3") < kWakesInASecond);
}

}  // namespace
}  // namespace onggi::test
