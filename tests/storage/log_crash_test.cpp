// Crashes at every operation of the disk: whatever the moment, the log that opens again is a whole prefix of what was
// written, with everything that was synced; cutting and starting over end either before or after.
#include <doctest/doctest.h>

#include <cstring>
#include <limits>

#include "common/random.h"
#include "storage/data_dir.h"
#include "storage/log.h"
#include "storage/memory_disk.h"
#include "storage/record.h"
#include "storage/segment.h"

using namespace onggi;

namespace {

LogOptions options(Offset known_synced = {}) {
  LogOptions o;
  o.directory = "/log";
  o.segment_bytes = 600;
  o.backlog_bytes = 500;
  o.known_synced = known_synced;
  return o;
}

void append(Log& log, std::string_view payload) {
  log.begin_record(RecordType::kOperations);
  std::memcpy(log.extend(payload.size()), payload.data(), payload.size());
  log.end_record();
}

std::string number(int i) {
  return "record " + std::to_string(i) + std::string(static_cast<size_t>(i * 7 % 90), 'x');
}

std::vector<std::string> payloads(const Log& log, Offset from) {
  std::vector<std::string> all;
  const Result<void> done = log.visit(from, [&](const RecordView& record) {
    if (record.type == RecordType::kOperations) all.emplace_back(record.payload);
    return true;
  });
  CHECK_MESSAGE(done, done.error().message);
  return all;
}

// Every record with its end, as it should be read back.
struct Expected {
  std::vector<std::pair<Offset, std::string>> records;
  History history;
};

// Opens after a crash and checks that the log is a whole prefix of `expected` that reaches `at_least`.
std::unique_ptr<Log> check_reopened(MemoryDisk& disk, const Expected& expected, Offset at_least, Offset known_synced) {
  auto opened = Log::open(disk, options(known_synced));
  REQUIRE_MESSAGE(opened, opened.error().message);
  std::unique_ptr<Log> log = std::move(*opened);
  CHECK(log->end().offset >= at_least);
  CHECK(log->begin() <= at_least);
  std::vector<std::string> wanted;
  for (const auto& [end, payload] : expected.records) {
    if (end > log->begin() && end <= log->end().offset) wanted.push_back(payload);
  }
  CHECK(payloads(*log, log->begin()) == wanted);
  History history;
  for (const EpochStart& start : expected.history) {
    if (start.offset < log->end().offset) history.push_back(start);
  }
  CHECK(log->history() == history);
  return log;
}

}  // namespace

TEST_CASE("log crash: while appending, rolling, syncing and releasing") {
  for (uint64_t seed = 1; seed <= 200; seed++) {
    CAPTURE(seed);
    Random random(seed);
    MemoryDisk disk;
    Expected expected;
    Offset synced;
    for (int life = 0; life < 4; life++) {
      std::unique_ptr<Log> log = check_reopened(disk, expected, synced, random.below(2) ? synced : Offset{});
      while (!expected.records.empty() && expected.records.back().first > log->end().offset)
        expected.records.pop_back();
      expected.history = log->history();
      disk.stop_after(random.below(150));
      for (int i = 0; i < 100; i++) {
        if (random.below(10) == 0) {
          log->append_epoch_start({log->end().epoch.value + 1}, {random.next()});
          expected.history = log->history();
        } else {
          append(*log, number(i));
          expected.records.emplace_back(log->end().offset, number(i));
        }
        if (random.below(3) == 0) (void)log->write_out();
        if (random.below(6) == 0 && log->sync_now()) synced = log->synced();
        if (random.below(6) == 0) log->release(synced);
      }
      log.reset();
      disk.crash(random);
    }
    check_reopened(disk, expected, synced, synced);
  }
}

TEST_CASE("log crash: a killed process loses nothing that was written out") {
  Random random(5);
  MemoryDisk disk;
  Expected expected;
  auto log = check_reopened(disk, expected, {}, {});
  log->append_epoch_start({1}, {11});
  for (int i = 0; i < 100; i++) {
    append(*log, number(i));
    expected.records.emplace_back(log->end().offset, number(i));
  }
  expected.history = log->history();
  REQUIRE(log->write_out());
  const Offset end = log->end().offset;
  disk.kill();
  CHECK(check_reopened(disk, expected, end, {})->torn_bytes() == 0);
}

TEST_CASE("log crash: at every step of a truncation the log is the old one or reaches the cut") {
  uint64_t steps = 0;
  for (uint64_t stop = 0;; stop++) {
    bool done = false;
    for (uint64_t seed = 1; seed <= 20; seed++) {
      CAPTURE(stop);
      CAPTURE(seed);
      Random random(seed);
      MemoryDisk disk;
      Expected expected;
      auto log = check_reopened(disk, expected, {}, {});
      const bool all_synced = random.below(2) == 0;
      Offset common;
      log->append_epoch_start({1}, {11});
      for (int i = 0; i < 60; i++) {
        if (i == 20) {
          common = log->end().offset;
          log->append_epoch_start({2}, {22});
        }
        append(*log, number(i));
        expected.records.emplace_back(log->end().offset, number(i));
        // Synced one by one, the headers of the segments know it: then a gap between them would be damage.
        REQUIRE((all_synced ? log->sync_now() : log->write_out()));
      }
      expected.history = log->history();
      disk.stop_after(stop);
      done = log->truncate({{1}, common}).operator bool();
      disk.crash(random);
      const auto again = check_reopened(disk, expected, all_synced || done ? common : Offset{}, {});
      if (done) CHECK(again->end() == Position{{1}, common});
      // It can be cut then, if it was not, and goes on.
      if (again->end().offset > common) REQUIRE(again->truncate({{1}, common}));
      again->append_epoch_start({3}, {33});
      REQUIRE(again->sync_now());
    }
    steps = stop;
    if (done) break;
  }
  CHECK(steps > 10);
}

TEST_CASE("log crash: at every step of a reset there is the old log or the new one") {
  for (uint64_t stop = 0;; stop++) {
    bool done = false;
    for (uint64_t seed = 1; seed <= 20; seed++) {
      CAPTURE(stop);
      CAPTURE(seed);
      Random random(seed);
      MemoryDisk disk;
      auto opened = Log::open(disk, options());
      REQUIRE(opened);
      (*opened)->append_epoch_start({1}, {11});
      for (int i = 0; i < 40; i++) {
        append(**opened, number(i));
        REQUIRE((*opened)->write_out());
      }
      REQUIRE((*opened)->sync_now());
      const Position old_end = (*opened)->end();
      const Position base{{7}, {seed % 2 ? 100000u : 0u}};
      const Position wanted = seed % 2 ? base : Position{};
      const History history = seed % 2 ? History{{{7}, {77}, {99}}} : History{};
      disk.stop_after(stop);
      done = (*opened)->reset(wanted, history).operator bool();
      disk.crash(random);
      auto again = Log::open(disk, options());
      REQUIRE_MESSAGE(again, again.error().message);
      const bool is_new = (*again)->end() == wanted && (*again)->history() == history;
      const bool is_old = (*again)->end() == old_end && payloads(**again, {}).size() == 40;
      CHECK((is_new || (is_old && !done)));
      (*again)->append_epoch_start({8}, {88});
      REQUIRE((*again)->sync_now());
    }
    if (done) break;
  }
}

namespace {

// A log of several segments in "/log", all synced; the paths of its segments.
std::vector<std::string> make_segments(MemoryDisk& disk, Position& end) {
  auto log = Log::open(disk, options());
  REQUIRE(log);
  (*log)->append_epoch_start({1}, {11});
  for (int i = 0; i < 40; i++) {
    append(**log, number(i));
    REQUIRE((*log)->sync_now());
  }
  end = (*log)->end();
  std::vector<std::string> paths;
  const auto names = disk.list("/log");
  REQUIRE(names);
  for (const std::string& name : *names) paths.push_back("/log/" + name);
  REQUIRE(paths.size() >= 4);
  return paths;
}

}  // namespace

TEST_CASE("log damage: a flipped bit before what was known to be synced is an error that names file and place") {
  MemoryDisk disk;
  Position end;
  const auto paths = make_segments(disk, end);
  SUBCASE("in the last segment, if the owner knows better") {
    disk.flip_bit(paths.back(), (disk.contents(paths.back()).size() - 1) * 8);
    const auto log = Log::open(disk, options(end.offset));
    REQUIRE_FALSE(log);
    CHECK(log.error().message.find(paths.back()) != std::string::npos);
    CHECK(log.error().message.find("wrong checksum") != std::string::npos);
  }
  SUBCASE("in the last segment, when nobody knows: a torn tail, cut") {
    disk.flip_bit(paths.back(), (disk.contents(paths.back()).size() - 1) * 8);
    const auto log = Log::open(disk, options());
    REQUIRE(log);
    CHECK((*log)->torn_bytes() > 0);
    CHECK((*log)->end().offset < end.offset);
  }
  SUBCASE("in an earlier segment: found when it is read") {
    disk.flip_bit(paths[1], (disk.contents(paths[1]).size() - 1) * 8);
    const auto log = Log::open(disk, options());
    REQUIRE(log);
    const Result<void> visited = (*log)->visit({0}, [](const RecordView&) { return true; });
    REQUIRE_FALSE(visited);
    CHECK(visited.error().message.find(paths[1]) != std::string::npos);
  }
  SUBCASE("in a header") {
    for (const std::string& path : {paths[0], paths[1]}) {
      disk.flip_bit(path, 100);
      const auto log = Log::open(disk, options(end.offset));
      REQUIRE_FALSE(log);
      CHECK(log.error().message.find(path) != std::string::npos);
      disk.flip_bit(path, 100);
    }
    CHECK(Log::open(disk, options(end.offset)));
  }
  SUBCASE("a segment in the middle is gone") {
    REQUIRE(disk.remove(paths[1]));
    const auto log = Log::open(disk, options());
    REQUIRE_FALSE(log);
    CHECK(log.error().message.find(paths[0]) != std::string::npos);
  }
  SUBCASE("the bytes of one segment in the place of another") {
    REQUIRE(disk.rename(paths[1], paths[2]));
    CHECK_FALSE(Log::open(disk, options()));
  }
}

TEST_CASE("data folder: a copy is adopted whole or not at all, whatever the moment of a crash") {
  for (uint64_t stop = 0;; stop++) {
    bool adopted = false;
    for (uint64_t seed = 1; seed <= 20; seed++) {
      CAPTURE(stop);
      CAPTURE(seed);
      Random random(seed);
      MemoryDisk disk;
      auto data = DataDir::open(disk, "/data");
      REQUIRE(data);
      const auto write = [&](const std::string& path, std::string_view text) {
        const auto file = disk.create(path);
        return file && (*file)->append(text);
      };
      REQUIRE(write(data->log_directory() + "/log", "old"));
      REQUIRE((*disk.open(data->log_directory() + "/log"))->sync());
      REQUIRE(disk.sync_directory(data->log_directory()));
      disk.stop_after(stop);
      adopted = data->begin_copy() && write(data->copy_log_directory() + "/log", "new") &&
                write(data->copy_tier_directory() + "/tier", "new tier") && data->adopt_copy();
      if (adopted) (void)data->remove_old();
      disk.crash(random);
      const auto again = DataDir::open(disk, "/data");
      REQUIRE_MESSAGE(again, again.error().message);
      const std::string log = disk.contents(again->log_directory() + "/log");
      if (adopted) CHECK(log == "new");
      CHECK(again->generation() == (log == "new" ? 2 : 1));
      if (log == "new") CHECK(disk.contents(again->tier_directory() + "/tier") == "new tier");
      if (log != "new") CHECK(log == "old");
      const auto names = disk.list("/data");
      REQUIRE(names);
      CHECK(names->size() == 2);  // CURRENT and one generation
    }
    if (adopted) break;
  }
}
