// The seam to the file system: what the log and the data folder ask of it. The programs hand in a POSIX one
// (storage/posix_disk.h), the simulator one that loses what was not synced. Paths are absolute or relative to the
// working directory. All calls block; append() returns once the page cache has the bytes.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"

namespace onggi {

class File {
 public:
  virtual ~File() = default;
  virtual Result<void> append(std::string_view bytes) = 0;  // all, or on an error nothing that size() counts
  // Reads up to `size` bytes at `at` into `into`, and returns how many there were.
  virtual Result<size_t> read(uint64_t at, char* into, size_t size) const = 0;
  // Safe to call from another thread than the one that appends. Once it failed it fails for ever: the kernel may have
  // dropped what it could not write.
  virtual Result<void> sync() = 0;
  virtual Result<void> truncate(uint64_t size) = 0;
  virtual uint64_t size() const = 0;
};

class Disk {
 public:
  virtual ~Disk() = default;
  // Opens for reading and appending; `create`: makes it, failing if it exists.
  virtual Result<std::shared_ptr<File>> open(const std::string& path) = 0;
  virtual Result<std::shared_ptr<File>> create(const std::string& path) = 0;
  virtual Result<std::vector<std::string>> list(const std::string& directory) = 0;  // names, sorted
  virtual Result<void> make_directory(const std::string& path) = 0;  // and its parents, durably; fine if there
  virtual Result<void> rename(const std::string& from, const std::string& to) = 0;  // replaces
  virtual Result<void> remove(const std::string& path) = 0;          // a file or a whole folder; fine if not there
  virtual Result<void> sync_directory(const std::string& path) = 0;  // on any thread
  virtual bool exists(const std::string& path) const = 0;
  virtual uint64_t free_bytes(const std::string& path) const = 0;
};

}  // namespace onggi
