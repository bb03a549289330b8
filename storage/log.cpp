// See log.h and segment_log.h.
#include "storage/log.h"

#include <algorithm>
#include <cstring>

#include "storage/history.h"
#include "storage/segment_log.h"

namespace onggi {

namespace {
constexpr size_t kCopyChunkBytes = 1 << 20;
}

Result<std::unique_ptr<Log>> Log::open(Disk& disk, LogOptions options) {
  auto segments = SegmentList::open(disk, options.directory, options.segment_bytes, options.known_synced);
  if (!segments) return segments.error();
  return std::unique_ptr<Log>(new SegmentLog(disk, std::move(options), std::move(*segments)));
}

SegmentLog::SegmentLog(Disk& disk, LogOptions options, std::unique_ptr<SegmentList> segments)
    : disk_(disk),
      options_(std::move(options)),
      segments_(std::move(segments)),
      tail_(segments_->end()),
      history_(segments_->history()),
      fork_(fork_before(history_, segments_->end())),
      // What was found may lie in the page cache only; the first sync makes sure of all of it.
      synced_(segments_->begin()) {}

// ---- appending

void SegmentLog::begin_record(RecordType type) {
  ONGGI_CHECK(!open_ && tail_.pending_bytes() == 0);
  open_ = type;
  tail_.grow(kRecordHeaderBytes);
}

char* SegmentLog::extend(size_t bytes) {
  ONGGI_CHECK(open_ && tail_.pending_bytes() + bytes <= kRecordHeaderBytes + kMaxPayloadBytes);
  return tail_.grow(bytes);
}

Offset SegmentLog::end_record() {
  ONGGI_CHECK(open_);
  const Offset start = tail_.end();
  const size_t payload_bytes = tail_.pending_bytes() - kRecordHeaderBytes;
  char* const record = tail_.pending();
  RecordView view{
      *open_, {fork_.epoch, start}, start + tail_.pending_bytes(), {record + kRecordHeaderBytes, payload_bytes}};
  pass(fork_, view);
  seal_record(record, *open_, payload_bytes, fork_, start);
  take(view);
  open_.reset();
  return tail_.end();
}

void SegmentLog::abandon_record() {
  ONGGI_CHECK(open_);
  open_.reset();
  tail_.drop_pending();
}

Offset SegmentLog::append_epoch_start(Epoch epoch, BranchId branch, WallTime wall) {
  ONGGI_CHECK(epoch >= fork_.epoch && !(Fork{epoch, branch} == fork_));
  const std::string payload = epoch_start_payload(epoch, branch, wall);
  begin_record(RecordType::kEpochStart);
  std::memcpy(extend(payload.size()), payload.data(), payload.size());
  return end_record();
}

void SegmentLog::take(const RecordView& record) {
  tail_.seal();
  if (const auto start = parse_epoch_start(record)) history_.push_back(*start);
}

Result<void> SegmentLog::append_stream(std::string_view bytes, const std::function<void(const RecordView&)>& apply) {
  ONGGI_CHECK(!open_);
  while (!bytes.empty()) {
    if (tail_.pending_bytes() > 0) {
      const Result<bool> whole = take_partial(bytes, apply);
      if (!whole) return whole.error();
      continue;
    }
    const Decoded decoded = decode_record(bytes, fork_, tail_.end());
    if (decoded.kind == Decoded::Kind::kBad) return bad_stream(decoded.why, tail_.end());
    if (decoded.kind == Decoded::Kind::kPartial) {
      std::memcpy(tail_.grow(bytes.size()), bytes.data(), bytes.size());
      return {};
    }
    RecordView record = decoded.record;
    const size_t size = kRecordHeaderBytes + record.payload.size();
    char* const copy = tail_.grow(size);
    std::memcpy(copy, bytes.data(), size);
    record.payload = {copy + kRecordHeaderBytes, record.payload.size()};
    pass(fork_, record);
    take(record);
    bytes.remove_prefix(size);
    apply(record);
  }
  return {};
}

// Adds to the unfinished record, no more than it needs. True: it became whole.
Result<bool> SegmentLog::take_partial(std::string_view& bytes, const std::function<void(const RecordView&)>& apply) {
  const auto pending = [&] { return std::string_view(tail_.pending(), tail_.pending_bytes()); };
  Decoded decoded = decode_record(pending(), fork_, tail_.end());
  ONGGI_CHECK(decoded.kind == Decoded::Kind::kPartial);
  const size_t more = std::min(bytes.size(), decoded.needed - tail_.pending_bytes());
  std::memcpy(tail_.grow(more), bytes.data(), more);
  bytes.remove_prefix(more);
  decoded = decode_record(pending(), fork_, tail_.end());
  if (decoded.kind == Decoded::Kind::kPartial) return false;
  if (decoded.kind == Decoded::Kind::kBad) return bad_stream(decoded.why, tail_.end());
  pass(fork_, decoded.record);
  take(decoded.record);
  apply(decoded.record);
  return true;
}

Error SegmentLog::bad_stream(const char* why, Offset at) {
  tail_.drop_pending();
  return Error{"bad record in the stream at offset " + std::to_string(at.value) + ": " + why};
}

Offset SegmentLog::stream_next() const {
  return tail_.end() + (open_ ? 0 : tail_.pending_bytes());
}

void SegmentLog::drop_partial() {
  if (!open_) tail_.drop_pending();
}

// ---- disk

Result<void> SegmentLog::write_out() {
  ONGGI_CHECK(!open_);
  while (written() < tail_.end()) {
    Result<void> done = segments_->append(tail_.contiguous(written()), history_, synced_);
    write_failed_ = !done;
    if (!done) return done;
  }
  tail_.trim(written(), options_.memory_tail_bytes);
  return {};
}

std::optional<SyncTask> SegmentLog::prepare_sync() {
  if (sync_failed_) return std::nullopt;  // no later one could be believed
  SyncTask task{segments_->files_to_sync(synced_), written(), generation_, segments_->names_made()};
  if (task.files.empty()) {
    synced_ = std::max(synced_, task.upto);
    return std::nullopt;
  }
  return task;
}

void SegmentLog::synced(const SyncTask& task) {
  if (task.generation != generation_) return;
  segments_->names_synced(task.names);
  if (!sync_failed_) synced_ = std::max(synced_, task.upto);
}

void SegmentLog::sync_failed(const SyncTask& task) {
  if (task.generation == generation_) sync_failed_ = true;
}

Result<void> SegmentLog::sync_now() {
  if (Result<void> done = write_out(); !done) return done;
  if (sync_failed_) return Error{"an earlier sync of the log failed"};
  const std::optional<SyncTask> task = prepare_sync();
  if (!task) return {};
  for (const std::shared_ptr<File>& file : task->files) {
    if (Result<void> done = file->sync(); !done) {
      sync_failed(*task);
      return done;
    }
  }
  synced(*task);
  return {};
}

// ---- reading

Result<std::string> SegmentLog::read(Offset from, size_t max_bytes) const {
  if (from < begin() || from > tail_.end()) {
    return Error{"offset " + std::to_string(from.value) + " is not in the log, which has " +
                 std::to_string(begin().value) + " to " + std::to_string(tail_.end().value)};
  }
  if (from < tail_.begin()) return segments_->read(from, max_bytes);
  std::string bytes;
  bytes.reserve(std::min<uint64_t>(max_bytes, tail_.end() - from));
  while (bytes.size() < max_bytes && from + bytes.size() < tail_.end()) {
    bytes += tail_.contiguous(from + bytes.size()).substr(0, max_bytes - bytes.size());
  }
  return bytes;
}

Result<void> SegmentLog::visit(Offset from, const std::function<bool(const RecordView&)>& visit) const {
  if (from < begin() || from > tail_.end()) return Error{"offset " + std::to_string(from.value) + " is not in the log"};
  Offset at = from;
  if (at < tail_.begin()) {
    const Offset upto = tail_.begin();
    bool stopped = false;
    const Result<bool> all = segments_->visit(at, fork_before(history_, at), [&](const RecordView& record) {
      if (record.start.offset >= upto) return false;
      stopped = !visit(record);
      return !stopped;
    });
    if (!all) return all.error();
    if (stopped) return {};
    at = upto;
  }
  Fork fork = fork_before(history_, at);
  while (at < tail_.end()) {
    std::string_view rest = tail_.contiguous(at);
    while (!rest.empty()) {
      const Decoded decoded = decode_record(rest, fork, at);
      if (decoded.kind != Decoded::Kind::kWhole)
        return Error{"offset " + std::to_string(at.value) + " is no record's start"};
      pass(fork, decoded.record);
      rest.remove_prefix(decoded.record.end - at);
      at = decoded.record.end;
      if (!visit(decoded.record)) return {};
    }
  }
  return {};
}

// ---- cutting

void SegmentLog::restart_at(const History& history, Offset end) {
  history_ = history;
  fork_ = fork_before(history_, end);
  tail_.restart(end);
  synced_ = end;
  generation_++;
  write_failed_ = false;
}

Result<void> SegmentLog::check_boundary(Offset offset) const {
  if (offset == begin() || offset == tail_.end()) return {};
  bool is_end = false;
  Result<void> done = visit(segments_->record_start_before(offset), [&](const RecordView& record) {
    is_end = record.start.offset == offset || record.end == offset;  // the first one may begin a segment, just here
    return record.end < offset;
  });
  if (!done) return done;
  if (!is_end) return Error{"offset " + std::to_string(offset.value) + " is not the end of a record"};
  return {};
}

Result<void> SegmentLog::truncate(Position common) {
  ONGGI_CHECK(!open_);
  tail_.drop_pending();
  if (common.offset < begin() || common.offset > tail_.end() || epoch_at(history_, common.offset) != common.epoch) {
    return Error{"can't cut the log at epoch " + std::to_string(common.epoch.value) + ", offset " +
                 std::to_string(common.offset.value) + ": not a position in it"};
  }
  if (common.offset == tail_.end()) return {};
  if (Result<void> done = check_boundary(common.offset); !done) return done;
  if (common.offset > written()) {
    if (Result<void> done = write_out(); !done) return done;
  }
  if (Result<void> done = segments_->cut(common.offset); !done) {
    sync_failed_ = true;  // memory and disk may disagree: a restart finds out
    return done;
  }
  History history = history_;
  std::erase_if(history, [&](const EpochStart& start) { return start.offset >= common.offset; });
  restart_at(history, common.offset);
  return {};
}

Result<void> SegmentLog::save_tail(Offset from, const std::string& path) const {
  Result<std::shared_ptr<File>> file = disk_.create(path);
  if (!file) return file.error();
  for (Offset at = from; at < tail_.end();) {
    const Result<std::string> bytes = read(at, kCopyChunkBytes);
    if (!bytes) return bytes.error();
    if (Result<void> done = (*file)->append(*bytes); !done) return done;
    at = at + bytes->size();
  }
  return (*file)->sync();
}

Result<void> SegmentLog::reset(Position base, const History& history) {
  ONGGI_CHECK(!open_);
  for (size_t i = 0; i < history.size(); i++) {
    const bool ordered =
        i == 0 || (history[i - 1].offset < history[i].offset && history[i - 1].epoch <= history[i].epoch);
    if (!ordered || history[i].offset >= base.offset) return Error{"a history whose epochs are not in order"};
  }
  if (epoch_at(history, base.offset) != base.epoch) return Error{"a position that is not of its history"};
  if (Result<void> done = segments_->restart(base.offset, history); !done) {
    sync_failed_ = true;
    return done;
  }
  restart_at(history, base.offset);
  sync_failed_ = false;
  return {};
}

void SegmentLog::release(Offset needed) {
  const Offset backlog{written().value - std::min<uint64_t>(written().value, options_.backlog_bytes)};
  segments_->release_one(std::min(needed, backlog), synced_);
}

}  // namespace onggi
