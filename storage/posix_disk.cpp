// See posix_disk.h.
#include "storage/posix_disk.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <filesystem>
#include <system_error>

namespace onggi {

namespace {

Error failure(const char* call, const std::string& path, int number) {
  return Error{std::string(call) + " " + path + ": " + std::generic_category().message(number)};
}

class PosixFile : public File {
 public:
  PosixFile(int fd, std::string path, uint64_t size) : fd_(fd), path_(std::move(path)), size_(size) {}
  ~PosixFile() override { ::close(fd_); }
  PosixFile(const PosixFile&) = delete;
  PosixFile& operator=(const PosixFile&) = delete;

  // Writes at size_, not at the file's end: after a write that failed half way, the next one goes over its bytes.
  Result<void> append(std::string_view bytes) override {
    uint64_t at = size_;
    while (!bytes.empty()) {
      const ssize_t wrote = ::pwrite(fd_, bytes.data(), bytes.size(), static_cast<off_t>(at));
      if (wrote < 0 && errno == EINTR) continue;
      if (wrote < 0) return failure("write", path_, errno);
      bytes.remove_prefix(static_cast<size_t>(wrote));
      at += static_cast<uint64_t>(wrote);
    }
    size_ = at;
    return {};
  }

  Result<size_t> read(uint64_t at, char* into, size_t size) const override {
    size_t got = 0;
    const size_t wanted = at < size_ ? std::min<uint64_t>(size, size_ - at) : 0;
    while (got < wanted) {
      const ssize_t n = ::pread(fd_, into + got, wanted - got, static_cast<off_t>(at + got));
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return failure("read", path_, errno);
      if (n == 0) break;
      got += static_cast<size_t>(n);
    }
    return got;
  }

  Result<void> sync() override {
    if (sync_failed_) return Error{"sync " + path_ + ": failed before, and what was lost is not known"};
    while (::fdatasync(fd_) != 0) {
      if (errno == EINTR) continue;
      sync_failed_ = true;
      return failure("fdatasync", path_, errno);
    }
    return {};
  }

  Result<void> truncate(uint64_t size) override {
    if (::ftruncate(fd_, static_cast<off_t>(size)) != 0) return failure("ftruncate", path_, errno);
    size_ = size;
    return {};
  }

  uint64_t size() const override { return size_; }

 private:
  int fd_;
  std::string path_;
  uint64_t size_;
  std::atomic<bool> sync_failed_ = false;
};

Result<std::shared_ptr<File>> open_file(const std::string& path, int flags) {
  const int fd = ::open(path.c_str(), flags | O_RDWR | O_CLOEXEC, 0640);
  if (fd < 0) return failure("open", path, errno);
  struct stat status = {};
  if (::fstat(fd, &status) != 0) {
    const int number = errno;
    ::close(fd);
    return failure("stat", path, number);
  }
  return std::shared_ptr<File>(std::make_shared<PosixFile>(fd, path, static_cast<uint64_t>(status.st_size)));
}

}  // namespace

Result<std::shared_ptr<File>> PosixDisk::open(const std::string& path) {
  return open_file(path, 0);
}

Result<std::shared_ptr<File>> PosixDisk::create(const std::string& path) {
  return open_file(path, O_CREAT | O_EXCL);
}

Result<std::vector<std::string>> PosixDisk::list(const std::string& directory) {
  std::error_code error;
  std::vector<std::string> names;
  std::filesystem::directory_iterator entries(directory, error);
  for (; !error && entries != std::filesystem::directory_iterator(); entries.increment(error)) {
    names.push_back(entries->path().filename().string());
  }
  if (error) return failure("list", directory, error.value());
  std::sort(names.begin(), names.end());
  return names;
}

Result<void> PosixDisk::make_directory(const std::string& path) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) return {};
  const std::string parent = std::filesystem::path(path).parent_path().string();
  if (!parent.empty() && parent != path) {
    if (Result<void> made = make_directory(parent); !made) return made;
  }
  if (::mkdir(path.c_str(), 0750) != 0) return failure("mkdir", path, errno);
  return sync_directory(parent.empty() ? "." : parent);
}

Result<void> PosixDisk::rename(const std::string& from, const std::string& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) return failure("rename", from + " to " + to, errno);
  return {};
}

Result<void> PosixDisk::remove(const std::string& path) {
  std::error_code error;
  std::filesystem::remove_all(path, error);
  if (error) return failure("remove", path, error.value());
  return {};
}

Result<void> PosixDisk::sync_directory(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return failure("open", path, errno);
  const int result = ::fsync(fd);
  const int number = errno;
  ::close(fd);
  if (result != 0) return failure("fsync", path, number);
  return {};
}

bool PosixDisk::exists(const std::string& path) const {
  std::error_code error;
  return std::filesystem::exists(path, error);
}

uint64_t PosixDisk::free_bytes(const std::string& path) const {
  struct statvfs status = {};
  if (::statvfs(path.c_str(), &status) != 0) return 0;
  return static_cast<uint64_t>(status.f_bavail) * status.f_frsize;
}

}  // namespace onggi
