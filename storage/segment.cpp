// See segment.h.
#include "storage/segment.h"

#include <algorithm>
#include <charconv>

#include "storage/little_endian.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace onggi {

namespace {

constexpr std::string_view kMagic = "ONGGILOG";
constexpr uint32_t kVersion = 1;
constexpr size_t kFixedBytes = 8 + 4 + 4 + 8 + 8 + 8 + 4;
constexpr size_t kEpochBytes = 24;
constexpr size_t kChecksumBytes = 8;
constexpr size_t kNameDigits = 20;
constexpr std::string_view kNameEnd = ".log";
constexpr size_t kMaxHeaderBytes = 256u << 20;  // ten million epochs
constexpr uint64_t kMostBase = 1ull << 62;      // sums of offsets and sizes never overflow

Error corrupt(const char* why) {
  return Error{std::string("not a segment header: ") + why};
}

}  // namespace

std::string encode_segment_header(const SegmentHeader& header) {
  std::string bytes(kMagic);
  append_le(bytes, kVersion);
  const size_t size = kFixedBytes + header.history.size() * kEpochBytes + kChecksumBytes;
  append_le(bytes, static_cast<uint32_t>(size));
  append_le(bytes, header.base.value);
  append_le(bytes, header.lineage);
  append_le(bytes, header.synced.value);
  append_le(bytes, static_cast<uint32_t>(header.history.size()));
  for (const EpochStart& start : header.history) {
    append_le(bytes, start.epoch.value);
    append_le(bytes, start.branch.value);
    append_le(bytes, start.offset.value);
  }
  append_le(bytes, static_cast<uint64_t>(XXH3_64bits(bytes.data(), bytes.size())));
  return bytes;
}

Result<DecodedHeader> decode_segment_header(std::string_view bytes) {
  if (bytes.size() < kFixedBytes + kChecksumBytes) return corrupt("too short");
  if (bytes.substr(0, kMagic.size()) != kMagic) return corrupt("wrong magic");
  const char* at = bytes.data() + kMagic.size();
  if (load_le<uint32_t>(at) != kVersion) return corrupt("unknown version");
  const size_t size = load_le<uint32_t>(at + 4);
  const size_t epochs = load_le<uint32_t>(at + 32);
  if (size != kFixedBytes + epochs * kEpochBytes + kChecksumBytes) return corrupt("wrong length");
  if (bytes.size() < size) return corrupt("cut short");
  const size_t covered = size - kChecksumBytes;
  if (load_le<uint64_t>(bytes.data() + covered) != XXH3_64bits(bytes.data(), covered)) return corrupt("wrong checksum");

  DecodedHeader decoded;
  decoded.bytes = size;
  decoded.header.base = {load_le<uint64_t>(at + 8)};
  if (decoded.header.base.value > kMostBase) return corrupt("an offset that no log reaches");
  decoded.header.lineage = load_le<uint64_t>(at + 16);
  decoded.header.synced = {load_le<uint64_t>(at + 24)};
  decoded.header.history.reserve(epochs);
  for (size_t i = 0; i < epochs; i++) {
    const char* entry = bytes.data() + kFixedBytes + i * kEpochBytes;
    decoded.header.history.push_back(
        {{load_le<uint64_t>(entry)}, {load_le<uint64_t>(entry + 8)}, {load_le<uint64_t>(entry + 16)}});
  }
  return decoded;
}

std::string segment_name(Offset base) {
  const std::string digits = std::to_string(base.value);
  return std::string(kNameDigits - digits.size(), '0') + digits + std::string(kNameEnd);
}

std::optional<Offset> parse_segment_name(std::string_view name) {
  if (name.size() != kNameDigits + kNameEnd.size() || !name.ends_with(kNameEnd)) return std::nullopt;
  Offset base;
  const char* end = name.data() + kNameDigits;
  const auto [stop, error] = std::from_chars(name.data(), end, base.value);
  if (error != std::errc{} || stop != end) return std::nullopt;
  return base;
}

Result<std::string> Segment::read(Offset from, size_t max_bytes) const {
  ONGGI_CHECK(from >= base() && from <= end());
  std::string bytes(std::min<uint64_t>(max_bytes, end() - from), '\0');
  const Result<size_t> got = file->read(header_bytes + (from - base()), bytes.data(), bytes.size());
  if (!got) return got.error();
  bytes.resize(*got);
  return bytes;
}

Result<Segment> open_segment(Disk& disk, const std::string& path) {
  Result<std::shared_ptr<File>> file = disk.open(path);
  if (!file) return file.error();
  std::string bytes(kFixedBytes, '\0');
  Result<size_t> got = (*file)->read(0, bytes.data(), bytes.size());
  if (!got) return got.error();
  size_t size = *got < kFixedBytes ? 0 : load_le<uint32_t>(bytes.data() + kMagic.size() + 4);
  size = std::min(size, std::min<size_t>(kMaxHeaderBytes, (*file)->size()));
  bytes.resize(size);
  got = (*file)->read(0, bytes.data(), bytes.size());
  if (!got) return got.error();
  bytes.resize(*got);
  Result<DecodedHeader> decoded = decode_segment_header(bytes);
  if (!decoded) return Error{path + ": " + decoded.error().message};
  return Segment{std::move(decoded->header), decoded->bytes, path, std::move(*file)};
}

Result<Segment> create_segment(Disk& disk, const std::string& path, const SegmentHeader& header) {
  if (disk.exists(path)) {
    if (Result<void> removed = disk.remove(path); !removed) return removed.error();
  }
  Result<std::shared_ptr<File>> file = disk.create(path);
  if (!file) return file.error();
  const std::string bytes = encode_segment_header(header);
  if (Result<void> written = (*file)->append(bytes); !written) return written.error();
  return Segment{header, bytes.size(), path, std::move(*file)};
}

}  // namespace onggi
