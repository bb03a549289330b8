// See log_tail.h.
#include "storage/log_tail.h"

#include <algorithm>
#include <cstring>

#include "common/check.h"

namespace onggi {

namespace {
constexpr size_t kMaxSpareBlocks = 2;
}

LogTail::LogTail(Offset base, size_t block_bytes) : block_bytes_(block_bytes), end_(base) {}

LogTail::Block LogTail::take_block(size_t capacity) {
  Block block;
  block.base = end_;
  block.capacity = capacity;
  if (capacity == block_bytes_ && !spare_.empty()) {
    block.bytes = std::move(spare_.back());
    spare_.pop_back();
  } else {
    block.bytes = std::make_unique_for_overwrite<char[]>(capacity);
  }
  capacity_ += capacity;
  return block;
}

void LogTail::give_back(Block block) {
  capacity_ -= block.capacity;
  if (block.capacity == block_bytes_ && spare_.size() < kMaxSpareBlocks) spare_.push_back(std::move(block.bytes));
}

char* LogTail::pending() {
  ONGGI_CHECK(!blocks_.empty());
  return blocks_.back().bytes.get() + blocks_.back().used;
}

char* LogTail::grow(size_t bytes) {
  const size_t wanted = pending_ + bytes;
  if (blocks_.empty() || blocks_.back().capacity - blocks_.back().used < wanted) {
    // A record that outgrows its block moves to one with room to grow on.
    const size_t capacity = wanted <= block_bytes_ ? block_bytes_ : wanted + wanted / 2;
    Block block = take_block(capacity);
    if (pending_ > 0) std::memcpy(block.bytes.get(), pending(), pending_);
    if (!blocks_.empty() && blocks_.back().used == 0) {
      give_back(std::move(blocks_.back()));
      blocks_.pop_back();
    }
    blocks_.push_back(std::move(block));
  }
  char* room = pending() + pending_;
  pending_ = wanted;
  return room;
}

void LogTail::seal() {
  ONGGI_CHECK(!blocks_.empty());
  blocks_.back().used += pending_;
  end_ = end_ + pending_;
  pending_ = 0;
}

std::string_view LogTail::contiguous(Offset from) const {
  ONGGI_CHECK(from >= begin() && from <= end_);
  if (from == end_) return {};
  const auto after = std::upper_bound(blocks_.begin(), blocks_.end(), from,
                                      [](Offset offset, const Block& block) { return offset < block.base; });
  const Block& block = *std::prev(after);
  const size_t skip = from - block.base;
  return {block.bytes.get() + skip, block.used - skip};
}

void LogTail::trim(Offset upto, size_t keep_bytes) {
  while (blocks_.size() > 1 && capacity_ > keep_bytes && blocks_.front().base + blocks_.front().used <= upto) {
    give_back(std::move(blocks_.front()));
    blocks_.pop_front();
  }
}

void LogTail::restart(Offset base) {
  while (!blocks_.empty()) {
    give_back(std::move(blocks_.back()));
    blocks_.pop_back();
  }
  end_ = base;
  pending_ = 0;
}

}  // namespace onggi
