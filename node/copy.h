// The files of full copies (PROTOCOL N6), as work for a thread that may block. Both directions: chunks of a checkpoint
// read for a follower, and a copy received beside this node's own data.
//
// Work is done in order. What is received becomes this node's data only by CopyInstall, whole; until then a crash, or
// CopyDrop, leaves nothing behind.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "common/result.h"
#include "node/role/effects.h"

namespace onggi {

struct CopyDrop {};
struct CopyInstall {};
struct DropCheckpoint {
  CopyId copy;
};
struct ReadCheckpoint {
  CopyId copy;
  std::string name;  // of the file
  uint32_t file = 0;
  uint64_t at = 0;
  size_t size = 0;
};

using CopyTask =
    std::variant<CopyDrop, RoleEffects::CopyOpen, RoleEffects::CopyWrite, CopyInstall, DropCheckpoint, ReadCheckpoint>;

// Answers ReadCheckpoint (bytes), CopyInstall, and CopyWrite (so that no more is read than the disk takes). The other
// tasks, and CopyWrite, fail only through the install that follows them.
struct CopyResult {
  CopyTask task;
  std::optional<Error> error;
  std::string bytes;
};

}  // namespace onggi
