// The log as its owners see it: appending, streaming, reading, cutting, and what is there after a crash at any moment.
#include "storage/log.h"

#include <doctest/doctest.h>

#include <cstring>
#include <functional>

#include "common/random.h"
#include "storage/memory_disk.h"
#include "storage/record.h"

using namespace onggi;

namespace {

constexpr uint64_t kSegmentBytes = 2000;

std::unique_ptr<Log> open_log(MemoryDisk& disk, uint64_t tail_bytes = 1 << 20, Offset known_synced = {}) {
  LogOptions options;
  options.directory = "/log";
  options.segment_bytes = kSegmentBytes;
  options.backlog_bytes = 1000;
  options.memory_tail_bytes = tail_bytes;
  options.known_synced = known_synced;
  Result<std::unique_ptr<Log>> log = Log::open(disk, options);
  REQUIRE_MESSAGE(log, log.error().message);
  return std::move(*log);
}

void append(Log& log, std::string_view payload) {
  log.begin_record(RecordType::kOperations);
  for (size_t at = 0; at < payload.size();) {
    const size_t part = std::min<size_t>(payload.size() - at, 1 + at);
    std::memcpy(log.extend(part), payload.data() + at, part);
    at += part;
  }
  log.end_record();
}

std::string number(int i) {
  return "record " + std::to_string(i) + std::string(static_cast<size_t>(i * 7 % 300), 'x');
}

std::vector<std::string> payloads(const Log& log, Offset from = {}) {
  std::vector<std::string> all;
  const Result<void> done = log.visit(from, [&](const RecordView& record) {
    if (record.type == RecordType::kOperations) all.emplace_back(record.payload);
    return true;
  });
  CHECK_MESSAGE(done, done.error().message);
  return all;
}

std::string all_bytes(const Log& log, Offset from, size_t chunk = 1 << 16) {
  std::string bytes;
  while (from + bytes.size() < log.end().offset) {
    const Result<std::string> part = log.read(from + bytes.size(), chunk);
    REQUIRE(part);
    REQUIRE_FALSE(part->empty());
    bytes += *part;
  }
  return bytes;
}

// An epoch-start and `count` records, with another epoch in the middle; written out and synced.
void fill(Log& log, int count) {
  log.append_epoch_start({1}, {11});
  for (int i = 0; i < count; i++) {
    if (i == count / 2) log.append_epoch_start({2}, {22});
    append(log, number(i));
    if (i % 5 == 0) REQUIRE(log.write_out());
  }
  REQUIRE(log.sync_now());
}

}  // namespace

TEST_CASE("log: what was appended is there again after open, history too") {
  MemoryDisk disk;
  Position end;
  History history;
  {
    auto log = open_log(disk);
    CHECK(log->end() == Position{});
    fill(*log, 100);
    end = log->end();
    history = log->history();
    CHECK(end.epoch == Epoch{2});
    CHECK(log->synced() == end.offset);
  }
  auto log = open_log(disk);
  CHECK(log->end() == end);
  CHECK(log->history() == history);
  const auto all = payloads(*log);
  REQUIRE(all.size() == 100);
  for (int i = 0; i < 100; i++) CHECK(all[static_cast<size_t>(i)] == number(i));
}

TEST_CASE("log: memory, segments and the mix of both give the same bytes") {
  MemoryDisk disk;
  auto log = open_log(disk);
  fill(*log, 200);
  const std::string from_memory = all_bytes(*log, {});
  auto reopened = open_log(disk);
  append(*reopened, "in memory only");
  const std::string mixed = all_bytes(*reopened, {}, 777);
  CHECK(mixed.substr(0, from_memory.size()) == from_memory);
  CHECK(mixed.size() == reopened->end().offset.value);
  CHECK(payloads(*reopened).back() == "in memory only");
  const Offset middle = reopened->history()[1].offset;
  CHECK(payloads(*reopened, middle).size() == 101);
  CHECK_FALSE(reopened->read({mixed.size() + 1}, 10));
}

TEST_CASE("log: an abandoned record leaves nothing; positions follow the invariants") {
  MemoryDisk disk;
  auto log = open_log(disk);
  log->append_epoch_start({1}, {11});
  append(*log, "one");
  const Position before = log->end();
  log->begin_record(RecordType::kOperations);
  std::memset(log->extend(100), 'x', 100);
  log->abandon_record();
  CHECK(log->end() == before);
  append(*log, "two");
  CHECK(payloads(*log) == std::vector<std::string>{"one", "two"});
  CHECK(log->written() == Offset{0});
  CHECK(log->unwritten_bytes() == log->end().offset.value);
  REQUIRE(log->write_out());
  CHECK(log->written() == log->end().offset);
  CHECK(log->synced() == Offset{0});
  const auto task = log->prepare_sync();
  REQUIRE(task);
  append(*log, "three");
  REQUIRE(log->write_out());
  for (const auto& file : task->files) REQUIRE(file->sync());
  log->synced(*task);
  CHECK(log->synced() == task->upto);
  CHECK(log->synced() < log->written());
}

TEST_CASE("log: a record larger than any block is one record") {
  MemoryDisk disk;
  auto log = open_log(disk);
  log->append_epoch_start({1}, {11});
  append(*log, "before");
  const std::string large(5 << 20, 'L');
  append(*log, large);
  append(*log, "after");
  CHECK(payloads(*log) == std::vector<std::string>{"before", large, "after"});
  REQUIRE(log->sync_now());
  CHECK(payloads(*open_log(disk)) == std::vector<std::string>{"before", large, "after"});
}

TEST_CASE("log: a stream in any split gives the same log") {
  MemoryDisk master_disk;
  auto master = open_log(master_disk);
  fill(*master, 60);
  const std::string bytes = all_bytes(*master, {});
  Random random(3);
  for (int round = 0; round < 20; round++) {
    MemoryDisk disk;
    auto log = open_log(disk);
    std::vector<std::string> applied;
    for (size_t at = 0; at < bytes.size();) {
      const size_t part = std::min<size_t>(bytes.size() - at, 1 + random.below(round < 10 ? 20 : 3000));
      REQUIRE(log->stream_next() == Offset{at});
      REQUIRE(log->append_stream(std::string_view(bytes).substr(at, part), [&](const RecordView& record) {
        if (record.type == RecordType::kOperations) applied.emplace_back(record.payload);
      }));
      at += part;
      if (random.below(4) == 0) REQUIRE(log->write_out());
    }
    CHECK(log->end() == master->end());
    CHECK(log->history() == master->history());
    CHECK(applied == payloads(*master));
    REQUIRE(log->sync_now());
    CHECK(all_bytes(*log, {}) == bytes);
    CHECK(payloads(*open_log(disk)) == applied);
  }
}

TEST_CASE("log: a bad byte in a stream leaves the log before the bad record; the link may start again") {
  MemoryDisk master_disk;
  auto master = open_log(master_disk);
  master->append_epoch_start({1}, {11});
  append(*master, "one");
  const Offset good = master->end().offset;
  append(*master, "two");
  const std::string bytes = all_bytes(*master, {});
  std::string bad = bytes;
  bad[bad.size() - 1] = static_cast<char>(bad.back() ^ 1);

  MemoryDisk disk;
  auto log = open_log(disk);
  int applied = 0;
  CHECK_FALSE(log->append_stream(bad, [&](const RecordView&) { applied++; }));
  CHECK(applied == 2);
  CHECK(log->end().offset == good);
  CHECK(log->stream_next() == good);
  const auto rest = std::string_view(bytes).substr(good.value);
  REQUIRE(log->append_stream(rest.substr(0, 11), [](const RecordView&) {}));
  CHECK(log->stream_next() == good + 11);
  log->drop_partial();
  CHECK(log->stream_next() == good);
  REQUIRE(log->append_stream(rest, [&](const RecordView&) { applied++; }));
  CHECK(log->end() == master->end());
}

TEST_CASE("log: an epoch never goes back in a stream") {
  MemoryDisk disk;
  auto log = open_log(disk);
  log->append_epoch_start({5}, {1});
  std::string record(kRecordHeaderBytes, '\0');
  record += epoch_start_payload({4}, {9}, {});
  seal_record(record.data(), RecordType::kEpochStart, kEpochStartPayloadBytes, {{4}, {9}}, log->end().offset);
  CHECK_FALSE(log->append_stream(record, [](const RecordView&) {}));
  CHECK(log->end().epoch == Epoch{5});
}

TEST_CASE("log: the memory tail is bounded, what left it is read from segments") {
  MemoryDisk disk;
  auto log = open_log(disk, 2 << 20);
  log->append_epoch_start({1}, {11});
  const std::string payload(100000, 'p');
  for (int i = 0; i < 100; i++) {
    append(*log, payload);
    REQUIRE(log->write_out());
  }
  const auto all = payloads(*log);
  CHECK(all.size() == 100);
  CHECK(all[0] == payload);
  CHECK(all_bytes(*log, {}).size() == log->end().offset.value);
}

TEST_CASE("log: a full disk loses nothing and keeps the order") {
  MemoryDisk disk;
  auto log = open_log(disk);
  log->append_epoch_start({1}, {11});
  REQUIRE(log->write_out());
  disk.fill_up(500);
  std::vector<std::string> expected;
  for (int i = 0; i < 50; i++) {
    append(*log, number(i));
    expected.push_back(number(i));
    (void)log->write_out();
  }
  CHECK(log->failed());
  CHECK(log->written() < log->end().offset);
  CHECK(log->unwritten_bytes() > 0);
  CHECK(payloads(*log) == expected);
  disk.fill_up(1 << 20);
  REQUIRE(log->sync_now());
  CHECK_FALSE(log->failed());
  CHECK(payloads(*open_log(disk)) == expected);
}

TEST_CASE("log: a failed sync is never taken back") {
  MemoryDisk disk;
  auto log = open_log(disk);
  log->append_epoch_start({1}, {11});
  disk.fail_syncs(true);
  CHECK_FALSE(log->sync_now());
  CHECK(log->failed());
  disk.fail_syncs(false);
  CHECK_FALSE(log->sync_now());
  CHECK(log->synced() == Offset{0});
}

TEST_CASE("log: a task of before a truncation says nothing") {
  MemoryDisk disk;
  auto log = open_log(disk);
  fill(*log, 10);
  const Offset common = log->history()[1].offset;
  append(*log, "unsynced");
  REQUIRE(log->write_out());
  const auto task = log->prepare_sync();
  REQUIRE(task);
  REQUIRE(log->truncate({{1}, common}));
  log->synced(*task);
  CHECK(log->synced() == common);
}

TEST_CASE("log: truncate cuts at a position of its history only, and goes on from there") {
  MemoryDisk disk;
  auto log = open_log(disk);
  fill(*log, 100);
  const Offset common = log->history()[1].offset;
  CHECK_FALSE(log->truncate({{2}, common}));
  CHECK_FALSE(log->truncate({{1}, {common.value - 1}}));
  CHECK_FALSE(log->truncate({{2}, log->end().offset + 1}));
  REQUIRE(log->save_tail(common, "/log/tail"));
  const std::string tail = all_bytes(*log, common);
  CHECK(disk.contents("/log/tail") == tail);
  REQUIRE(log->truncate({{1}, common}));
  CHECK(log->end() == Position{{1}, common});
  CHECK(log->history().size() == 1);
  log->append_epoch_start({3}, {33});
  append(*log, "new");
  REQUIRE(log->sync_now());
  auto again = open_log(disk);
  CHECK(again->end() == log->end());
  CHECK(again->history() == log->history());
  const auto all = payloads(*again);
  CHECK(all.size() == 51);
  CHECK(all.back() == "new");
}

TEST_CASE("log: truncate to nothing") {
  MemoryDisk disk;
  auto log = open_log(disk);
  fill(*log, 50);
  REQUIRE(log->truncate({}));
  CHECK(log->end() == Position{});
  CHECK(log->history().empty());
  CHECK(open_log(disk)->end() == Position{});
}

TEST_CASE("log: reset goes on at a base with a history") {
  MemoryDisk disk;
  auto log = open_log(disk);
  fill(*log, 50);
  const History history = {{{1}, {11}, {0}}, {{9}, {99}, {5000}}};
  CHECK_FALSE(log->reset({{8}, {100000}}, history));
  CHECK_FALSE(log->reset({{9}, {5000}}, history));
  REQUIRE(log->reset({{9}, {100000}}, history));
  CHECK(log->begin() == Offset{100000});
  append(*log, "after");
  REQUIRE(log->sync_now());
  auto again = open_log(disk);
  CHECK(again->begin() == Offset{100000});
  CHECK(again->history() == history);
  CHECK(again->end() == log->end());
  CHECK(payloads(*again, {100000}) == std::vector<std::string>{"after"});
}

TEST_CASE("log: release deletes whole segments that nobody needs; the history stays") {
  MemoryDisk disk;
  auto log = open_log(disk);
  fill(*log, 200);
  const History history = log->history();
  const uint64_t before = log->disk_bytes();
  const auto release = [&](Offset needed) {
    for (int i = 0; i < 100; i++) {
      log->release(needed);
      REQUIRE(log->sync_now());
    }
  };
  release({0});
  CHECK(log->begin() == Offset{0});
  release({kSegmentBytes * 3});
  CHECK(log->begin() > Offset{0});
  CHECK(log->begin() <= Offset{kSegmentBytes * 3});
  release(log->end().offset);
  CHECK(log->disk_bytes() < before);
  CHECK(log->end().offset - log->begin() >= 1000);
  CHECK(log->end().offset - log->begin() <= 1000 + 3 * kSegmentBytes);
  auto again = open_log(disk);
  CHECK(again->history() == history);
  CHECK(again->begin() == log->begin());
  CHECK(again->end() == log->end());
}
