// What a reply waits for on the node's own side, weakest first (PROTOCOL N3, N4).
#pragma once

#include <cstdint>

namespace onggi {

enum class Durability : uint8_t {
  kNone,  // memory
  kOs,    // the page cache: survives a SIGKILL, not a power cut
  kDisk,  // an fsync
};

}  // namespace onggi
