#include "storage/heap.h"

#include <xxhash.h>

namespace onggi {

void Heap::tune_allocator() {
  constexpr int kKeptBytes = 512 << 20;
  mallopt(M_MXFAST, 0);
  mallopt(M_TRIM_THRESHOLD, kKeptBytes);
}

uint64_t Heap::hash(std::string_view key) const {
  return XXH3_64bits_withSeed(key.data(), key.size(), seed_);
}

}  // namespace onggi
