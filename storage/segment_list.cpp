// See segment_list.h. Opening them after a crash is in segment_recovery.cpp.
#include "storage/segment_list.h"

#include <algorithm>

namespace onggi {

namespace {

// Lets the sync of a folder travel in a SyncTask beside those of files.
class DirectorySync : public File {
 public:
  DirectorySync(Disk& disk, std::string path) : disk_(disk), path_(std::move(path)) {}
  Result<void> append(std::string_view) override { return refused(); }
  Result<size_t> read(uint64_t, char*, size_t) const override { return refused(); }
  Result<void> sync() override { return disk_.sync_directory(path_); }
  Result<void> truncate(uint64_t) override { return refused(); }
  uint64_t size() const override { return 0; }

 private:
  Error refused() const { return Error{path_ + " is a folder"}; }

  Disk& disk_;
  std::string path_;
};

}  // namespace

SegmentList::SegmentList(Disk& disk, std::string directory, uint64_t segment_bytes)
    : disk_(disk),
      directory_(std::move(directory)),
      segment_bytes_(segment_bytes),
      directory_file_(std::make_shared<DirectorySync>(disk, directory_)) {}

uint64_t SegmentList::disk_bytes() const {
  uint64_t bytes = 0;
  for (const Segment& segment : segments_) bytes += segment.file->size();
  return bytes;
}

size_t SegmentList::index_of(Offset offset) const {
  const auto after = std::upper_bound(segments_.begin(), segments_.end(), offset,
                                      [](Offset o, const Segment& segment) { return o < segment.base(); });
  ONGGI_CHECK(after != segments_.begin());
  return static_cast<size_t>(after - segments_.begin()) - 1;
}

Result<void> SegmentList::append(std::string_view records, const History& history, Offset synced) {
  if (segments_.back().file->size() >= segment_bytes_) {
    SegmentHeader header{end(), segments_.back().header.lineage, synced, {}};
    for (const EpochStart& start : history) {
      if (start.offset < end()) header.history.push_back(start);
    }
    Result<Segment> segment = create_segment(disk_, path_of(header.base), header);
    if (!segment) return segment.error();
    segments_.push_back(std::move(*segment));
    names_made_++;
  }
  return segments_.back().file->append(records);
}

Result<std::string> SegmentList::read(Offset from, size_t max_bytes) const {
  return segments_[index_of(from)].read(from, max_bytes);
}

Result<bool> SegmentList::visit(Offset from, Fork fork, const std::function<bool(const RecordView&)>& visit) const {
  Offset at = from;
  const auto pass_and_visit = [&](const RecordView& record) {
    pass(fork, record);
    return visit(record);
  };
  for (size_t i = index_of(from); i < segments_.size() && at < end(); i++) {
    const Segment& segment = segments_[i];
    const auto read = [&](Offset o, size_t n) { return segment.read(o, n); };
    const Result<WalkEnd> walk = walk_records(read, at, segment.end(), fork, pass_and_visit);
    if (!walk) return walk.error();
    if (walk->kind == WalkEnd::Kind::kStopped) return false;
    if (walk->kind != WalkEnd::Kind::kEnd) {
      const char* why =
          walk->kind == WalkEnd::Kind::kBad ? walk->why : "the record goes on past the end of the segment";
      return Error{segment.path + ": bad record at offset " + std::to_string(walk->at.value) + " (byte " +
                   std::to_string(segment.header_bytes + (walk->at - segment.base())) + " of the file): " + why};
    }
    at = segment.end();
  }
  return true;
}

std::vector<std::shared_ptr<File>> SegmentList::files_to_sync(Offset synced) const {
  std::vector<std::shared_ptr<File>> files;
  for (const Segment& segment : segments_) {
    if (segment.end() > synced) files.push_back(segment.file);
  }
  if (names_durable_ < names_made_) files.push_back(directory_file_);
  return files;
}

Result<Segment> SegmentList::make_first(const SegmentHeader& header) {
  const std::string temporary = directory_ + "/first.tmp";
  Result<Segment> segment = create_segment(disk_, temporary, header);
  if (!segment) return segment.error();
  if (Result<void> done = segment->file->sync(); !done) return done.error();
  segment->path = path_of(header.base);
  if (Result<void> done = disk_.rename(temporary, segment->path); !done) return done.error();
  if (Result<void> done = disk_.sync_directory(directory_); !done) return done.error();
  return segment;
}

Result<void> SegmentList::remove_after(size_t index) {
  while (segments_.size() > index + 1) {
    if (Result<void> done = disk_.remove(segments_.back().path); !done) return done.error();
    segments_.pop_back();
    names_made_++;
    if (Result<void> done = disk_.sync_directory(directory_); !done) return done.error();
    names_durable_ = names_made_;
  }
  return {};
}

Result<void> SegmentList::cut(Offset common) {
  ONGGI_CHECK(common >= begin() && common <= end());
  // What stays must be durable before what went is gone: the log may not get shorter twice.
  for (const std::shared_ptr<File>& file : files_to_sync(begin())) {
    if (Result<void> done = file->sync(); !done) return done.error();
  }
  names_durable_ = names_made_;
  size_t last = index_of(common);
  if (last > 0 && segments_[last].base() == common) last--;
  if (Result<void> done = remove_after(last); !done) return done.error();
  const Segment& segment = segments_[last];
  if (segment.end() > common) {
    if (Result<void> done = segment.file->truncate(segment.header_bytes + (common - segment.base())); !done) {
      return done.error();
    }
    if (Result<void> done = segment.file->sync(); !done) return done.error();
  }
  return {};
}

Result<void> SegmentList::restart(Offset base, const History& history) {
  const uint64_t lineage = segments_.empty() ? 1 : segments_.back().header.lineage + 1;
  Result<Segment> first = make_first({base, lineage, base, history});
  if (!first) return first.error();
  std::vector<Segment> old;
  old.swap(segments_);
  const std::string kept = first->path;
  segments_.push_back(std::move(*first));
  // From here on the old files are left-overs: the next open() removes those that an error leaves.
  for (const Segment& segment : old) {
    if (segment.path == kept) continue;
    if (Result<void> done = disk_.remove(segment.path); !done) return done.error();
    names_made_++;
  }
  if (Result<void> done = disk_.sync_directory(directory_); !done) return done.error();
  names_durable_ = names_made_;
  return {};
}

bool SegmentList::release_one(Offset needed, Offset synced) {
  if (segments_.size() < 2 || segments_[1].base() > needed) return false;
  // The next header must be durable, it carries the history on; the last removal must be, or a gap may come back.
  if (synced <= segments_[1].base() || names_durable_ < names_made_) return false;
  if (!disk_.remove(segments_[0].path)) return false;
  segments_.erase(segments_.begin());
  names_made_++;
  return true;
}

}  // namespace onggi
