// The table of commands: finding rows, finding keys, and that every row says all it must.
#include <doctest/doctest.h>

#include <set>

#include "node/command.h"
#include "node/commands/syntax.h"

using namespace onggi;

namespace {

std::vector<size_t> keys(const CommandTable& table, std::vector<std::string_view> args) {
  std::vector<size_t> indices = {99};  // must be cleared
  keys_of(*table.find(args[0]), args, indices);
  return indices;
}

constexpr CommandSpec kMulti = {.name = "multi", .arity = -3, .keys = {1, -1, 2}};
constexpr CommandSpec kCounted = {.name = "counted", .arity = -3, .flags = kMovableKeys};

std::vector<size_t> keys(const CommandSpec& row, std::vector<std::string_view> args) {
  std::vector<size_t> indices;
  keys_of(row, args, indices);
  return indices;
}

}  // namespace

TEST_CASE("names are found whatever their case, and nothing else is") {
  const CommandTable table;
  REQUIRE(table.find("PING") != nullptr);
  CHECK(table.find("PiNg") == table.find("ping"));
  for (const CommandSpec* row : table.all()) CHECK(table.find(row->name) == row);
  for (const char* name : {"", "pin", "pingg", "client|list", "\xff\xfe"}) CHECK(table.find(name) == nullptr);
  CHECK(table.find(std::string(1 << 20, 'x')) == nullptr);
}

TEST_CASE("subcommands are found in their command") {
  const CommandTable table;
  const CommandSpec* client = table.find("client");
  REQUIRE(client != nullptr);
  REQUIRE(find_subcommand(*client, "SetName") != nullptr);
  CHECK(find_subcommand(*client, "SetName")->name == "setname");
  CHECK(find_subcommand(*client, "nosuch") == nullptr);
  CHECK(find_subcommand(*table.find("ping"), "list") == nullptr);
}

TEST_CASE("keys are found by first, last and step") {
  CHECK(keys(kMulti, {"multi", "a", "1", "b", "2"}) == std::vector<size_t>{1, 3});
  CHECK(keys(kMulti, {"multi", "a"}).empty());
  CHECK(keys(kCounted, {"counted", "2", "a", "b", "LIMIT"}) == std::vector<size_t>{2, 3});
  CHECK(keys(kCounted, {"counted", "9", "a"}).empty());
  CHECK(keys(kCounted, {"counted", "-1", "a"}).empty());
  CHECK(keys(kCounted, {"counted", "99999999999999999999", "a"}).empty());
}

TEST_CASE("a subcommand's keys are found through its command") {
  const CommandTable table;
  CHECK(keys(table, {"memory", "usage", "k"}) == std::vector<size_t>{2});
  CHECK(keys(table, {"memory", "stats"}).empty());
  CHECK(keys(table, {"memory", "nosuch", "k"}).empty());
}

TEST_CASE("every row is whole") {
  const CommandTable table;
  const auto whole = [](const CommandSpec& row) {
    CAPTURE(row.name);
    CHECK(row.arity != 0);
    CHECK_FALSE(row.group.empty());
    CHECK_FALSE(row.since.empty());
    CHECK_FALSE(row.complexity.empty());
    CHECK_FALSE(row.summary.empty());
    CHECK_FALSE(row.categories.empty());
    CHECK((row.handler != nullptr || !row.subcommands.empty()));
    CHECK_FALSE(((row.flags & kWrite) != 0 && (row.flags & kReadonly) != 0));
    if ((row.arity < -1 || row.arity > 1) && row.subcommands.empty() && row.name != "help") {
      CHECK((!parse_syntax(row.syntax).empty() || row.arity == 2 || row.arity == -2));
    }
  };
  for (const CommandSpec* row : table.all()) {
    whole(*row);
    std::set<std::string_view> seen;
    for (const CommandSpec& subcommand : row->subcommands) {
      whole(subcommand);
      CHECK(seen.insert(subcommand.name).second);
    }
  }
}
