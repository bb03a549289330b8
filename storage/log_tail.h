// The end of the log in memory: blocks of whole records, and behind them the one record that is being built or
// received. A record never lies across two blocks, so it can be built, checked, applied and written in place.
//
// Invariants:
// 1. begin() <= end(); [begin(), end()) are whole sealed records without a gap.
// 2. Pending bytes lie right behind end() in the last block.
#pragma once

#include <deque>
#include <memory>
#include <string_view>
#include <vector>

#include "common/types.h"

namespace onggi {

class LogTail {
 public:
  explicit LogTail(Offset base, size_t block_bytes = 1 << 20);

  Offset begin() const { return blocks_.empty() ? end_ : blocks_.front().base; }
  Offset end() const { return end_; }
  size_t bytes() const { return capacity_; }  // of memory

  // ---- the pending record
  char* pending();  // its first byte; invalid after grow()
  size_t pending_bytes() const { return pending_; }
  char* grow(size_t bytes);  // room behind what is pending
  void drop_pending() { pending_ = 0; }
  void seal();  // the pending bytes become part of the log

  // ---- reading: sealed bytes from `from`, in [begin(), end()], up to the end of its block; empty only at end().
  std::string_view contiguous(Offset from) const;

  // Forgets the oldest blocks that lie before `upto`, while more than `keep_bytes` of memory are used.
  void trim(Offset upto, size_t keep_bytes);
  // Empty, at `base`.
  void restart(Offset base);

 private:
  struct Block {
    Offset base;
    size_t capacity = 0;
    size_t used = 0;  // sealed
    std::unique_ptr<char[]> bytes;
  };
  Block take_block(size_t capacity);
  void give_back(Block block);

  size_t block_bytes_;
  std::deque<Block> blocks_;
  std::vector<std::unique_ptr<char[]>> spare_;  // of block_bytes_ each: fresh memory costs page faults
  Offset end_;
  size_t pending_ = 0;
  size_t capacity_ = 0;
};

}  // namespace onggi
