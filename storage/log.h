// The log: the spine of a node. Records are appended to a tail in memory and handed to segment files once a batch;
// everything else (replicas, the tier, the disk) is a reader with a position.
//
// Invariants:
// 1. begin() <= synced() <= written() <= end(); offsets count bytes of the record stream, segment headers not included.
// 2. A record's bytes are the same in memory, on disk and on the wire (storage/FORMAT.md).
// 3. After open(), the log ends at the last whole record with a right checksum: a torn tail is cut, a bad record in the
//    middle of what was synced is an error that names file and place.
// 4. An epoch-start record begins every epoch; history() names them all, also those whose segments are deleted.
// Owned by the engine's thread; sync handles may be used on another.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/messages.h"
#include "common/result.h"
#include "storage/disk.h"

namespace onggi {

enum class RecordType : uint8_t {
  kOperations = 1,  // what one command did: a sequence of operations (storage/operations.h)
  kEpochStart = 2,  // epoch, branch id
};

struct LogOptions {
  std::string directory;
  uint64_t segment_bytes = 64ull << 20;
  uint64_t backlog_bytes = 64ull << 20;  // kept at least, for partial resyncs
  uint64_t memory_tail_bytes = 16ull << 20;
  Offset known_synced;  // what the owner knows was durable (the tier's position, N7): damage before
                        // it is an error, not a torn tail
};

// A record as it lies in the log; views live until the log is next changed.
struct RecordView {
  RecordType type = RecordType::kOperations;
  Position start;  // epoch: the record's own
  Offset end;
  std::string_view payload;
};

// What a sync must do, on any thread: sync every file, then tell the log with synced(upto).
struct SyncTask {
  std::vector<std::shared_ptr<File>> files;  // the folder may be among them
  Offset upto;
  uint64_t generation = 0;  // a task of before a truncate or reset is ignored by synced()
  uint64_t names = 0;       // changes of the folder that this makes durable
};

class Log {
 public:
  // Opens what is in the folder, or starts an empty log at 0 if there is nothing.
  static Result<std::unique_ptr<Log>> open(Disk& disk, LogOptions options);
  virtual ~Log() = default;

  // ---- state
  virtual Offset begin() const = 0;  // the first byte still to be had
  virtual Position end() const = 0;
  virtual Offset written() const = 0;  // the page cache has it
  virtual Offset synced() const = 0;   // the disk has it
  virtual const History& history() const = 0;
  // A write failed (disk full ...): can_lead is false; append still keeps memory, the next write_out tries again. After
  // a sync failed it stays so: what the kernel dropped is not known, only a restart finds out.
  virtual bool failed() const = 0;
  virtual uint64_t torn_bytes() const = 0;       // what open() cut off or set aside as never synced
  virtual uint64_t unwritten_bytes() const = 0;  // in memory alone: the owner bounds it while failed()

  // ---- appending (master)
  // An operations record is built in place: begin_record, extend as often as needed, end_record.
  virtual void begin_record(RecordType type) = 0;
  // Room for `bytes` more of payload, contiguous with what was extended; pointers of before are no longer valid. A
  // record has 1 GiB of payload at most: the owner refuses larger commands.
  virtual char* extend(size_t bytes) = 0;
  virtual Offset end_record() = 0;  // seals length and checksum; the log's new end
  virtual void abandon_record() = 0;
  // Writes the epoch-start record; the epoch must not be below the last one. `wall` is for people.
  virtual Offset append_epoch_start(Epoch epoch, BranchId branch, WallTime wall = {}) = 0;

  // ---- appending (follower): raw bytes of a stream at end(), any split; returns whole records through `apply` in
  // order. An error (bad checksum, epoch going back) leaves the log as it was before the bad record.
  virtual Result<void> append_stream(std::string_view bytes, const std::function<void(const RecordView&)>& apply) = 0;
  // Where append_stream wants the next byte: end() plus what is buffered of an unfinished record.
  virtual Offset stream_next() const = 0;
  // Forgets an unfinished record (the link broke).
  virtual void drop_partial() = 0;

  // ---- disk
  virtual Result<void> write_out() = 0;                // hands the tail to the page cache: once a batch
  virtual std::optional<SyncTask> prepare_sync() = 0;  // nullopt: nothing to sync, or it failed before
  virtual void synced(const SyncTask& task) = 0;
  virtual void sync_failed(const SyncTask& task) = 0;  // instead of synced(): failed() from now on
  virtual Result<void> sync_now() = 0;                 // write_out and sync, blocking (F5)

  // ---- reading
  // Up to `max_bytes` raw bytes from `from` (whole records not guaranteed), from memory or from segments; empty only at
  // end().
  virtual Result<std::string> read(Offset from, size_t max_bytes) const = 0;
  // Calls `visit` for each whole record from `from` (which must be a record's start) to the end; stops if it returns
  // false.
  virtual Result<void> visit(Offset from, const std::function<bool(const RecordView&)>& visit) const = 0;

  // ---- cutting
  // N5: removes everything after `common`, durably. Call save_tail first.
  virtual Result<void> truncate(Position common) = 0;
  // Copies the raw records after `from` into a new file.
  virtual Result<void> save_tail(Offset from, const std::string& path) const = 0;
  // N6: an empty log that goes on at `base` with `history` (after a full copy).
  virtual Result<void> reset(Position base, const History& history) = 0;
  // Deletes segments wholly before `needed` (the lowest position of all readers) and beyond the backlog.
  virtual void release(Offset needed) = 0;
  virtual uint64_t disk_bytes() const = 0;
};

}  // namespace onggi
