// The memory of the keyspace: every block of entries, tables and values comes from here and is counted as what the
// allocator really sets aside for it. It also holds the seed of the keyspace's hash function, which all tables share
// (a seed of the process's own keeps strangers from choosing keys that collide).
// Owned by one Store, used on its thread.
#pragma once

#include <malloc.h>

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "common/check.h"

namespace onggi {

class Heap {
 public:
  explicit Heap(uint64_t seed) : seed_(seed) {}
  Heap(const Heap&) = delete;
  Heap& operator=(const Heap&) = delete;

  void* allocate(size_t bytes) { return counted(std::malloc(bytes)); }
  // All zero; pages of a large block cost nothing before they are touched.
  void* allocate_zeroed(size_t bytes) { return counted(std::calloc(1, bytes)); }
  void* reallocate(void* block, size_t bytes) {
    bytes_ -= size_of(block);
    return counted(std::realloc(block, bytes));
  }
  void release(void* block) {
    if (block == nullptr) return;
    bytes_ -= size_of(block);
    std::free(block);
  }

  // What a block may hold, and what it takes with the allocator's own header.
  static size_t room_of(void* block) { return malloc_usable_size(block); }
  static size_t size_of(void* block) { return malloc_usable_size(block) + sizeof(size_t); }
  // Memory that isn't in blocks of this heap but belongs to the keyspace.
  void add(size_t bytes) { bytes_ += bytes; }
  void subtract(size_t bytes) { bytes_ -= bytes; }

  // For a program's start: an allocator that frees small blocks one by one, rather than by the million when it next
  // looks for a large one, and that doesn't hand memory back to the system in the middle of a request.
  static void tune_allocator();

  uint64_t bytes() const { return bytes_; }
  uint64_t hash(std::string_view key) const;  // XXH3 with the seed

 private:
  void* counted(void* block) {
    ONGGI_CHECK(block != nullptr);
    bytes_ += size_of(block);
    return block;
  }

  uint64_t seed_;
  uint64_t bytes_ = 0;
};

}  // namespace onggi
