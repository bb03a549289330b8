// The log behind log.h: a tail in memory in front of segment files. Owned by the engine's thread.
//
// Invariants:
// 1. segments_.end() == written_ <= tail_.end(); tail_.begin() <= written_: what no file has is in memory.
// 2. Pending bytes of the tail are of one record: either the master's open one or a stream's unfinished one.
#pragma once

#include "storage/log_tail.h"
#include "storage/record.h"
#include "storage/segment_list.h"

namespace onggi {

class SegmentLog : public Log {
 public:
  SegmentLog(Disk& disk, LogOptions options, std::unique_ptr<SegmentList> segments);

  Offset begin() const override { return segments_->begin(); }
  Position end() const override { return {fork_.epoch, tail_.end()}; }
  Offset written() const override { return segments_->end(); }
  Offset synced() const override { return synced_; }
  const History& history() const override { return history_; }
  bool failed() const override { return write_failed_ || sync_failed_; }
  uint64_t torn_bytes() const override { return segments_->torn_bytes(); }
  uint64_t unwritten_bytes() const override { return tail_.end() - written(); }

  void begin_record(RecordType type) override;
  char* extend(size_t bytes) override;
  Offset end_record() override;
  void abandon_record() override;
  Offset append_epoch_start(Epoch epoch, BranchId branch, WallTime wall) override;

  Result<void> append_stream(std::string_view bytes, const std::function<void(const RecordView&)>& apply) override;
  Offset stream_next() const override;
  void drop_partial() override;

  Result<void> write_out() override;
  std::optional<SyncTask> prepare_sync() override;
  void synced(const SyncTask& task) override;
  void sync_failed(const SyncTask& task) override;
  Result<void> sync_now() override;

  Result<std::string> read(Offset from, size_t max_bytes) const override;
  Result<void> visit(Offset from, const std::function<bool(const RecordView&)>& visit) const override;

  Result<void> truncate(Position common) override;
  Result<void> save_tail(Offset from, const std::string& path) const override;
  Result<void> reset(Position base, const History& history) override;
  void release(Offset needed) override;
  uint64_t disk_bytes() const override { return segments_->disk_bytes(); }

 private:
  void take(const RecordView& record);  // a sealed record became the log's end
  Result<bool> take_partial(std::string_view& bytes, const std::function<void(const RecordView&)>& apply);
  Error bad_stream(const char* why, Offset at);
  void restart_at(const History& history, Offset end);
  Result<void> check_boundary(Offset offset) const;

  Disk& disk_;
  LogOptions options_;
  std::unique_ptr<SegmentList> segments_;
  LogTail tail_;
  History history_;
  Fork fork_;  // of the record that comes next
  Offset synced_;
  uint64_t generation_ = 0;
  std::optional<RecordType> open_;  // the master's open record
  bool write_failed_ = false;
  bool sync_failed_ = false;
};

}  // namespace onggi
