#include "common/slot_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include <xxhash.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace onggi {

namespace {

constexpr char kMagic[9] = "onggist1";
constexpr size_t kSequenceAt = 8;
constexpr size_t kSizeAt = 16;
constexpr size_t kChecksumAt = 24;
constexpr size_t kLeastSlotBytes = 4096;
constexpr size_t kMostSlotBytes = 1 << 20;

Error failure(const std::string& path, const char* what, int error = errno) {
  return Error{path + ": " + what + ": " + std::strerror(error)};
}

void put(char* at, uint64_t value, size_t bytes) {
  for (size_t i = 0; i < bytes; i++) at[i] = static_cast<char>(value >> (8 * i));
}

uint64_t get(const char* at, size_t bytes) {
  uint64_t value = 0;
  for (size_t i = 0; i < bytes; i++) value |= uint64_t{static_cast<unsigned char>(at[i])} << (8 * i);
  return value;
}

uint64_t checksum(const char* header, std::string_view bytes) {
  const uint64_t seed = XXH3_64bits(header + kSequenceAt, kChecksumAt - kSequenceAt);
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), seed);
}

Result<void> write_all(int fd, const std::string& path, std::string_view bytes, uint64_t at) {
  while (!bytes.empty()) {
    const ssize_t written = ::pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(at));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return failure(path, "write");
    bytes.remove_prefix(static_cast<size_t>(written));
    at += static_cast<uint64_t>(written);
  }
  return {};
}

Result<std::string> read_all(int fd, const std::string& path, size_t size, uint64_t at) {
  std::string bytes(size, '\0');
  size_t got = 0;
  while (got < size) {
    const ssize_t n = ::pread(fd, bytes.data() + got, size - got, static_cast<off_t>(at + got));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return failure(path, "read");
    if (n == 0) break;
    got += static_cast<size_t>(n);
  }
  bytes.resize(got);
  return bytes;
}

// The process that holds the lock, from /proc/locks; 0: not to be seen from here.
int holder_of(const struct stat& file) {
  char wanted[64];
  std::snprintf(wanted, sizeof wanted, "%02x:%02x:%llu", major(file.st_dev), minor(file.st_dev),
                static_cast<unsigned long long>(file.st_ino));
  std::ifstream locks("/proc/locks");
  std::string line;
  while (std::getline(locks, line)) {
    std::istringstream words(line);
    std::string number, kind, mode, access, inode;
    int pid = 0;
    if (words >> number >> kind >> mode >> access >> pid >> inode && kind == "FLOCK" && inode == wanted) return pid;
  }
  return 0;
}

// Opens and locks the file that is at `path` afterwards too: not one that was removed in between.
Result<Fd> open_locked(const std::string& path, struct stat& file) {
  for (int attempt = 0; attempt < 10; attempt++) {
    Fd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (!fd) return failure(path, "open");
    if (::fstat(fd.get(), &file) != 0) return failure(path, "stat");
    if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
      if (errno != EWOULDBLOCK) return failure(path, "lock");
      const int pid = holder_of(file);
      const std::string who = pid > 0 ? "process " + std::to_string(pid) : "another process";
      return Error{path + ": is in use by " + who + ": one folder serves one process"};
    }
    struct stat now {};
    if (::stat(path.c_str(), &now) == 0 && now.st_ino == file.st_ino && now.st_dev == file.st_dev) return fd;
  }
  return Error{path + ": is being replaced by somebody all the time"};
}

// Real blocks, written once: a later write in place needs no room.
Result<void> allocate(int fd, const std::string& path, size_t bytes) {
  const int error = ::posix_fallocate(fd, 0, static_cast<off_t>(bytes));
  if (error != 0) return failure(path, "allocate", error);
  Result<void> written = write_all(fd, path, std::string(bytes, '\0'), 0);
  if (!written) return written;
  if (::fsync(fd) != 0) return failure(path, "fsync");
  std::string folder = std::filesystem::path(path).parent_path().string();
  if (folder.empty()) folder = ".";
  const Fd parent(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!parent || ::fsync(parent.get()) != 0) return failure(folder, "fsync");
  return {};
}

}  // namespace

Result<std::unique_ptr<SlotFile>> SlotFile::open(const std::string& path, size_t slot_bytes) {
  if (slot_bytes < kLeastSlotBytes || slot_bytes > kMostSlotBytes || slot_bytes % kLeastSlotBytes != 0) {
    return Error{path + ": slots are 4 KB to 1 MB, in steps of 4 KB"};
  }
  struct stat status {};
  Result<Fd> fd = open_locked(path, status);
  if (!fd) return fd.error();
  std::unique_ptr<SlotFile> file(new SlotFile(path, std::move(*fd), slot_bytes));
  file->device_ = status.st_dev;
  file->inode_ = status.st_ino;
  const auto size = static_cast<size_t>(status.st_size);
  bool unfinished = size == 0;  // or a crash stopped its making: shorter than it should be, and never used
  if (size > 0 && size < 2 * slot_bytes) {
    Result<std::string> start = read_all(file->fd_.get(), path, size, 0);
    if (!start) return start.error();
    unfinished = start->find_first_not_of('\0') == std::string::npos;
  }
  if (unfinished) {
    Result<void> made = allocate(file->fd_.get(), path, 2 * slot_bytes);
    if (!made) {
      if (::ftruncate(file->fd_.get(), 0) != 0) return Error{made.error().message + " (and can't be undone)"};
      return made.error();
    }
    file->created_ = true;
  } else if (size != 2 * slot_bytes) {
    return Error{path + ": has " + std::to_string(size) + " bytes, not " + std::to_string(2 * slot_bytes) +
                 ": not a state file, or one with other slots"};
  }
  Result<void> read = file->read_slots();
  if (!read) return read.error();
  return file;
}

Result<void> SlotFile::read_slots() {
  int damaged = 0;
  for (int slot = 0; slot < 2; slot++) {
    Result<std::string> bytes = read_all(fd_.get(), path_, slot_bytes_, static_cast<uint64_t>(slot) * slot_bytes_);
    if (!bytes) return bytes.error();
    if (bytes->find_first_not_of('\0') == std::string::npos) continue;
    damaged++;
    if (bytes->size() != slot_bytes_ || std::memcmp(bytes->data(), kMagic, 8) != 0) continue;
    const uint64_t size = get(bytes->data() + kSizeAt, 4);
    if (size > slot_bytes_ - kHeaderBytes) continue;
    const std::string_view state = std::string_view(*bytes).substr(kHeaderBytes, size);
    if (get(bytes->data() + kChecksumAt, 8) != checksum(bytes->data(), state)) continue;
    const uint64_t sequence = get(bytes->data() + kSequenceAt, 8);
    if (sequence == UINT64_MAX) continue;  // nothing could follow it
    damaged--;
    if (sequence <= sequence_) continue;
    sequence_ = sequence;
    newest_ = slot;
    state_ = std::string(state);
  }
  // One that can't be read is a torn write; two are a loss that must not pass for a fresh start.
  if (damaged == 2) return Error{path_ + ": both copies of the state are damaged"};
  return {};
}

std::optional<std::string> SlotFile::load() {
  return state_;
}

Result<void> SlotFile::save(std::string_view state) {
  if (state.size() > slot_bytes_ - kHeaderBytes) {
    return Error{path_ + ": a state of " + std::to_string(state.size()) + " bytes doesn't fit in a slot of " +
                 std::to_string(slot_bytes_)};
  }
  std::string bytes(kHeaderBytes, '\0');
  std::memcpy(bytes.data(), kMagic, 8);
  put(bytes.data() + kSequenceAt, sequence_ + 1, 8);
  put(bytes.data() + kSizeAt, state.size(), 4);
  put(bytes.data() + kChecksumAt, checksum(bytes.data(), state), 8);
  bytes += state;
  const int slot = 1 - newest_;
  Result<void> written = write_all(fd_.get(), path_, bytes, static_cast<uint64_t>(slot) * slot_bytes_);
  if (!written) return written;
  if (::fdatasync(fd_.get()) != 0) return failure(path_, "fdatasync");
  newest_ = slot;
  sequence_++;
  state_ = std::string(state);
  return {};
}

}  // namespace onggi
