// A disk in memory that knows what was synced, for tests and the simulator: crash() takes away what was not, as cruelly
// as POSIX allows. Deterministic: the choices come from the Random that is handed in.
//
// After a crash a file has what was synced and a random part of what was appended since, of which the end may be
// garbage; a truncation that was not synced may be undone; creations, renames and removals in a folder that was not
// synced since may each be undone, in any mix. make_directory is durable at once, as disk.h says.
// File handles of before a crash only fail. Thread-safe.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "common/random.h"
#include "storage/disk.h"

namespace onggi {

class MemoryDisk : public Disk {
 public:
  MemoryDisk();
  ~MemoryDisk() override;

  Result<std::shared_ptr<File>> open(const std::string& path) override;
  Result<std::shared_ptr<File>> create(const std::string& path) override;
  Result<std::vector<std::string>> list(const std::string& directory) override;
  Result<void> make_directory(const std::string& path) override;
  Result<void> rename(const std::string& from, const std::string& to) override;
  Result<void> remove(const std::string& path) override;
  Result<void> sync_directory(const std::string& path) override;
  bool exists(const std::string& path) const override;
  uint64_t free_bytes(const std::string& path) const override;

  // ---- faults
  void crash(Random& random);         // the host lost power; also ends stop_after()
  void kill();                        // the process died: handles fail, no byte is lost
  void fill_up(uint64_t free_bytes);  // appends beyond fail; UINT64_MAX: as much as you like
  void fail_syncs(bool fail);
  void stop_after(uint64_t operations);  // so many changes go through, then everything fails
  uint64_t operations() const;           // changes so far
  void flip_bit(const std::string& path, uint64_t bit);
  std::string contents(const std::string& path) const;
  void wipe(const std::string& directory);  // all in it is gone, durably

  struct State;

 private:
  std::shared_ptr<State> state_;
};

}  // namespace onggi
