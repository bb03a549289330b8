// Where a process keeps its small durable state: the seam between the pure cores and the disk.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/result.h"

namespace onggi {

class StateStore {
 public:
  virtual ~StateStore() = default;
  // What was saved last; nothing if there never was anything.
  virtual std::optional<std::string> load() = 0;
  // Replaces the state. Durable (fsynced) when it returns ok; on an error the old state is still there.
  virtual Result<void> save(std::string_view state) = 0;
};

}  // namespace onggi
