// A state blob that can still be written when the disk is full: one preallocated file with two slots, written in turn,
// in place. Also the lock of a process: the file is locked for as long as the object lives.
//
//   file := slot slot                       each of slot_bytes
//   slot := magic(8) sequence(8) size(4) zero(4) checksum(8) bytes(size) unused
//   little endian; checksum: XXH3-64 of bytes, its seed the XXH3-64 of sequence, size and zero
//
// Invariants: 1. A save writes the slot that doesn't hold the newest state, then fdatasyncs: a torn write loses the new
// state only. 2. Blocks are allocated at open. 3. The lock is on this very file, not on one beside it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "common/fd.h"
#include "common/state_store.h"

namespace onggi {

class SlotFile final : public StateStore {
 public:
  static constexpr size_t kHeaderBytes = 32;
  static constexpr size_t kDefaultSlotBytes = 64 * 1024;

  // Makes the file if there is none. Refused when another process holds it (the error names the process), when its
  // slots are of another size, and when it is not such a file. `slot_bytes`: 4 KB to 1 MB.
  static Result<std::unique_ptr<SlotFile>> open(const std::string& path, size_t slot_bytes = kDefaultSlotBytes);

  std::optional<std::string> load() override;
  Result<void> save(std::string_view state) override;

  // True if this open made the file.
  bool created() const { return created_; }
  // What tells this very file from a copy: for L4's proof of death.
  uint64_t device() const { return device_; }
  uint64_t inode() const { return inode_; }

 private:
  SlotFile(std::string path, Fd fd, size_t slot_bytes)
      : path_(std::move(path)), fd_(std::move(fd)), slot_bytes_(slot_bytes) {}
  Result<void> read_slots();

  std::string path_;
  Fd fd_;
  size_t slot_bytes_;
  bool created_ = false;
  uint64_t device_ = 0;
  uint64_t inode_ = 0;
  uint64_t sequence_ = 0;  // of the newest valid slot; 0: none
  int newest_ = 1;         // where it lies
  std::optional<std::string> state_;
};

}  // namespace onggi
