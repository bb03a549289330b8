// What the node calls itself and its clients, wherever it is shown: versions, roles, names of connections.
#pragma once

#include <string_view>

#include "node/services.h"

namespace onggi {

// The Redis whose behaviour is the specification; clients decide by it what they may use.
inline constexpr std::string_view kRedisVersion = "7.0.15";
inline constexpr std::string_view kOnggiVersion = ONGGI_VERSION;

inline constexpr std::string_view kInvalidClientName =
    "ERR Client names cannot contain spaces, newlines or special characters.";

// A name is printable and without spaces, so that CLIENT LIST stays one field a word.
inline bool valid_name(std::string_view name) {
  for (const char c : name) {
    if (c < '!' || c > '~') return false;
  }
  return true;
}

// L1: master only with a lease (or unmanaged); everything else calls itself a replica.
enum class ShownRole : uint8_t { kMaster, kReplica };
ShownRole shown_role(const Services& services, Now now);

}  // namespace onggi
