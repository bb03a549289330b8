// The disk that forgets: what was synced stays, what was not may go, and every way of going is seen with some seed.
#include "storage/memory_disk.h"

#include <doctest/doctest.h>

#include <functional>
#include <set>

using namespace onggi;

namespace {

// What is in "/d/file" after a crash, over many seeds.
std::set<std::string> outcomes(const std::function<void(MemoryDisk&)>& before) {
  std::set<std::string> seen;
  for (uint64_t seed = 1; seed <= 300; seed++) {
    Random random(seed);
    MemoryDisk disk;
    REQUIRE(disk.make_directory("/d"));
    before(disk);
    disk.crash(random);
    seen.insert(disk.exists("/d/file") ? "[" + disk.contents("/d/file") + "]" : "none");
  }
  return seen;
}

std::shared_ptr<File> made(MemoryDisk& disk, const std::string& path, std::string_view contents) {
  auto file = disk.create(path);
  REQUIRE(file);
  REQUIRE((*file)->append(contents));
  return *file;
}

}  // namespace

TEST_CASE("memory disk: what was synced, name and all, is there") {
  const auto seen = outcomes([](MemoryDisk& disk) {
    REQUIRE(made(disk, "/d/file", "abc")->sync());
    REQUIRE(disk.sync_directory("/d"));
  });
  CHECK(seen == std::set<std::string>{"[abc]"});
}

TEST_CASE("memory disk: an unsynced name may go, unsynced bytes may go or be torn") {
  const auto seen = outcomes([](MemoryDisk& disk) { REQUIRE(made(disk, "/d/file", "abc")->sync()); });
  CHECK(seen == std::set<std::string>{"[abc]", "none"});
  const auto bytes = outcomes([](MemoryDisk& disk) {
    const auto file = made(disk, "/d/file", "abc");
    REQUIRE(file->sync());
    REQUIRE(disk.sync_directory("/d"));
    REQUIRE(file->append("def"));
  });
  CHECK(bytes.contains("[abc]"));
  CHECK(bytes.contains("[abcd]"));
  CHECK(bytes.contains("[abcdef]"));
  CHECK(bytes.contains(std::string("[abcd\0]", 7)));
  for (const std::string& one : bytes) CHECK(one.starts_with("[abc"));
}

TEST_CASE("memory disk: an unsynced truncation, rename or removal may be undone") {
  const auto cut = outcomes([](MemoryDisk& disk) {
    const auto file = made(disk, "/d/file", "abc");
    REQUIRE(file->sync());
    REQUIRE(disk.sync_directory("/d"));
    REQUIRE(file->truncate(1));
  });
  CHECK(cut == std::set<std::string>{"[a]", "[abc]"});
  const auto renamed = outcomes([](MemoryDisk& disk) {
    REQUIRE(made(disk, "/d/file", "old")->sync());
    REQUIRE(made(disk, "/d/new", "new")->sync());
    REQUIRE(disk.sync_directory("/d"));
    REQUIRE(disk.rename("/d/new", "/d/file"));
  });
  CHECK(renamed == std::set<std::string>{"[old]", "[new]"});
  const auto removed = outcomes([](MemoryDisk& disk) {
    REQUIRE(made(disk, "/d/file", "abc")->sync());
    REQUIRE(disk.sync_directory("/d"));
    REQUIRE(disk.remove("/d/file"));
  });
  CHECK(removed == std::set<std::string>{"[abc]", "none"});
}

TEST_CASE("memory disk: faults") {
  MemoryDisk disk;
  REQUIRE(disk.make_directory("/d"));
  const auto file = made(disk, "/d/file", "abc");
  disk.fill_up(2);
  CHECK_FALSE(file->append("def"));
  CHECK(file->size() == 3);
  CHECK(file->append("de"));
  disk.fill_up(100);
  disk.fail_syncs(true);
  CHECK_FALSE(file->sync());
  disk.fail_syncs(false);
  CHECK_FALSE(file->sync());  // once failed, failed
  disk.flip_bit("/d/file", 0);
  CHECK(disk.contents("/d/file") == "`bcde");
  disk.stop_after(1);
  CHECK(disk.make_directory("/e"));
  CHECK_FALSE(disk.make_directory("/f"));
  disk.kill();
  CHECK(disk.make_directory("/f"));
  char byte = 0;
  CHECK_FALSE(file->read(0, &byte, 1));  // a handle of the process that died
  disk.wipe("/d");
  CHECK_FALSE(disk.exists("/d/file"));
}
