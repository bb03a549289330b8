// Both tiers keep the same contract: batches are atomic, in order, and carry their position; what RocksDB does in a
// crash is seen by killing a process.
#include "storage/tier.h"

#include <doctest/doctest.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <functional>

#include "common/random.h"
#include "storage/memory_disk.h"
#include "storage/memory_tier.h"
#include "storage/rocks_tier.h"
#include "storage/tier_key.h"
#include "storage/tier_meta.h"

using namespace onggi;

namespace {

struct TemporaryFolder {
  TemporaryFolder() {
    char name[] = "/tmp/onggi-tier-XXXXXX";
    path = ::mkdtemp(name);
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path); }
  std::string path;
};

std::string value(int64_t deadline, const std::string& body) {
  std::string bytes;
  append_le(bytes, deadline);
  return bytes + body;
}

TierBatch batch_at(uint64_t offset) {
  TierBatch batch;
  batch.meta.position = {{3}, {offset}};
  batch.meta.history = {{{1}, {11}, {0}}, {{3}, {33}, {50}}};
  batch.meta.databases = {{{1}, 10, 5}, {{2}, 0, 0}};
  batch.meta.next_id = {3};
  return batch;
}

void put(TierBatch& batch, DbId db, uint16_t slot, const std::string& key, const std::string& bytes) {
  batch.puts.push_back({{db, slot, key}, bytes});
}

std::string get(const Tier& tier, DbId db, uint16_t slot, const std::string& key) {
  const auto found = tier.get(db, slot, key);
  REQUIRE(found);
  return found->value_or("(none)");
}

std::vector<std::string> keys(const Tier& tier, DbId db, uint16_t slot) {
  std::vector<std::string> all;
  REQUIRE(tier.scan_slot(db, slot, [&](std::string_view key, std::string_view) {
    all.emplace_back(key);
    return true;
  }));
  return all;
}

using Opener = std::function<std::unique_ptr<Tier>(const std::string& directory)>;

// Runs with each kind of tier, in a fresh folder.
void with_each(const std::function<void(const Opener& open, const std::string& folder)>& test) {
  SUBCASE("rocksdb") {
    const TemporaryFolder folder;
    test(
        [](const std::string& directory) -> std::unique_ptr<Tier> {
          auto tier = RocksTier::open(directory);
          REQUIRE_MESSAGE(tier, tier.error().message);
          return std::move(*tier);
        },
        folder.path);
  }
  SUBCASE("memory") {
    MemoryDisk disk;
    test(
        [&disk](const std::string& directory) -> std::unique_ptr<Tier> {
          auto tier = MemoryTier::open(disk, directory);
          REQUIRE_MESSAGE(tier, tier.error().message);
          return std::move(*tier);
        },
        "/data");
  }
}

}  // namespace

TEST_CASE("tier: a new one is empty") {
  with_each([](const Opener& open, const std::string& folder) {
    const auto tier = open(folder + "/tier");
    CHECK(tier->meta().position == Position{});
    CHECK(tier->durable() == Position{});
    CHECK(get(*tier, {1}, 0, "k") == "(none)");
    CHECK(keys(*tier, {1}, 0).empty());
  });
}

TEST_CASE("tier: a batch is read back, flushed, and there after open") {
  with_each([](const Opener& open, const std::string& folder) {
    {
      const auto tier = open(folder + "/tier");
      TierBatch batch = batch_at(100);
      put(batch, {1}, 7, "b", value(0, "B"));
      put(batch, {1}, 7, "a", value(0, "A"));
      put(batch, {1}, 8, "c", value(0, "C"));
      put(batch, {2}, 7, "d", value(0, "D"));
      put(batch, {1}, 0xffff, std::string("\0\xff", 2), value(0, "E"));
      REQUIRE(tier->write(batch));
      CHECK(tier->meta().position == Position{{3}, {100}});
      CHECK(tier->durable() == Position{});
      CHECK(get(*tier, {1}, 7, "a") == value(0, "A"));
      CHECK(get(*tier, {2}, 7, "a") == "(none)");
      REQUIRE(tier->flush());
      CHECK(tier->durable() == Position{{3}, {100}});
      REQUIRE(tier->flush());
      CHECK(tier->durable() == Position{{3}, {100}});
    }
    const auto tier = open(folder + "/tier");
    CHECK(tier->meta().position == Position{{3}, {100}});
    CHECK(tier->durable() == Position{{3}, {100}});
    CHECK(tier->meta().history == batch_at(0).meta.history);
    CHECK(tier->meta().databases.size() == 2);
    CHECK(tier->meta().databases[0].keys == 10);
    CHECK(tier->meta().next_id == DbId{3});
    CHECK(keys(*tier, {1}, 7) == std::vector<std::string>{"a", "b"});
    CHECK(keys(*tier, {1}, 8) == std::vector<std::string>{"c"});
    CHECK(keys(*tier, {1}, 0xffff) == std::vector<std::string>{std::string("\0\xff", 2)});
    CHECK(keys(*tier, {2}, 7) == std::vector<std::string>{"d"});
  });
}

TEST_CASE("tier: drops, then deletes, then touches and puts") {
  with_each([](const Opener& open, const std::string& folder) {
    const auto tier = open(folder + "/tier");
    TierBatch first = batch_at(100);
    put(first, {1}, 1, "deleted", value(0, "x"));
    put(first, {1}, 1, "touched", value(5, "y"));
    put(first, {2}, 1, "dropped", value(0, "z"));
    put(first, {3}, 1, "stays", value(0, "s"));
    REQUIRE(tier->write(first));
    REQUIRE(tier->flush());
    TierBatch second = batch_at(200);
    second.drops = {{2}};
    second.deletes = {{{1}, 1, "deleted"}, {{1}, 1, "again"}, {{1}, 1, "never was"}};
    second.touches = {{{{1}, 1, "touched"}, {77}}, {{{1}, 1, "never was"}, {77}}};
    put(second, {1}, 1, "again", value(0, "a"));
    put(second, {2}, 1, "fresh", value(0, "f"));
    REQUIRE(tier->write(second));
    CHECK(keys(*tier, {1}, 1) == std::vector<std::string>{"again", "touched"});
    CHECK(get(*tier, {1}, 1, "touched") == value(77, "y"));
    CHECK(keys(*tier, {2}, 1) == std::vector<std::string>{"fresh"});
    CHECK(keys(*tier, {3}, 1) == std::vector<std::string>{"stays"});
    CHECK(tier->meta().position.offset == Offset{200});
  });
}

TEST_CASE("tier: a checkpoint has every batch written, flushed or not, and opens as a tier") {
  with_each([](const Opener& open, const std::string& folder) {
    const auto tier = open(folder + "/tier");
    TierBatch batch = batch_at(100);
    put(batch, {1}, 1, "flushed", value(0, "1"));
    REQUIRE(tier->write(batch));
    REQUIRE(tier->flush());
    batch = batch_at(200);
    put(batch, {1}, 1, "not flushed", value(0, "2"));
    REQUIRE(tier->write(batch));
    const auto files = tier->checkpoint(folder + "/checkpoints/one");
    REQUIRE_MESSAGE(files, files.error().message);
    CHECK_FALSE(files->empty());
    REQUIRE(tier->checkpoint(folder + "/checkpoints/one"));  // over a left-over
    TierBatch later = batch_at(300);
    put(later, {1}, 1, "later", value(0, "3"));
    REQUIRE(tier->write(later));
    const auto copy = open(folder + "/checkpoints/one");
    CHECK(copy->meta().position.offset == Offset{200});
    CHECK(keys(*copy, {1}, 1) == std::vector<std::string>{"flushed", "not flushed"});
    CHECK(keys(*tier, {1}, 1).size() == 3);
  });
}

TEST_CASE("tier: its statistics have the names an operator looks for") {
  const TemporaryFolder folder;
  const auto tier = RocksTier::open(folder.path + "/tier");
  REQUIRE(tier);
  std::string names;
  for (const auto& [name, text] : (*tier)->stats()) names += name + " ";
  for (const char* name : {"memtable_bytes", "sst_bytes", "pending_compaction_bytes", "block_cache_usage",
                           "block_cache_hit", "block_cache_miss", "estimate_keys", "background_errors"}) {
    CHECK_MESSAGE(names.find(std::string(name) + " ") != std::string::npos, name);
  }
}

TEST_CASE("tier: what is not a folder, or not RocksDB's, is an error") {
  CHECK_FALSE(RocksTier::open("/dev/null/tier"));
}

TEST_CASE("memory tier: what was not flushed is gone after a crash") {
  Random random(1);
  for (int round = 0; round < 50; round++) {
    MemoryDisk disk;
    auto tier = MemoryTier::open(disk, "/tier");
    REQUIRE(tier);
    TierBatch batch = batch_at(100);
    put(batch, {1}, 1, "k", value(0, "kept"));
    REQUIRE((*tier)->write(batch));
    REQUIRE((*tier)->flush());
    batch = batch_at(200);
    put(batch, {1}, 1, "k", value(0, "lost"));
    REQUIRE((*tier)->write(batch));
    disk.crash(random);
    const auto again = MemoryTier::open(disk, "/tier");
    REQUIRE(again);
    CHECK((*again)->meta().position.offset == Offset{100});
    CHECK(get(**again, {1}, 1, "k") == value(0, "kept"));
  }
}

namespace {

constexpr const char* kChildFolder = "ONGGI_TEST_TIER_FOLDER";
constexpr const char* kChildCase = "rocks tier: the child that is killed";

// Writes batches of several keys, each naming the batch; flushes some, then waits to be killed.
[[noreturn]] void write_until_killed(const std::string& directory, int ready) {
  RocksTierOptions options;
  options.write_buffer_bytes = 256 << 10;
  auto tier = RocksTier::open(directory, options);
  if (!tier) ::_exit(1);
  for (uint64_t n = 1;; n++) {
    TierBatch batch = batch_at(n);
    for (int k = 0; k < 20; k++)
      put(batch, {1}, 1, "key" + std::to_string(k), value(0, std::string(200, 'v') + std::to_string(n)));
    if (!(*tier)->write(batch)) ::_exit(1);
    if (n == 100 && !(*tier)->flush()) ::_exit(1);
    const uint64_t report[2] = {n, (*tier)->durable().offset.value};
    if (::write(ready, report, sizeof(report)) != sizeof(report)) ::_exit(1);
  }
}

}  // namespace

// Not a test: run by the next one, in a process of its own (RocksDB's threads do not survive a fork).
TEST_CASE("rocks tier: the child that is killed" * doctest::skip()) {
  const char* folder = ::getenv(kChildFolder);
  if (folder != nullptr) write_until_killed(folder, STDOUT_FILENO);
}

TEST_CASE("rocks tier: after SIGKILL it is exactly at some batch, none before durable()") {
  for (const uint64_t kill_after : {50, 100, 150, 400, 1500}) {
    const TemporaryFolder folder;
    int pipes[2];
    REQUIRE(::pipe(pipes) == 0);
    const pid_t child = ::fork();
    if (child == 0) {
      ::dup2(pipes[1], STDOUT_FILENO);
      ::setenv(kChildFolder, (folder.path + "/tier").c_str(), 1);
      const std::string only = std::string("--test-case=") + kChildCase;
      ::execl("/proc/self/exe", "test-storage", "--no-skip", "--no-intro", "--no-version", only.c_str(), nullptr);
      ::_exit(1);
    }
    ::close(pipes[1]);
    uint64_t report[2] = {0, 0};
    while (report[0] < kill_after) REQUIRE(::read(pipes[0], report, sizeof(report)) == sizeof(report));
    ::kill(child, SIGKILL);
    int status = 0;
    ::waitpid(child, &status, 0);
    ::close(pipes[0]);
    const auto tier = RocksTier::open(folder.path + "/tier");
    REQUIRE_MESSAGE(tier, tier.error().message);
    const uint64_t position = (*tier)->meta().position.offset.value;
    CHECK(position >= report[1]);
    if (kill_after >= 100) CHECK(position >= 100);
    if (kill_after >= 1500) CHECK(report[1] > 100);  // memtables fill and are flushed by themselves
    if (kill_after == 50) CHECK(position < 50 + 100);
    CHECK((*tier)->durable().offset.value == position);
    for (int k = 0; k < 20; k++) {
      const std::string expected =
          position == 0 ? "(none)" : value(0, std::string(200, 'v') + std::to_string(position));
      CHECK(get(**tier, {1}, 1, "key" + std::to_string(k)) == expected);
    }
  }
}

TEST_CASE("tier meta: golden bytes, and nothing bad is taken for good") {
  const TierMeta meta = batch_at(100).meta;
  const std::string bytes = encode_tier_meta(meta);
  const Result<TierMeta> decoded = decode_tier_meta(bytes);
  REQUIRE(decoded);
  CHECK(decoded->position == meta.position);
  CHECK(decoded->history == meta.history);
  CHECK(decoded->databases.size() == 2);
  CHECK(decoded->next_id == meta.next_id);
  std::string expected;
  append_le<uint32_t>(expected, 1);
  for (const uint64_t number : {3, 100}) append_le(expected, number);
  append_le<uint32_t>(expected, 2);
  for (const uint64_t number : {1, 11, 0, 3, 33, 50}) append_le(expected, number);
  append_le<uint32_t>(expected, 2);
  for (const uint64_t number : {1, 10, 5, 2, 0, 0, 3}) append_le(expected, number);
  CHECK(bytes.substr(0, bytes.size() - 8) == expected);
  for (size_t size = 0; size < bytes.size(); size++) CHECK_FALSE(decode_tier_meta(bytes.substr(0, size)));
  for (size_t bit = 0; bit < bytes.size() * 8; bit++) {
    std::string flipped = bytes;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
    CHECK_FALSE(decode_tier_meta(flipped));
  }
}

TEST_CASE("tier keys: a database and a slot are one range each") {
  CHECK(tier_key({0x0102}, 0x0304, "k") == std::string("\0\0\0\0\0\0\x01\x02\x03\x04k", 11));
  CHECK(tier_key({1}, 5, "\xff\xff") < tier_slot_end({1}, 5));
  CHECK(tier_slot_end({1}, 5) <= tier_key({1}, 6, ""));
  CHECK(tier_slot_end({1}, 0xffff) == tier_database_begin({2}));
}
