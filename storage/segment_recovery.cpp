// How the segments are found again after a crash. Nothing that was known to be synced is given up in silence: damage
// there is an error that names file and place. What was never synced is cut at the last whole record; whole files of
// it are set aside under "<name>.torn", for an operator who wants to look.
#include <algorithm>

#include "storage/segment_list.h"

namespace onggi {

namespace {

// A file as short as this holds a torn header and nothing else.
constexpr uint64_t kNoRecordsBytes = 52;

}  // namespace

Result<std::unique_ptr<SegmentList>> SegmentList::open(Disk& disk, std::string directory, uint64_t segment_bytes,
                                                       Offset known_synced) {
  std::unique_ptr<SegmentList> list(new SegmentList(disk, std::move(directory), segment_bytes));
  if (Result<void> done = list->load(known_synced); !done) return done.error();
  return list;
}

Result<std::vector<std::string>> SegmentList::names() const {
  Result<std::vector<std::string>> all = disk_.list(directory_);
  if (!all) return all.error();
  std::vector<std::string> names;
  for (std::string& name : *all) {
    if (parse_segment_name(name)) names.push_back(std::move(name));
  }
  return names;
}

Result<void> SegmentList::load(Offset known_synced) {
  if (Result<void> done = disk_.make_directory(directory_); !done) return done.error();
  const Result<std::vector<std::string>> found = names();
  if (!found) return found.error();
  if (found->empty()) {
    Result<Segment> first = make_first({});
    if (!first) return first.error();
    segments_.push_back(std::move(*first));
    return {};
  }
  if (Result<void> done = read_headers(*found, known_synced); !done) return done.error();
  if (Result<void> done = remove_left_overs(); !done) return done.error();
  if (Result<void> done = recover(known_synced); !done) return done.error();
  return disk_.sync_directory(directory_);
}

// Opens the files with whole headers. One without is of a segment that was never synced, unless a later one, or the
// owner, knows better.
Result<void> SegmentList::read_headers(const std::vector<std::string>& names, Offset& known_synced) {
  struct Broken {
    Offset base;
    std::string path;
    uint64_t bytes;
    std::string why;
  };
  std::vector<Broken> broken;
  for (const std::string& name : names) {
    const std::string path = directory_ + "/" + name;
    Result<Segment> segment = open_segment(disk_, path);
    if (segment && segment->base() != *parse_segment_name(name)) {
      return Error{path + ": its header says base offset " + std::to_string(segment->base().value)};
    }
    if (segment) {
      known_synced = std::max(known_synced, segment->header.synced);
      segments_.push_back(std::move(*segment));
      continue;
    }
    const Result<std::shared_ptr<File>> file = disk_.open(path);
    if (!file) return file.error();
    broken.push_back({*parse_segment_name(name), path, (*file)->size(), segment.error().message});
  }
  for (const Broken& file : broken) {
    if (file.bytes <= kNoRecordsBytes && !segments_.empty()) {
      if (Result<void> done = disk_.remove(file.path); !done) return done.error();
      continue;
    }
    if (segments_.empty() || file.base < segments_.front().base() || file.base < known_synced) return Error{file.why};
    if (Result<void> done = set_aside(file.path, file.bytes); !done) return done.error();
  }
  return {};
}

// Segments of before a reset that a crash interrupted.
Result<void> SegmentList::remove_left_overs() {
  uint64_t lineage = 0;
  for (const Segment& segment : segments_) lineage = std::max(lineage, segment.header.lineage);
  for (size_t i = 0; i < segments_.size();) {
    if (segments_[i].header.lineage == lineage) {
      i++;
      continue;
    }
    if (Result<void> done = disk_.remove(segments_[i].path); !done) return done.error();
    segments_.erase(segments_.begin() + static_cast<std::ptrdiff_t>(i));
  }
  return {};
}

Result<void> SegmentList::recover(Offset known_synced) {
  size_t index = index_of(std::max(known_synced, begin()));
  for (size_t i = 0; i < index; i++) {
    if (segments_[i].end() == segments_[i + 1].base()) continue;
    return Error{segments_[i].path + ": ends at offset " + std::to_string(segments_[i].end().value) +
                 ", the next segment begins at " + std::to_string(segments_[i + 1].base().value)};
  }
  history_ = segments_[index].header.history;
  for (; index < segments_.size(); index++) {
    const Segment& segment = segments_[index];
    const Result<WalkEnd> walk = scan(segment);
    if (!walk) return walk.error();
    const bool last = index + 1 == segments_.size();
    const bool whole = walk->kind == WalkEnd::Kind::kEnd;
    if (whole && last) break;
    if (whole && segments_[index + 1].base() == segment.end() && segments_[index + 1].header.history == history_)
      continue;
    if (walk->at < known_synced) {
      return Error{segment.path + ": bad record at offset " + std::to_string(walk->at.value) + " (byte " +
                   std::to_string(segment.header_bytes + (walk->at - segment.base())) + " of the file), before " +
                   std::to_string(known_synced.value) + " which was synced" + (*walk->why ? ": " : "") + walk->why};
    }
    if (Result<void> done = set_aside_after(index); !done) return done.error();
    torn_bytes_ += segment.end() - walk->at;
    if (Result<void> done = segment.file->truncate(segment.header_bytes + (walk->at - segment.base())); !done) {
      return done.error();
    }
    return segment.file->sync();
  }
  return {};
}

Result<WalkEnd> SegmentList::scan(const Segment& segment) {
  const auto read = [&](Offset from, size_t max_bytes) { return segment.read(from, max_bytes); };
  return walk_records(read, segment.base(), segment.end(), fork_before(history_, segment.base()),
                      [&](const RecordView& record) {
                        if (const auto start = parse_epoch_start(record)) history_.push_back(*start);
                        return true;
                      });
}

Result<void> SegmentList::set_aside(const std::string& path, uint64_t bytes) {
  torn_bytes_ += bytes;
  return disk_.rename(path, path + ".torn");
}

Result<void> SegmentList::set_aside_after(size_t index) {
  while (segments_.size() > index + 1) {
    const Segment& segment = segments_.back();
    if (Result<void> done = set_aside(segment.path, segment.file->size()); !done) return done.error();
    segments_.pop_back();
    if (Result<void> done = disk_.sync_directory(directory_); !done) return done.error();
  }
  return {};
}

}  // namespace onggi
