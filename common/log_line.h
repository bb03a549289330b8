// A line for the log, as the pure cores emit it: an effect like any other. Drivers hand it to common/log.h.
#pragma once

#include <cstdint>
#include <string>

namespace onggi {

struct LogLine {
  enum class Level : uint8_t { kDebug, kInfo, kWarning, kError };
  Level level = Level::kInfo;
  std::string text;
};

}  // namespace onggi
