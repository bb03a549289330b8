// See memory_disk.h. What is durable of a file: contents[0, durable_size) and then durable_rest, which is not empty
// only after a truncation that was not synced.
#include "storage/memory_disk.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <set>

namespace onggi {

namespace {

struct Inode {
  std::string contents;
  uint64_t durable_size = 0;
  std::string durable_rest;
};
using Entries = std::map<std::string, std::shared_ptr<Inode>>;  // by path

// A change of a folder that was not synced.
struct Change {
  std::string from;  // its entry goes; empty: a creation
  std::string to;    // its entry becomes `inode`; empty: a removal
  std::shared_ptr<Inode> inode;
};

std::string parent_of(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, slash);
}

void apply_change(Entries& entries, const Change& change) {
  if (!change.from.empty()) {
    const auto found = entries.find(change.from);
    if (found != entries.end() && found->second == change.inode) entries.erase(found);
  }
  if (!change.to.empty()) entries[change.to] = change.inode;
}

void crash_file(Inode& inode, Random& random) {
  if (!inode.durable_rest.empty() && random.below(2) == 0) {
    inode.contents = inode.contents.substr(0, inode.durable_size) + inode.durable_rest;
  } else {
    const uint64_t unsynced = inode.contents.size() - inode.durable_size;
    const uint64_t kept = random.below(3) == 0 ? unsynced : random.below(unsynced + 1);
    inode.contents.resize(inode.durable_size + kept);
    if (kept > 0 && random.below(2) == 0) {
      const uint64_t torn = 1 + random.below(std::min<uint64_t>(kept, 4096));
      const bool zeros = random.below(2) == 0;
      for (uint64_t i = inode.contents.size() - torn; i < inode.contents.size(); i++) {
        inode.contents[i] = zeros ? '\0' : static_cast<char>(random.next());
      }
    }
  }
  inode.durable_size = inode.contents.size();
  inode.durable_rest.clear();
}

}  // namespace

struct MemoryDisk::State {
  mutable std::mutex mutex;
  Entries entries;
  Entries durable;
  std::set<std::string> directories;
  std::vector<Change> changes;  // not durable yet, oldest first
  uint64_t lives = 0;           // handles of an earlier life fail
  uint64_t free_bytes = std::numeric_limits<uint64_t>::max();
  bool fail_syncs = false;
  uint64_t operations = 0;
  uint64_t stop_at = std::numeric_limits<uint64_t>::max();

  // Counts a change; false: the machine has stopped.
  bool proceed() {
    if (operations >= stop_at) return false;
    operations++;
    return true;
  }
  bool stopped() const { return operations >= stop_at; }
  void change(Change change) {
    apply_change(entries, change);
    changes.push_back(std::move(change));
  }
};

namespace {

Error stopped_error() {
  return Error{"the disk has stopped"};
}

class MemoryFile : public File {
 public:
  MemoryFile(std::shared_ptr<MemoryDisk::State> disk, std::shared_ptr<Inode> inode)
      : disk_(std::move(disk)), inode_(std::move(inode)), life_(disk_->lives) {}

  Result<void> append(std::string_view bytes) override {
    const std::lock_guard lock(disk_->mutex);
    if (life_ != disk_->lives || !disk_->proceed()) return stopped_error();
    if (bytes.size() > disk_->free_bytes) return Error{"write: No space left on device"};
    if (disk_->free_bytes != std::numeric_limits<uint64_t>::max()) disk_->free_bytes -= bytes.size();
    inode_->contents += bytes;
    return {};
  }

  Result<size_t> read(uint64_t at, char* into, size_t size) const override {
    const std::lock_guard lock(disk_->mutex);
    if (life_ != disk_->lives || disk_->stopped()) return stopped_error();
    if (at >= inode_->contents.size()) return size_t{0};
    const size_t got = std::min<uint64_t>(size, inode_->contents.size() - at);
    std::memcpy(into, inode_->contents.data() + at, got);  // NOLINT(bugprone-not-null-terminated-result): bytes
    return got;
  }

  Result<void> sync() override {
    const std::lock_guard lock(disk_->mutex);
    if (life_ != disk_->lives || !disk_->proceed()) return stopped_error();
    if (disk_->fail_syncs) sync_failed_ = true;
    if (sync_failed_) return Error{"fdatasync: Input/output error"};
    inode_->durable_size = inode_->contents.size();
    inode_->durable_rest.clear();
    return {};
  }

  Result<void> truncate(uint64_t size) override {
    const std::lock_guard lock(disk_->mutex);
    if (life_ != disk_->lives || !disk_->proceed()) return stopped_error();
    if (size < inode_->durable_size) {
      inode_->durable_rest = inode_->contents.substr(size, inode_->durable_size - size) + inode_->durable_rest;
      inode_->durable_size = size;
    }
    inode_->contents.resize(size);
    return {};
  }

  uint64_t size() const override {
    const std::lock_guard lock(disk_->mutex);
    return inode_->contents.size();
  }

 private:
  std::shared_ptr<MemoryDisk::State> disk_;
  std::shared_ptr<Inode> inode_;
  uint64_t life_;
  bool sync_failed_ = false;
};

}  // namespace

MemoryDisk::MemoryDisk() : state_(std::make_shared<State>()) {}
MemoryDisk::~MemoryDisk() = default;

Result<std::shared_ptr<File>> MemoryDisk::open(const std::string& path) {
  const std::lock_guard lock(state_->mutex);
  if (state_->stopped()) return stopped_error();
  const auto found = state_->entries.find(path);
  if (found == state_->entries.end()) return Error{"open " + path + ": No such file or directory"};
  return std::shared_ptr<File>(std::make_shared<MemoryFile>(state_, found->second));
}

Result<std::shared_ptr<File>> MemoryDisk::create(const std::string& path) {
  const std::lock_guard lock(state_->mutex);
  if (!state_->proceed()) return stopped_error();
  if (state_->entries.contains(path)) return Error{"open " + path + ": File exists"};
  if (!state_->directories.contains(parent_of(path))) return Error{"open " + path + ": No such file or directory"};
  auto inode = std::make_shared<Inode>();
  state_->change({"", path, inode});
  return std::shared_ptr<File>(std::make_shared<MemoryFile>(state_, std::move(inode)));
}

Result<std::vector<std::string>> MemoryDisk::list(const std::string& directory) {
  const std::lock_guard lock(state_->mutex);
  if (state_->stopped()) return stopped_error();
  if (!state_->directories.contains(directory)) return Error{"list " + directory + ": No such file or directory"};
  std::set<std::string> names;
  for (const auto& [path, inode] : state_->entries) {
    if (parent_of(path) == directory) names.insert(path.substr(directory.size() + 1));
  }
  for (const std::string& path : state_->directories) {
    if (path != directory && parent_of(path) == directory) names.insert(path.substr(directory.size() + 1));
  }
  return std::vector<std::string>(names.begin(), names.end());
}

Result<void> MemoryDisk::make_directory(const std::string& path) {
  const std::lock_guard lock(state_->mutex);
  if (!state_->proceed()) return stopped_error();
  if (state_->entries.contains(path)) return Error{"mkdir " + path + ": File exists"};
  for (std::string at = path; !at.empty() && at != "."; at = parent_of(at)) state_->directories.insert(at);
  state_->directories.insert(".");
  return {};
}

Result<void> MemoryDisk::rename(const std::string& from, const std::string& to) {
  const std::lock_guard lock(state_->mutex);
  if (!state_->proceed()) return stopped_error();
  const auto found = state_->entries.find(from);
  if (found == state_->entries.end()) return Error{"rename " + from + ": No such file or directory"};
  if (!state_->directories.contains(parent_of(to))) return Error{"rename to " + to + ": No such file or directory"};
  state_->change({from, to, found->second});
  return {};
}

Result<void> MemoryDisk::remove(const std::string& path) {
  const std::lock_guard lock(state_->mutex);
  if (!state_->proceed()) return stopped_error();
  std::vector<Change> gone;
  for (const auto& [name, inode] : state_->entries) {
    if (name == path || name.starts_with(path + "/")) gone.push_back({name, "", inode});
  }
  for (Change& change : gone) state_->change(std::move(change));
  // A folder that is gone comes back after a crash if something in it does.
  std::erase_if(state_->directories, [&](const std::string& d) { return d == path || d.starts_with(path + "/"); });
  return {};
}

Result<void> MemoryDisk::sync_directory(const std::string& path) {
  const std::lock_guard lock(state_->mutex);
  if (!state_->proceed()) return stopped_error();
  if (state_->fail_syncs) return Error{"fsync " + path + ": Input/output error"};
  std::erase_if(state_->changes, [&](const Change& change) {
    if (parent_of(change.to.empty() ? change.from : change.to) != path) return false;
    apply_change(state_->durable, change);
    return true;
  });
  return {};
}

bool MemoryDisk::exists(const std::string& path) const {
  const std::lock_guard lock(state_->mutex);
  return state_->entries.contains(path) || state_->directories.contains(path);
}

uint64_t MemoryDisk::free_bytes(const std::string&) const {
  const std::lock_guard lock(state_->mutex);
  return state_->free_bytes;
}

void MemoryDisk::crash(Random& random) {
  const std::lock_guard lock(state_->mutex);
  State& state = *state_;
  // A journal keeps changes in order; a file system without one keeps any of them.
  const bool journal = random.below(2) == 0;
  const uint64_t kept = random.below(state.changes.size() + 1);
  for (size_t i = 0; i < state.changes.size(); i++) {
    if (journal ? i < kept : random.below(2) == 0) apply_change(state.durable, state.changes[i]);
  }
  state.changes.clear();
  state.entries = state.durable;
  std::set<Inode*> seen;
  for (auto& [path, inode] : state.entries) {
    if (seen.insert(inode.get()).second) crash_file(*inode, random);
    for (std::string at = parent_of(path); at != "."; at = parent_of(at)) {
      if (!state.directories.insert(at).second || at.empty()) break;
    }
  }
  state.lives++;
  state.fail_syncs = false;
  state.stop_at = std::numeric_limits<uint64_t>::max();
}

void MemoryDisk::kill() {
  const std::lock_guard lock(state_->mutex);
  state_->lives++;
  state_->stop_at = std::numeric_limits<uint64_t>::max();
}

void MemoryDisk::fill_up(uint64_t free_bytes) {
  const std::lock_guard lock(state_->mutex);
  state_->free_bytes = free_bytes;
}

void MemoryDisk::fail_syncs(bool fail) {
  const std::lock_guard lock(state_->mutex);
  state_->fail_syncs = fail;
}

void MemoryDisk::stop_after(uint64_t operations) {
  const std::lock_guard lock(state_->mutex);
  state_->stop_at = operations == std::numeric_limits<uint64_t>::max() ? operations : state_->operations + operations;
}

uint64_t MemoryDisk::operations() const {
  const std::lock_guard lock(state_->mutex);
  return state_->operations;
}

void MemoryDisk::flip_bit(const std::string& path, uint64_t bit) {
  const std::lock_guard lock(state_->mutex);
  const auto found = state_->entries.find(path);
  ONGGI_CHECK(found != state_->entries.end() && bit / 8 < found->second->contents.size());
  found->second->contents[bit / 8] = static_cast<char>(found->second->contents[bit / 8] ^ (1 << (bit % 8)));
}

std::string MemoryDisk::contents(const std::string& path) const {
  const std::lock_guard lock(state_->mutex);
  const auto found = state_->entries.find(path);
  return found == state_->entries.end() ? std::string() : found->second->contents;
}

void MemoryDisk::wipe(const std::string& directory) {
  const std::lock_guard lock(state_->mutex);
  const std::string inside = directory + "/";
  for (Entries* entries : {&state_->entries, &state_->durable}) {
    std::erase_if(*entries, [&](const auto& entry) { return entry.first.starts_with(inside); });
  }
  std::erase_if(state_->changes,
                [&](const Change& change) { return change.from.starts_with(inside) || change.to.starts_with(inside); });
  std::erase_if(state_->directories, [&](const std::string& path) { return path.starts_with(inside); });
}

}  // namespace onggi
