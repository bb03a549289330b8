// Log segments. Recovery of any bytes never crashes; what it yields is a prefix of the records that were written (or an
// error), never a record that nobody wrote; and a log that opened goes on: it appends, and opens again with all of it.
//
//   input := kind(1) ...
//   kind % 2 = 0: (size)* 0 damage*     a log is written, then damaged: bits flipped, files cut, lengthened, removed
//   kind % 2 = 1: bytes                 they are the only segment; kind & 2: its header's checksum is put right first
#include <xxhash.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "storage/log.h"
#include "storage/memory_disk.h"
#include "storage/segment.h"
#include "tests/fuzz/input.h"

using namespace onggi;

namespace {

constexpr size_t kMostRecords = 64;

LogOptions options() {
  LogOptions made;
  made.directory = "log";
  made.segment_bytes = 400;
  made.backlog_bytes = 1 << 20;
  return made;
}

void append(Log& log, std::string_view payload) {
  log.begin_record(RecordType::kOperations);
  if (!payload.empty()) std::memcpy(log.extend(payload.size()), payload.data(), payload.size());
  log.end_record();
}

struct Written {
  Offset end;
  std::string payload;
  bool operator==(const Written&) const = default;
};

struct Found {
  std::vector<Written> records;
  bool whole = true;  // false: damage in what recovery didn't need to read; it is found when it is read
};

Found records_of(const Log& log) {
  Found found;
  const Result<void> done = log.visit(log.begin(), [&](const RecordView& record) {
    found.records.push_back({record.end, std::string(record.payload)});
    return true;
  });
  found.whole = static_cast<bool>(done);
  if (!done)
    fuzz::require(done.error().message.find("log/") == 0, "damage is named by its file: " + done.error().message);
  const Offset end = found.records.empty() ? log.begin() : found.records.back().end;
  fuzz::require(!found.whole || end == log.end().offset, "an opened log ends with a whole record");
  return found;
}

// What opened goes on, and opens again with all of it.
void go_on(MemoryDisk& disk, std::unique_ptr<Log> log) {
  if (log->end().offset.value > UINT64_MAX / 2 || log->end().epoch.value == UINT64_MAX) return;  // no room to go on
  log->append_epoch_start({log->end().epoch.value + 1}, {77}, {});
  append(*log, "one more");
  const std::vector<Written> records = records_of(*log).records;
  fuzz::require(records.back().payload == "one more", "what was appended is there");
  fuzz::require(static_cast<bool>(log->sync_now()), "an opened log can be written");
  log.reset();
  auto again = Log::open(disk, options());
  fuzz::require(static_cast<bool>(again), "a log that was written opens again");
  fuzz::require(records_of(**again).records == records, "with all that was written");
}

void write_log(fuzz::Input& input, MemoryDisk& disk, std::vector<Written>& records) {
  auto log = Log::open(disk, options());
  fuzz::require(static_cast<bool>(log), "an empty folder opens");
  (*log)->append_epoch_start({1}, {11}, {});
  for (size_t i = 0; i < kMostRecords; i++) {
    const uint8_t size = input.byte();
    if (size == 0) break;
    if (size == 255) {
      (*log)->append_epoch_start({(*log)->end().epoch.value + 1}, {i}, {});
    } else {
      append(**log, std::string(size, static_cast<char>('a' + i % 26)));
    }
    if (size % 5 == 0) fuzz::require(static_cast<bool>((*log)->write_out()), "memory takes it");
    if (size % 16 == 0) fuzz::require(static_cast<bool>((*log)->sync_now()), "memory takes it");
  }
  fuzz::require(static_cast<bool>((*log)->write_out()), "memory takes it");
  records = records_of(**log).records;
}

void damage(fuzz::Input& input, MemoryDisk& disk) {
  const uint8_t which = input.byte();
  const auto names = disk.list("log");
  if (!names || names->empty()) return;
  const std::string path = "log/" + (*names)[which % names->size()];
  auto file = disk.open(path);
  if (!file) return;
  const uint64_t bytes = (*file)->size();
  const uint8_t kind = input.byte();
  const uint64_t where = input.number(2);
  switch (kind % 5) {
    case 0:
      if (bytes > 0) disk.flip_bit(path, where % (bytes * 8));
      break;
    case 1:
      (void)(*file)->truncate(bytes == 0 ? 0 : where % bytes);
      break;
    case 2:
      (void)(*file)->append(input.bytes(where % 64));
      break;
    case 3:
      (void)disk.remove(path);
      break;
    default: {  // another file's bytes at its end: records of a wrong place
      const std::string other = disk.contents("log/" + (*names)[where % names->size()]);
      (void)(*file)->append(std::string_view(other).substr(std::min<size_t>(other.size(), where % 256)));
    }
  }
}

void damaged_log(fuzz::Input& input) {
  MemoryDisk disk;
  std::vector<Written> written;
  write_log(input, disk, written);
  disk.kill();
  while (!input.empty()) damage(input, disk);
  auto log = Log::open(disk, options());
  if (!log) {
    fuzz::require(!log.error().message.empty(), "an error says what is wrong");
    return;
  }
  const auto [found, whole] = records_of(**log);
  // A log that lost its first files begins later: what it has is a run of what was written.
  const auto first = found.empty() ? written.end() : std::find(written.begin(), written.end(), found.front());
  fuzz::require(found.empty() || first != written.end(), "no record that nobody wrote");
  fuzz::require(
      found.size() <= static_cast<size_t>(written.end() - first) && std::equal(found.begin(), found.end(), first),
      "records in the order in which they were written, none left out");
  if (whole) go_on(disk, std::move(*log));
}

// "ONGGILOG" version bytes base lineage synced epochs ...: with the right length and checksum for that many epochs.
void put_header_right(std::string& bytes) {
  constexpr size_t kFixed = 44;
  if (bytes.size() < kFixed + 8) return;
  uint32_t epochs = 0;
  std::memcpy(&epochs, bytes.data() + 40, 4);
  epochs %= 8;
  const uint32_t header = kFixed + epochs * 24 + 8;
  if (bytes.size() < header) return;
  std::memcpy(bytes.data() + 40, &epochs, 4);
  std::memcpy(bytes.data(), "ONGGILOG\1\0\0\0", 12);
  std::memcpy(bytes.data() + 12, &header, 4);
  const uint64_t sum = XXH3_64bits(bytes.data(), header - 8);
  std::memcpy(bytes.data() + header - 8, &sum, 8);
}

void any_bytes(fuzz::Input& input, bool right_header) {
  std::string bytes(input.rest());
  if (right_header) put_header_right(bytes);
  Offset base;
  if (const auto header = decode_segment_header(bytes)) base = header->header.base;
  MemoryDisk disk;
  fuzz::require(static_cast<bool>(disk.make_directory("log")), "memory has folders");
  auto file = disk.create("log/" + segment_name(base));
  fuzz::require(file && (*file)->append(bytes), "memory takes it");
  auto log = Log::open(disk, options());
  if (!log) return;
  if (records_of(**log).whole) go_on(disk, std::move(*log));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::Input input(data, size);
  const uint8_t kind = input.byte();
  if (kind % 2 == 0) {
    damaged_log(input);
  } else {
    any_bytes(input, (kind & 2) != 0);
  }
  return 0;
}
