// Commands that name more than memory can hold: keys that only the tier has, above maxmemory.
#include <algorithm>
#include <set>
#include <sstream>

#include "tests/node/node_bench.h"

using namespace onggi;

namespace {

constexpr size_t kKeys = 600;
constexpr size_t kValueBytes = 5000;
constexpr uint64_t kLimit = 1 << 20;

Config limited() {
  Config config;
  config.maxmemory = kLimit;
  return config;
}

struct Cold : NodeBench {
  Cold() : NodeBench(limited()) {
    for (size_t i = 0; i < kKeys; i++) {
      REQUIRE(ask("SET " + key(i) + " " + std::string(kValueBytes, 'v') + " PX 1000000") == "+OK\r\n");
      if (i % 20 == 19) write_to_tier();
    }
    REQUIRE(used_memory() <= kLimit);
  }

  // Some slots, so that the node isn't busy with many when it warms up.
  static std::string key(size_t i) { return "{" + std::to_string(i % 60) + "}" + std::to_string(i); }
  static std::string keys(size_t count) {
    std::string text;
    for (size_t i = 0; i < count; i++) text += " " + key(i);
    return text;
  }
  void write_to_tier() {
    REQUIRE(ask("SAVE") == "+OK\r\n");
    for (int batch = 0; batch < 10; batch++) pass(milliseconds(1));
  }
  uint64_t info(const std::string& name) {
    const std::string text = ask("INFO");
    const size_t at = text.find("\n" + name + ":");
    REQUIRE(at != std::string::npos);
    return std::stoull(text.substr(at + name.size() + 2));
  }
  uint64_t used_memory() { return info("used_memory_dataset"); }
};

}  // namespace

TEST_CASE_FIXTURE(Cold, "what needs no values runs on all keys, however much they take") {
  CHECK(ask("EXISTS" + keys(kKeys)) == ":600\r\n");
  CHECK(ask("TOUCH" + keys(kKeys)) == ":600\r\n");
  for (size_t i = 0; i < kKeys; i += 7) {
    CHECK(ask("PTTL " + key(i)).starts_with(":9"));
    CHECK(ask("TYPE " + key(i)) == "+string\r\n");
  }
  CHECK(ask("PERSIST " + key(1)) == ":1\r\n");
  CHECK(ask("EXPIRE " + key(2) + " 5000") == ":1\r\n");
  CHECK(ask("EXPIRE " + key(3) + " 5000 NX") == ":0\r\n");
  write_to_tier();
  CHECK(ask("TTL " + key(1)) == ":-1\r\n");
  CHECK(ask("TTL " + key(2)) == ":5000\r\n");
  CHECK(ask("STRLEN " + key(2)) == ":5000\r\n");
  CHECK(ask("DEL" + keys(kKeys) + " never") == ":600\r\n");
  CHECK(ask("DBSIZE") == ":0\r\n");
  write_to_tier();
  CHECK(ask("EXISTS" + keys(kKeys)) == ":0\r\n");
}

TEST_CASE_FIXTURE(Cold, "more values at once than memory can hold are refused, and nobody else notices") {
  const ConnId other = connect();
  const ConnId greedy = connect();
  const uint64_t reads = info("tier_reads");
  CHECK(ask(greedy, "MGET" + keys(kKeys)).starts_with("-OOM the keys of this command"));
  CHECK(info("tier_reads") - reads < kKeys);
  CHECK(ask(other, "SET small value") == "+OK\r\n");
  pass(milliseconds(1));
  CHECK(ask(greedy, "GET small") == "$5\r\nvalue\r\n");
  CHECK(ask(greedy, "MGET" + keys(80)).size() > 80 * kValueBytes);
  CHECK(ask(greedy, "SUNIONSTORE to" + keys(kKeys)).starts_with("-OOM"));
}

TEST_CASE_FIXTURE(Cold, "what a client that has gone waited for leaves memory") {
  const ConnId greedy = connect();
  connect();
  node->receive(now, greedy, "MGET" + keys(80) + "\r\n", true);
  node->closed(now, greedy);
  settle();
  for (int batch = 0; batch < 20; batch++) pass(milliseconds(1));
  CHECK(used_memory() <= kLimit);
  CHECK(ask("MGET" + keys(80)).size() > 80 * kValueBytes);
}

TEST_CASE("a lower maxmemory is kept soon, however many values are to leave") {
  NodeBench bench;
  constexpr int kMany = 30'000;
  for (int i = 0; i < kMany; i++) REQUIRE(bench.ask("SET " + std::to_string(i) + " value") == "+OK\r\n");
  for (int batch = 0; batch < 100; batch++) bench.pass(milliseconds(100));
  const auto evicted = [&] {
    const std::string text = bench.ask("INFO stats");
    return std::stoi(text.substr(text.find("evicted_keys:") + 13));
  };
  CHECK(bench.ask("CONFIG SET maxmemory 1") == "+OK\r\n");  // which nothing is small enough for
  int rounds = 0;
  for (; rounds < 200 && *bench.node->next_deadline() <= bench.now.instant; rounds++) {
    bench.pass(milliseconds(0));
  }
  CHECK(evicted() > kMany * 9 / 10);
  CHECK(rounds > 10);                                       // not all in one batch
  CHECK(*bench.node->next_deadline() > bench.now.instant);  // and then it rests
}

TEST_CASE_FIXTURE(Cold, "every key in memory is too much, and that is said at once") {
  CHECK(ask("KEYS *").starts_with("-ERR this command needs every key in memory"));
  CHECK(ask("PING") == "+PONG\r\n");
}

TEST_CASE_FIXTURE(Cold, "one slot, and one value, that are larger than memory are answered") {
  for (size_t i = 0; i < 300; i++) {
    REQUIRE(ask("SET {one}" + std::to_string(i) + " " + std::string(kValueBytes, 'v')) == "+OK\r\n");
    if (i % 20 == 19) write_to_tier();
  }
  std::set<std::string> seen;
  std::string cursor = "0";
  do {
    std::istringstream lines(ask("SCAN " + cursor + " COUNT 500"));
    std::string line;
    for (size_t number = 0; std::getline(lines, line); number++) {
      line.pop_back();
      if (number == 2) cursor = line;
      if (number > 3 && !line.starts_with("$")) seen.insert(line);
    }
  } while (cursor != "0");
  CHECK(seen.size() == kKeys + 300);

  CHECK(ask("SETRANGE big 2000000 x") == ":2000001\r\n");
  write_to_tier();
  CHECK(ask("STRLEN big") == ":2000001\r\n");
  write_to_tier();
  CHECK(ask("GETRANGE big 2000000 2000000") == "$1\r\nx\r\n");
}
