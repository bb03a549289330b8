// The node's folder: made, found again, refused when it is not whole; cut tails are bounded. Crashes:
// log_crash_test.cpp.
#include "storage/data_dir.h"

#include <doctest/doctest.h>

#include "common/random.h"
#include "storage/memory_disk.h"

using namespace onggi;

TEST_CASE("data folder: made at first, the same afterwards") {
  MemoryDisk disk;
  const auto first = DataDir::open(disk, "/data");
  REQUIRE(first);
  CHECK(first->generation() == 1);
  CHECK(first->state_path() == "/data/state");
  CHECK(first->log_directory() == "/data/gen-1/log");
  CHECK(first->tier_directory() == "/data/gen-1/tier");
  CHECK(disk.exists(first->log_directory()));
  const auto second = DataDir::open(disk, "/data");
  REQUIRE(second);
  CHECK(second->generation() == 1);
}

TEST_CASE("data folder: a first start may crash at any moment") {
  for (uint64_t stop = 0; stop < 20; stop++) {
    for (uint64_t seed = 1; seed <= 20; seed++) {
      Random random(seed);
      MemoryDisk disk;
      disk.stop_after(stop);
      (void)DataDir::open(disk, "/data");
      disk.crash(random);
      const auto data = DataDir::open(disk, "/data");
      REQUIRE_MESSAGE(data, data.error().message);
      CHECK(data->generation() == 1);
    }
  }
}

TEST_CASE("data folder: what is not whole is refused, never started afresh") {
  MemoryDisk disk;
  const auto data = DataDir::open(disk, "/data");
  REQUIRE(data);
  REQUIRE(disk.create(data->log_directory() + "/00000000000000000000.log"));
  SUBCASE("CURRENT is gone") {
    REQUIRE(disk.remove("/data/CURRENT"));
    CHECK_FALSE(DataDir::open(disk, "/data"));
  }
  SUBCASE("the log is gone") {
    REQUIRE(disk.remove(data->log_directory()));
    CHECK_FALSE(DataDir::open(disk, "/data"));
  }
  SUBCASE("CURRENT says nothing") {
    disk.flip_bit("/data/CURRENT", 1);
    CHECK_FALSE(DataDir::open(disk, "/data"));
  }
}

TEST_CASE("data folder: an interrupted copy is a left-over") {
  MemoryDisk disk;
  auto data = DataDir::open(disk, "/data");
  REQUIRE(data);
  REQUIRE(data->begin_copy());
  REQUIRE(disk.create(data->copy_tier_directory() + "/half"));
  REQUIRE(data->begin_copy());
  CHECK_FALSE(disk.exists(data->copy_tier_directory() + "/half"));
  CHECK(disk.exists(data->copy_tier_directory()));
  REQUIRE(DataDir::open(disk, "/data"));
  CHECK_FALSE(disk.exists("/data/gen-2"));
}
