#include "common/net/input_buffer.h"

#include <algorithm>
#include <cstring>

namespace onggi::net {

namespace {
constexpr size_t kLeastBytes = 16 * 1024;
}

void InputBuffer::append(std::string_view bytes) {
  std::memcpy(room(bytes.size()).data(), bytes.data(), bytes.size());
  commit(bytes.size());
}

void InputBuffer::consume(size_t bytes) {
  begin_ += bytes;
  if (begin_ == end_) release();
}

std::span<char> InputBuffer::room(size_t bytes) {
  if (capacity_ - end_ < bytes) {
    const size_t kept = size();
    if (capacity_ - kept >= bytes && begin_ >= kept) {  // moving costs no more than what was consumed
      if (kept > 0) std::memmove(memory_.get(), memory_.get() + begin_, kept);
    } else {
      const size_t capacity = std::max({kLeastBytes, kept + bytes, std::min(2 * capacity_, 2 * kept + bytes)});
      std::unique_ptr<char[]> memory(
          new char[capacity]);  // not zeroed: pages of a large value are touched as they fill
      if (kept > 0) std::memcpy(memory.get(), memory_.get() + begin_, kept);
      memory_ = std::move(memory);
      capacity_ = capacity;
    }
    begin_ = 0;
    end_ = kept;
  }
  return {memory_.get() + end_, capacity_ - end_};
}

void InputBuffer::release() {
  memory_.reset();
  capacity_ = begin_ = end_ = 0;
}

}  // namespace onggi::net
