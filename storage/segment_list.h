// The segment files of a log, oldest first, without a gap: made, opened after a crash, appended to, cut, started anew
// and deleted. Whatever the moment of a crash, open() finds a log that was whole at some moment after the last sync.
//
// Invariants:
// 1. segments_[i].end() == segments_[i + 1].base(); all are of one lineage; there is always at least one.
// 2. The first header on disk is made whole before it has its name (temporary file, sync, rename, sync of the folder).
//    Later ones are synced together with their records: a header that is not whole belongs to nothing that was synced.
// 3. Files are removed one by one, with a sync of the folder between, so that a crash never leaves a gap.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "storage/segment.h"

namespace onggi {

class SegmentList {
 public:
  // Opens what is in the folder, or starts at 0 with no history. `known_synced`: what the owner knows was durable.
  static Result<std::unique_ptr<SegmentList>> open(Disk& disk, std::string directory, uint64_t segment_bytes,
                                                   Offset known_synced);

  Offset begin() const { return segments_.front().base(); }
  Offset end() const { return segments_.back().end(); }
  const History& history() const { return history_; }  // as open() found it
  uint64_t torn_bytes() const { return torn_bytes_; }  // cut or set aside by open()
  uint64_t disk_bytes() const;

  // Appends whole records, which start at end(); a new segment is made when the last is full. `history` names at least
  // the epochs that started before end(), `synced` is what is known to be on disk.
  Result<void> append(std::string_view records, const History& history, Offset synced);
  // Up to `max_bytes` from `from`, which is not before begin(); fewer at the end of a segment.
  Result<std::string> read(Offset from, size_t max_bytes) const;
  // Visits the records in [from, end), the first of which comes after `fork`; a bad one is an error that names file and
  // place. False: stopped by `visit`.
  Result<bool> visit(Offset from, Fork fork, const std::function<bool(const RecordView&)>& visit) const;

  // A record's start at or before `offset`: its segment's base.
  Offset record_start_before(Offset offset) const { return segments_[index_of(offset)].base(); }

  // What must be synced so that [synced, end) and all names are durable. Empty: nothing.
  std::vector<std::shared_ptr<File>> files_to_sync(Offset synced) const;
  // files_to_sync()'s were synced, when end() was `upto` and names_made() was `names`.
  void names_synced(uint64_t names) { names_durable_ = std::max(names_durable_, names); }
  uint64_t names_made() const { return names_made_; }

  // Removes everything after `common` (a record's end), durably.
  Result<void> cut(Offset common);
  // Replaces everything by an empty log at `base`, durably.
  Result<void> restart(Offset base, const History& history);
  // Deletes the first segment if it ends at or before `needed` and nothing of it could come back. Returns if it did.
  bool release_one(Offset needed, Offset synced);

 private:
  SegmentList(Disk& disk, std::string directory, uint64_t segment_bytes);
  Result<void> load(Offset known_synced);
  Result<std::vector<std::string>> names() const;
  Result<void> read_headers(const std::vector<std::string>& names, Offset& known_synced);
  Result<void> remove_left_overs();
  Result<void> recover(Offset known_synced);
  // Where the records of a segment stop being right; its epoch-starts go to history_.
  Result<WalkEnd> scan(const Segment& segment);
  Result<void> set_aside(const std::string& path, uint64_t bytes);
  Result<void> set_aside_after(size_t index);
  Result<void> remove_after(size_t index);
  Result<Segment> make_first(const SegmentHeader& header);
  std::string path_of(Offset base) const { return directory_ + "/" + segment_name(base); }
  size_t index_of(Offset offset) const;  // of the segment that holds the byte at `offset`, the last for end()

  Disk& disk_;
  std::string directory_;
  uint64_t segment_bytes_;
  std::vector<Segment> segments_;
  History history_;
  uint64_t torn_bytes_ = 0;
  uint64_t names_made_ = 0;     // changes of the folder so far
  uint64_t names_durable_ = 0;  // of which so many are synced
  std::shared_ptr<File> directory_file_;
};

}  // namespace onggi
