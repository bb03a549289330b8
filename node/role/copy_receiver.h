// Checks a full copy as it arrives (PROTOCOL N6): names, order, sizes, checksum. Writes nothing itself.
#pragma once

#include <optional>
#include <string>

#include "common/messages.h"
#include "common/result.h"
#include "node/role/checksum.h"

namespace onggi {

class CopyReceiver {
 public:
  static constexpr size_t kMaxFiles = 100000;

  static Result<CopyReceiver> begin(const CopyBegin& begin);
  Result<void> chunk(const CopyChunk& chunk);
  Result<void> end(const CopyEnd& end) const;

  const CopyBegin& what() const { return begin_; }
  uint64_t received() const { return received_; }
  uint64_t total() const { return total_; }

 private:
  CopyBegin begin_;
  Checksum checksum_;
  uint32_t file_ = 0;  // where the next byte belongs
  uint64_t at_ = 0;
  uint64_t received_ = 0;
  uint64_t total_ = 0;
};

}  // namespace onggi
