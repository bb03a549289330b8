#include "storage/heap.h"

#include <xxhash.h>

namespace onggi {

uint64_t Heap::hash(std::string_view key) const {
  return XXH3_64bits_withSeed(key.data(), key.size(), seed_);
}

}  // namespace onggi
