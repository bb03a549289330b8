#include "node/cut_tails.h"

#include <algorithm>
#include <cstdio>
#include <set>

#include "common/text.h"
#include "storage/little_endian.h"
#include "storage/operations.h"
#include "storage/record.h"

namespace onggi {

namespace {

constexpr size_t kMostBytes = 16 << 20;  // of the file: enough to name the first keys

std::string read_start(Disk& disk, const std::string& path) {
  auto file = disk.open(path);
  if (!file) return {};
  std::string bytes(std::min<uint64_t>((*file)->size(), kMostBytes), '\0');
  auto got = (*file)->read(0, bytes.data(), bytes.size());
  bytes.resize(got ? *got : 0);
  return bytes;
}

void collect(std::string_view payload, uint32_t databases, std::set<std::string>& keys) {
  OperationReader reader(payload, databases);
  while (!reader.at_end()) {
    auto operation = reader.next();
    if (!operation) return;
    if (!operation->key.empty()) keys.insert(quoted_for_log(operation->key));
  }
}

}  // namespace

std::string dropped_keys(Disk& disk, const std::string& path, uint32_t databases, size_t most) {
  const std::string bytes = read_start(disk, path);
  std::set<std::string> keys;
  size_t at = 0;
  while (bytes.size() - at >= kRecordHeaderBytes && keys.size() <= most) {
    const size_t length = load_le<uint32_t>(bytes.data() + at + 4);
    const auto type = static_cast<RecordType>(bytes[at + 8]);
    at += kRecordHeaderBytes;
    if (length > bytes.size() - at) break;
    if (type == RecordType::kOperations) collect(std::string_view(bytes).substr(at, length), databases, keys);
    at += length;
  }
  std::string names;
  size_t shown = 0;
  for (const std::string& key : keys) {
    if (++shown > most) break;
    names += (names.empty() ? "" : " ") + key;
  }
  if (keys.size() > most) names += " and more";
  return names.empty() ? "none" : names;
}

std::string cut_tail_name(Position end, Offset from, WallTime now) {
  char name[96];
  std::snprintf(name, sizeof name, "tail-%010llu-%020llu-%013lld.log", static_cast<unsigned long long>(end.epoch.value),
                static_cast<unsigned long long>(from.value), static_cast<long long>(std::max<int64_t>(now.ms, 0)));
  return name;
}

std::vector<std::string> forget_old_tails(Disk& disk, const std::string& directory) {
  auto names = disk.list(directory);
  std::vector<std::string> forgotten;
  if (!names) return forgotten;
  for (size_t i = 0; i + kMostCutTails < names->size(); i++) {
    if (disk.remove(directory + "/" + (*names)[i])) forgotten.push_back((*names)[i]);
  }
  return forgotten;
}

}  // namespace onggi
