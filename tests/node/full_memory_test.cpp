// More sessions than memory holds: what only the tier has expires too.
#include "tests/node/node_bench.h"

using namespace onggi;

namespace {

constexpr int kASecond = 200;

// So many sessions come, and live for three seconds.
void run(NodeBench& bench, const std::string& name, int seconds_long) {
  for (int i = 0; i < seconds_long * kASecond; i++) {
    CHECK(bench.ask("SET " + name + std::to_string(i) + " " + std::string(10'000, 'x') + " EX 3") == "+OK\r\n");
    bench.pass(milliseconds{1000 / kASecond});
  }
}

int64_t keys(NodeBench& bench) {
  const std::string reply = bench.ask("DBSIZE");
  REQUIRE(reply.starts_with(":"));
  return std::stoll(reply.substr(1));
}

Config small() {
  Config config;
  config.maxmemory = 4 << 20;
  config.tier_lag_ms = 300;
  return config;
}

}  // namespace

TEST_CASE("sessions that left memory go from the tier when they expire, however full memory is") {
  NodeBench bench(small());
  run(bench, "s", 4);
  REQUIRE(bench.node->stats().evicted_keys > 100);
  run(bench, "t", 20);
  CHECK(keys(bench) < 4 * kASecond);
  CHECK(bench.tier.size() < 5 * kASecond);
}

TEST_CASE("so do those of before a restart") {
  NodeBench bench(small());
  bench.ask("SET stays " + std::string(100, 'x'));
  run(bench, "s", 3);
  bench.ask("SAVE");
  REQUIRE(bench.tier.size() > 2 * kASecond);
  REQUIRE(bench.start_again());
  bench.connect();
  run(bench, "t", 10);
  CHECK(keys(bench) < 4 * kASecond);
  CHECK(bench.ask("STRLEN stays") == ":100\r\n");
}

TEST_CASE("a slot that can't be read for a while is swept when it can") {
  NodeBench bench(small());
  run(bench, "{s}", 3);
  REQUIRE(bench.node->stats().evicted_keys > 100);
  bench.tier.unreadable_slot = slot_of("s");
  const size_t lines = bench.log_lines;
  run(bench, "t", 10);
  CHECK(keys(bench) > 4 * kASecond);
  CHECK(bench.log_lines == lines + 1);
  bench.tier.unreadable_slot.reset();
  run(bench, "u", 60);
  CHECK(keys(bench) < 4 * kASecond);
}

TEST_CASE("no slot is read for nothing: those whose sessions live on are left alone") {
  NodeBench bench(small());
  for (int i = 0; i < 1000; i++) {
    bench.ask("SET s" + std::to_string(i) + " " + std::string(10'000, 'x') + " EX 1800");
    bench.pass(milliseconds{5});
  }
  REQUIRE(bench.node->stats().evicted_keys > 100);
  const size_t read = bench.tier.slots_read;
  for (int i = 0; i < 60; i++) bench.pass(seconds{1});
  CHECK(bench.tier.slots_read == read);
  CHECK(keys(bench) == 1000);
}
