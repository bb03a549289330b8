// The folder of a node:
//
//   state                      the state file (preallocated, locked; not ours)
//   CURRENT                    "gen-N": which generation is the node's data
//   gen-N/log/  gen-N/tier/    the log's segments, the tier
//   gen-N+1/                   a full copy in the making (PROTOCOL N6)
//   cut-tails/                 what was cut from the log after a divergence (PROTOCOL N5): the node's
//   (node/cut_tails.h) checkpoints/               of the tier, while a full copy is sent
//
// Invariants:
// 1. CURRENT is replaced atomically and durably, and only once everything in the new generation is durable.
// 2. What CURRENT does not name is a left-over, and removed at the next open(), as are checkpoints.
#pragma once

#include <string>
#include <vector>

#include "common/types.h"
#include "storage/disk.h"

namespace onggi {

class DataDir {
 public:
  // Makes the folder if there is none. Without CURRENT, but with generations, it is an error: not ours to guess.
  static Result<DataDir> open(Disk& disk, std::string directory);

  uint64_t generation() const { return generation_; }
  std::string state_path() const { return directory_ + "/state"; }
  std::string log_directory() const { return path_of(generation_) + "/log"; }
  std::string tier_directory() const { return path_of(generation_) + "/tier"; }

  // ---- a full copy, built beside: an empty generation, whatever an earlier attempt left
  Result<void> begin_copy();
  std::string copy_log_directory() const { return path_of(generation_ + 1) + "/log"; }
  std::string copy_tier_directory() const { return path_of(generation_ + 1) + "/tier"; }
  // The copy's files become durable, then it is the current generation. The old one is there until remove_old().
  Result<void> adopt_copy();
  Result<void> abandon_copy();
  // Removes what CURRENT does not name; only when nobody has files of it open.
  Result<void> remove_old();

  // A new folder path for a checkpoint, not made yet. `name` is the owner's.
  Result<std::string> checkpoint_directory(const std::string& name);
  Result<void> remove_checkpoint(const std::string& name);

 private:
  DataDir(Disk& disk, std::string directory) : disk_(&disk), directory_(std::move(directory)) {}
  std::string path_of(uint64_t generation) const { return directory_ + "/gen-" + std::to_string(generation); }
  Result<void> start_new();
  Result<void> read_current();
  bool is_empty(const std::string& path) const;
  Result<void> write_current(uint64_t generation);
  Result<void> make_generation(uint64_t generation);

  Disk* disk_;
  std::string directory_;
  uint64_t generation_ = 0;
};

}  // namespace onggi
