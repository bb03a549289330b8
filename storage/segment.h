// One segment file of the log: a header, then records as they are in the stream.
//
//   "ONGGILOG"  u32 version  u32 header bytes
//   u64 base offset   u64 lineage   u64 synced   u32 epochs   { u64 epoch, u64 branch, u64 offset } per epoch
//   u64 XXH3-64 of everything before
//
// The header names every epoch that started before the segment: the history outlives the segments that are deleted.
// `synced` is what was known to be on disk when the segment was made: a bad record before it is damage, one after it
// may be what a power cut leaves. `lineage` grows with each reset: files of a lesser one are left-overs.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "storage/disk.h"
#include "storage/record.h"

namespace onggi {

struct SegmentHeader {
  Offset base;
  uint64_t lineage = 1;
  Offset synced;
  History history;  // starts before base
};

std::string encode_segment_header(const SegmentHeader& header);

struct DecodedHeader {
  SegmentHeader header;
  size_t bytes = 0;
};
// An error says why it is none.
Result<DecodedHeader> decode_segment_header(std::string_view bytes);

// "00000000000000000000.log": the base offset in 20 digits.
std::string segment_name(Offset base);
std::optional<Offset> parse_segment_name(std::string_view name);

struct Segment {
  SegmentHeader header;
  size_t header_bytes = 0;
  std::string path;
  std::shared_ptr<File> file;

  Offset base() const { return header.base; }
  Offset end() const { return header.base + (file->size() - header_bytes); }
  // Up to `max_bytes` from `from`, fewer only at the segment's end.
  Result<std::string> read(Offset from, size_t max_bytes) const;
};

// Opens and checks the header, not the records.
Result<Segment> open_segment(Disk& disk, const std::string& path);

// Makes the file and writes its header; replaces a file that a failed attempt left.
Result<Segment> create_segment(Disk& disk, const std::string& path, const SegmentHeader& header);

}  // namespace onggi
