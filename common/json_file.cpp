#include "common/json_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "common/fd.h"

namespace onggi {

namespace {

constexpr size_t kMaxFileBytes = 256 << 20;

Error failure(const std::string& path, const char* what) {
  return Error{path + ": " + what + ": " + std::strerror(errno)};
}

Result<void> write_and_sync(int fd, const std::string& path, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return failure(path, "write");
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  if (::fsync(fd) != 0) return failure(path, "fsync");
  return {};
}

Result<void> sync_folder_of(const std::string& path) {
  std::string folder = std::filesystem::path(path).parent_path().string();
  if (folder.empty()) folder = ".";
  const Fd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return failure(folder, "open");
  if (::fsync(fd.get()) != 0) return failure(folder, "fsync");
  return {};
}

}  // namespace

Result<std::string> read_whole_file(const std::string& path) {
  const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return failure(path, "open");
  std::string bytes;
  char piece[16384];
  for (;;) {
    const ssize_t got = ::read(fd.get(), piece, sizeof piece);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failure(path, "read");
    if (got == 0) return bytes;
    bytes.append(piece, static_cast<size_t>(got));
    if (bytes.size() > kMaxFileBytes) return Error{path + ": too large a file"};
  }
}

Result<void> replace_file(const std::string& path, std::string_view bytes) {
  const std::string temporary = path + ".new";
  {
    const Fd fd(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
    if (!fd) return failure(temporary, "create");
    Result<void> result = write_and_sync(fd.get(), temporary, bytes);
    if (!result) return result;
  }
  Result<std::string> again = read_whole_file(temporary);
  if (!again) return again.error();
  if (*again != bytes) return Error{temporary + ": does not hold what was written"};
  if (::rename(temporary.c_str(), path.c_str()) != 0) return failure(path, "rename");
  return sync_folder_of(path);
}

}  // namespace onggi
