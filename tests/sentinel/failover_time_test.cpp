// How long the sentinels' side of a failover takes: from kill -9 of the master to a writable one (E4's delay included).
#include <doctest/doctest.h>
#include <algorithm>
#include <vector>

#include "tests/sentinel/cluster.h"

namespace onggi::test {
namespace {

int64_t median_failover_ms(void (Cluster::*kill)(const std::string&), uint64_t tries) {
  std::vector<int64_t> took;
  for (uint64_t seed = 1; seed <= tries; seed++) {
    ClusterOptions options;
    options.seed = seed;
    options.least_delay = microseconds(100);
    options.most_delay = milliseconds(1);
    Cluster c(options);
    REQUIRE(c.run_until([&] { return c.writable_master() != nullptr; }, seconds(5)));
    c.run_for(milliseconds(500 + static_cast<int64_t>(seed)));
    const std::string old = c.writable_master()->name;
    const Instant killed = c.now();
    (c.*kill)(old);
    REQUIRE(c.run_until([&] { return c.writable_master() != nullptr; }, seconds(5)));
    REQUIRE(c.broken() == std::vector<std::string>{});
    took.push_back((c.now() - killed).count() / 1000);
  }
  std::sort(took.begin(), took.end());
  MESSAGE("median " << took[took.size() / 2] << " ms, worst " << took.back() << " ms");
  return took[took.size() / 2];
}

TEST_CASE("a failover after kill -9 of a watched master takes some ten milliseconds") {
  CHECK(median_failover_ms(&Cluster::kill_proven, 60) < 60);
}

TEST_CASE("without a watcher it waits for the lease, and no longer") {
  CHECK(median_failover_ms(&Cluster::kill, 40) < 900);
}

}  // namespace
}  // namespace onggi::test
