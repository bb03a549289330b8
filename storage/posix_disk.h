// The file system as it is: Disk over POSIX calls. Thread-safe as disk.h asks. Errors name the call and the path.
#pragma once

#include "storage/disk.h"

namespace onggi {

class PosixDisk : public Disk {
 public:
  Result<std::shared_ptr<File>> open(const std::string& path) override;
  Result<std::shared_ptr<File>> create(const std::string& path) override;
  Result<std::vector<std::string>> list(const std::string& directory) override;
  Result<void> make_directory(const std::string& path) override;
  Result<void> rename(const std::string& from, const std::string& to) override;
  Result<void> remove(const std::string& path) override;
  Result<void> sync_directory(const std::string& path) override;
  bool exists(const std::string& path) const override;
  uint64_t free_bytes(const std::string& path) const override;
};

}  // namespace onggi
