// Bytes received and not taken up yet, in one piece of memory. Grows by doubling; has no memory while it is empty.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

namespace onggi::net {

class InputBuffer {
 public:
  std::string_view view() const { return {memory_.get() + begin_, end_ - begin_}; }
  size_t size() const { return end_ - begin_; }
  bool empty() const { return begin_ == end_; }
  size_t capacity() const { return capacity_; }

  void append(std::string_view bytes);
  void consume(size_t bytes);
  // Room for `bytes` more at least; follow with commit().
  std::span<char> room(size_t bytes);
  void commit(size_t bytes) { end_ += bytes; }
  void release();  // forgets everything

 private:
  std::unique_ptr<char[]> memory_;
  size_t capacity_ = 0;
  size_t begin_ = 0;
  size_t end_ = 0;
};

}  // namespace onggi::net
