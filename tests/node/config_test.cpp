// Directives: what a file and CONFIG SET may say, and what they are told when they say it wrong.
#include "node/config.h"

#include <doctest/doctest.h>

#include <set>

#include "tests/node/node_bench.h"

using namespace onggi;

namespace {

Result<Config> load(std::string_view text) {
  auto parsed = parse_config_text(text, "node.conf");
  REQUIRE(parsed);
  return load_config(*parsed);
}

std::string why(std::string_view text) {
  auto config = load(text);
  REQUIRE_FALSE(config);
  return config.error().message;
}

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a configuration file sets what it names and leaves the rest at its default") {
  auto config = load(
      "port 7001\n"
      "bind 127.0.0.1 -::1\n"
      "maxmemory 2gb\n"
      "requirepass \"a b\"\n"
      "client-output-buffer-limit replica 256mb 64mb 60\n"
      "durability disk\n");
  REQUIRE(config);
  CHECK(config->port == 7001);
  CHECK(config->bind == std::vector<std::string>{"127.0.0.1", "-::1"});
  CHECK(config->maxmemory == 2ull << 30);
  CHECK(config->requirepass == "a b");
  CHECK(config->output_limit_replica.soft_seconds == 60);
  CHECK(config->durability == Durability::kDisk);
  CHECK(config->databases == 16);
}

TEST_CASE("an unknown directive is refused with its place and the nearest name") {
  const std::string error = why("port 7001\nmaxmemry 1gb\n");
  CHECK(contains(error, "node.conf:2"));
  CHECK(contains(error, "maxmemry"));
  CHECK(contains(error, "'maxmemory'"));
}

TEST_CASE("a bad value is refused with its place, its directive and what would be right") {
  const std::string error = why("timeout 0\n\nport 70000\n");
  CHECK(contains(error, "node.conf:3"));
  CHECK(contains(error, "port"));
  CHECK(contains(error, "between 0 and 65535"));
  CHECK(contains(why("maxmemory lots\n"), "argument must be a memory value"));
  CHECK(contains(why("managed maybe\n"), "'yes' or 'no'"));
  CHECK(contains(why("durability tape\n"), "none, os, disk"));
  CHECK(contains(why("port\n"), "wrong number of arguments"));
}

TEST_CASE("where others are to reach a node takes effect when it is set") {
  NodeBench bench;
  CHECK(bench.node->role().master_address() == Address{"127.0.0.1", 7001});
  CHECK(bench.ask("CONFIG SET replica-announce-ip 10.1.2.3 replica-announce-port 7009") == "+OK\r\n");
  CHECK(bench.node->role().master_address() == Address{"10.1.2.3", 7009});
  CHECK(bench.ask("CONFIG SET replica-announce-port 0") == "+OK\r\n");
  CHECK(bench.node->role().master_address() == Address{"10.1.2.3", 7001});
}

TEST_CASE("Redis's durability names mean Onggi's") {
  CHECK(load("appendfsync always\n")->durability == Durability::kDisk);
  CHECK(load("appendfsync everysec\n")->durability == Durability::kOs);
  CHECK(load("appendfsync no\n")->durability == Durability::kOs);
  const Config disk = *load("durability disk\n");
  CHECK(find_directive("appendfsync")->get(disk) == "always");
  CHECK(find_directive("appendonly")->get(disk) == "yes");
  CHECK(contains(why("appendonly no\n"), "durability"));
}

TEST_CASE("older names find the same row") {
  CHECK(find_directive("slaveof") == find_directive("replicaof"));
  CHECK(find_directive("HASH-MAX-ZIPLIST-VALUE") == find_directive("hash-max-listpack-value"));
  CHECK(load("slaveof 10.0.0.1 7001\n")->replicaof == "10.0.0.1 7001");
  CHECK(load("replicaof no one\n")->replicaof.empty());
}

TEST_CASE("managed and replicaof exclude each other") {
  CHECK(contains(why("managed yes\nreplicaof 10.0.0.1 7001\n"), "sentinels"));
}

TEST_CASE("save points are accepted for their form and have no effect") {
  auto config = load("save 900 1\nsave \"\"\n");
  REQUIRE(config);
  CHECK(find_directive("save")->get(*config).empty());
  CHECK(contains(why("save 900\n"), "Invalid save parameters"));
}

TEST_CASE("what a directive shows, it also takes back") {
  const Config fresh;
  for (const DirectiveSpec& row : directives()) {
    CAPTURE(row.name);
    const std::string shown = row.get(fresh);
    std::vector<std::string> args;
    if ((row.flags & kMultiple) != 0) {
      auto words = parse_config_text(std::string(row.name) + " " + (shown.empty() ? "\"\"" : shown), "x");
      REQUIRE(words);
      args = words->at(0).args;
    } else {
      args = {shown};
    }
    Config changed;
    CHECK(row.set(changed, args));
    CHECK(row.get(changed) == shown);
  }
}

TEST_CASE("no name stands for two directives, and each says what it is for") {
  std::set<std::string_view> seen;
  for (const DirectiveSpec& row : directives()) {
    CAPTURE(row.name);
    CHECK(seen.insert(row.name).second);
    if (!row.alias.empty()) CHECK(seen.insert(row.alias).second);
    CHECK_FALSE(row.summary.empty());
  }
}
