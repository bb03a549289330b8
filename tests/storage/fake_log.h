// A log in memory, for tests of the store: records with their payloads, offsets that grow. No disk, no checksums.
#pragma once

#include <string>
#include <vector>

#include "storage/log.h"

namespace onggi {

class FakeLog : public Log {
 public:
  struct Record {
    RecordType type;
    Position start;
    Offset end;
    std::string payload;
    RecordView view() const { return {type, start, end, payload}; }
  };
  static constexpr uint64_t kRecordHeader = 16;

  std::vector<Record> records;

  Offset begin() const override { return {}; }
  Position end() const override { return {epoch_, records.empty() ? Offset{} : records.back().end}; }
  Offset written() const override { return end().offset; }
  Offset synced() const override { return end().offset; }
  const History& history() const override { return history_; }
  bool failed() const override { return false; }
  uint64_t torn_bytes() const override { return 0; }
  uint64_t unwritten_bytes() const override { return 0; }

  void begin_record(RecordType type) override {
    ONGGI_CHECK(!open_);
    open_ = true;
    type_ = type;
    payload_.clear();
  }
  char* extend(size_t bytes) override {
    ONGGI_CHECK(open_);
    payload_.resize(payload_.size() + bytes);
    return payload_.data() + payload_.size() - bytes;
  }
  Offset end_record() override {
    ONGGI_CHECK(open_);
    open_ = false;
    const Offset start = end().offset;
    records.push_back({type_, {epoch_, start}, start + payload_.size() + kRecordHeader, payload_});
    return records.back().end;
  }
  void abandon_record() override { open_ = false; }
  Offset append_epoch_start(Epoch epoch, BranchId branch, WallTime = {}) override {
    epoch_ = epoch;
    history_.push_back({epoch, branch, end().offset});
    begin_record(RecordType::kEpochStart);
    return end_record();
  }
  Result<void> append_stream(std::string_view, const std::function<void(const RecordView&)>&) override {
    return none();
  }
  Offset stream_next() const override { return end().offset; }
  void drop_partial() override {}
  Result<void> write_out() override { return {}; }
  std::optional<SyncTask> prepare_sync() override { return std::nullopt; }
  void synced(const SyncTask&) override {}
  void sync_failed(const SyncTask&) override {}
  Result<void> sync_now() override { return {}; }
  Result<std::string> read(Offset, size_t) const override { return Error{"not in a fake log"}; }
  Result<void> visit(Offset from, const std::function<bool(const RecordView&)>& visit) const override {
    for (const Record& record : records) {
      if (record.start.offset >= from && !visit(record.view())) break;
    }
    return {};
  }
  Result<void> truncate(Position) override { return none(); }
  Result<void> save_tail(Offset, const std::string&) const override { return none(); }
  Result<void> reset(Position, const History&) override { return none(); }
  void release(Offset) override {}
  uint64_t disk_bytes() const override { return 0; }

 private:
  static Result<void> none() { return Error{"not in a fake log"}; }
  Epoch epoch_;
  History history_;
  bool open_ = false;
  RecordType type_ = RecordType::kOperations;
  std::string payload_;
};

}  // namespace onggi
