#include "node/role/copy_receiver.h"

#include <limits>
#include <set>

namespace onggi {
namespace {

// A file's name, as RocksDB makes them: one component, nothing that leads out of the folder.
bool plain_name(const std::string& name) {
  return !name.empty() && name.size() <= 255 && name != "." && name != ".." && name.find('/') == std::string::npos &&
         name.find('\0') == std::string::npos;
}

}  // namespace

Result<CopyReceiver> CopyReceiver::begin(const CopyBegin& begin) {
  if (begin.files.size() > kMaxFiles) return Error{"too many files"};
  CopyReceiver receiver;
  std::set<std::string> names;
  for (const CopyBegin::File& file : begin.files) {
    if (!plain_name(file.name)) return Error{"a file's name is not allowed"};
    if (!names.insert(file.name).second) return Error{"a file's name comes twice"};
    if (file.size > std::numeric_limits<uint64_t>::max() - receiver.total_) return Error{"sizes that can't be"};
    receiver.total_ += file.size;
  }
  receiver.begin_ = begin;
  return receiver;
}

Result<void> CopyReceiver::chunk(const CopyChunk& chunk) {
  while (file_ < begin_.files.size() && at_ >= begin_.files[file_].size) {
    file_++;
    at_ = 0;
  }
  if (file_ >= begin_.files.size() || chunk.file != file_ || chunk.at != at_) return Error{"a piece out of order"};
  if (chunk.bytes.empty() || chunk.bytes.size() > begin_.files[file_].size - at_) return Error{"a piece of wrong size"};
  checksum_.add(chunk.bytes);
  at_ += chunk.bytes.size();
  received_ += chunk.bytes.size();
  return {};
}

Result<void> CopyReceiver::end(const CopyEnd& end) const {
  if (received_ != total_) return Error{"it ended early"};
  if (end.checksum != checksum_.value()) return Error{"its checksum is wrong"};
  return {};
}

}  // namespace onggi
