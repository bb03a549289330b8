// The real file system keeps disk.h's contract, and so does the one in memory: the same checks for both.
#include "storage/posix_disk.h"

#include <doctest/doctest.h>
#include <stdlib.h>

#include <filesystem>
#include <functional>

#include "storage/log.h"
#include "storage/memory_disk.h"

using namespace onggi;

namespace {

void with_each(const std::function<void(Disk& disk, const std::string& folder)>& test) {
  SUBCASE("posix") {
    char name[] = "/tmp/onggi-disk-XXXXXX";
    REQUIRE(::mkdtemp(name) != nullptr);
    PosixDisk disk;
    test(disk, name);
    std::filesystem::remove_all(name);
  }
  SUBCASE("memory") {
    MemoryDisk disk;
    REQUIRE(disk.make_directory("/tmp/folder"));
    test(disk, "/tmp/folder");
  }
}

std::string read_all(const File& file, uint64_t at, size_t size) {
  std::string bytes(size, '\0');
  const Result<size_t> got = file.read(at, bytes.data(), bytes.size());
  REQUIRE(got);
  bytes.resize(*got);
  return bytes;
}

}  // namespace

TEST_CASE("disk: files are created once, appended to, read, cut and found again") {
  with_each([](Disk& disk, const std::string& folder) {
    const std::string path = folder + "/file";
    CHECK_FALSE(disk.open(path));
    CHECK_FALSE(disk.create(folder + "/no/such/folder"));
    const auto file = disk.create(path);
    REQUIRE(file);
    CHECK_FALSE(disk.create(path));
    REQUIRE((*file)->append("hello "));
    REQUIRE((*file)->append("world"));
    REQUIRE((*file)->append(""));
    CHECK((*file)->size() == 11);
    CHECK(read_all(**file, 6, 100) == "world");
    CHECK(read_all(**file, 2, 3) == "llo");
    CHECK(read_all(**file, 11, 10).empty());
    CHECK(read_all(**file, 100, 10).empty());
    REQUIRE((*file)->truncate(5));
    REQUIRE((*file)->append("!"));
    REQUIRE((*file)->sync());
    REQUIRE(disk.sync_directory(folder));
    const auto again = disk.open(path);
    REQUIRE(again);
    CHECK(read_all(**again, 0, 100) == "hello!");
  });
}

TEST_CASE("disk: folders, names, renames and removals") {
  with_each([](Disk& disk, const std::string& folder) {
    REQUIRE(disk.make_directory(folder + "/a/b/c"));
    REQUIRE(disk.make_directory(folder + "/a/b/c"));
    CHECK(disk.exists(folder + "/a/b"));
    REQUIRE((*disk.create(folder + "/a/2"))->append("two"));
    REQUIRE((*disk.create(folder + "/a/1"))->append("one"));
    CHECK(*disk.list(folder + "/a") == std::vector<std::string>{"1", "2", "b"});
    REQUIRE(disk.rename(folder + "/a/1", folder + "/a/2"));
    CHECK(*disk.list(folder + "/a") == std::vector<std::string>{"2", "b"});
    CHECK(read_all(**disk.open(folder + "/a/2"), 0, 10) == "one");
    CHECK_FALSE(disk.rename(folder + "/a/1", folder + "/a/2"));
    CHECK_FALSE(disk.list(folder + "/none"));
    REQUIRE(disk.remove(folder + "/a"));
    REQUIRE(disk.remove(folder + "/a"));
    CHECK_FALSE(disk.exists(folder + "/a/2"));
    CHECK_FALSE(disk.exists(folder + "/a"));
    CHECK(disk.free_bytes(folder) > 0);
  });
}

TEST_CASE("disk: what can't be is an error with the path in it") {
  PosixDisk disk;
  const auto opened = disk.open("/proc/no/such/file");
  REQUIRE_FALSE(opened);
  CHECK(opened.error().message.find("/proc/no/such/file") != std::string::npos);
  CHECK_FALSE(disk.make_directory("/proc/no/folder"));
  const auto full = disk.open("/dev/full");
  if (full) CHECK_FALSE((*full)->append("x"));
}

TEST_CASE("disk: a log lives on the real one") {
  char name[] = "/tmp/onggi-disk-XXXXXX";
  REQUIRE(::mkdtemp(name) != nullptr);
  PosixDisk disk;
  LogOptions options;
  options.directory = std::string(name) + "/log";
  options.segment_bytes = 1000;
  Position end;
  {
    auto log = Log::open(disk, options);
    REQUIRE_MESSAGE(log, log.error().message);
    for (uint64_t epoch = 1; epoch <= 200; epoch++) (*log)->append_epoch_start({epoch}, {epoch});
    REQUIRE((*log)->sync_now());
    REQUIRE((*log)->truncate({{150}, (*log)->history()[150].offset}));
    end = (*log)->end();
  }
  const auto log = Log::open(disk, options);
  REQUIRE_MESSAGE(log, log.error().message);
  CHECK((*log)->end() == end);
  CHECK((*log)->history().size() == 150);
  std::filesystem::remove_all(name);
}
