// Three sentinels and three nodes under many seeds: crashes, restarts, stops, cuts, delays. The promises hold at every
// moment; and when the faults are over, a master is writable again. ONGGI_SEED=n runs one seed and prints its trace,
// ONGGI_SEEDS=n the first n.
#include <doctest/doctest.h>
#include <cstdlib>

#include "tests/sentinel/cluster.h"

namespace onggi::test {
namespace {

std::string any_name(Cluster& c) {
  const uint64_t i = c.random().below(6);
  return i < 3 ? std::string(1, static_cast<char>('A' + i)) : "S" + std::to_string(i - 2);
}

void one_fault(Cluster& c) {
  const std::string name = any_name(c);
  const bool is_node = name.size() == 1;
  switch (c.random().below(8)) {
    case 0:
      return is_node ? c.kill_proven(name) : c.kill(name);
    case 1:
      return c.kill(name);
    case 2:
      return c.restart(name);
    case 3:
      return c.stop(name, true);
    case 4:
      return c.stop(name, false);
    case 5:
      return c.cut(name, any_name(c));
    case 6:
      return c.heal_all();
  }
}

void heal(Cluster& c) {
  c.heal_all();
  for (const char* name : {"A", "B", "C", "S1", "S2", "S3"}) {
    c.stop(name, false);
    if (!c.alive(name)) c.restart(name);
  }
}

TEST_CASE("seeds: the promises hold under faults, and a master returns when they end") {
  const char* only = std::getenv("ONGGI_SEED");
  const uint64_t first = only != nullptr ? std::strtoull(only, nullptr, 10) : 1;
  const char* many = std::getenv("ONGGI_SEEDS");
  const uint64_t last = only != nullptr ? first : first - 1 + (many != nullptr ? std::strtoull(many, nullptr, 10) : 50);
  uint64_t acknowledged = 0;
  for (uint64_t seed = first; seed <= last; seed++) {
    CAPTURE(seed);
    ClusterOptions options;
    options.seed = seed;
    options.write_acks = seed % 3 == 0 ? 0 : static_cast<uint32_t>(seed % 3);
    options.least_delay = microseconds(100);
    options.most_delay = seed % 2 == 0 ? milliseconds(2) : milliseconds(40);
    options.trace_messages = only != nullptr;
    Cluster c(options);
    CHECK(c.run_until([&] { return c.writable_master() != nullptr; }, seconds(5)));
    for (int i = 0; i < 25; i++) {
      if (c.random().below(4) == 0) {  // some faults meet a whole cluster
        heal(c);
        c.run_until([&] { return c.writable_master() != nullptr; }, seconds(5));
        c.run_for(milliseconds(300));
      }
      one_fault(c);
      c.run_for(milliseconds(static_cast<int64_t>(c.random().below(600))));
    }
    heal(c);
    const bool back = c.run_until([&] { return c.writable_master() != nullptr; }, seconds(20));
    const bool good = back && c.broken().empty();
    if (only != nullptr || !good) {
      auto trace = c.take_trace();
      const size_t from = only != nullptr || trace.size() < 60 ? 0 : trace.size() - 60;
      for (size_t i = from; i < trace.size(); i++) MESSAGE(trace[i]);
    }
    CHECK(back);
    REQUIRE(c.broken() == std::vector<std::string>{});
    acknowledged += c.acknowledged();
  }
  if (only == nullptr) CHECK(acknowledged > 1000);
}

}  // namespace
}  // namespace onggi::test
