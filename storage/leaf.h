// A leaf of a table: open addressing with linear probing over 8-byte words, each a pointer (48 bits) and a tag (16 bits
// of the hash of what it points to). A word's home comes from its tag, so that growing, shrinking and erasing touch no
// memory but the leaf's own.
#pragma once

#include <cstdint>

#include "storage/heap.h"

namespace onggi {

using Word = uint64_t;  // 0: empty

struct Leaf {
  uint32_t count;
  uint8_t bits;   // capacity: 1 << bits
  uint8_t depth;  // how many leading bits the hashes of all its items share
  uint16_t unused;
  Word words[];

  uint32_t capacity() const { return 1u << bits; }
  bool full() const { return count >= capacity() - capacity() / 4; }
};

inline constexpr uint64_t kPointerMask = (1ull << 48) - 1;
inline constexpr uint8_t kSmallestLeafBits = 2;
inline constexpr uint8_t kLargestLeafBits = 8;  // above, a leaf splits in two

inline uint16_t tag_of(uint64_t hash) {
  return static_cast<uint16_t>(hash);
}
inline uint16_t word_tag(Word word) {
  return static_cast<uint16_t>(word >> 48);
}
inline void* word_pointer(Word word) {
  return reinterpret_cast<void*>(word & kPointerMask);  // NOLINT(performance-no-int-to-ptr): the tag lies above it
}
inline Word make_word(const void* pointer, uint16_t tag) {
  return reinterpret_cast<uint64_t>(pointer) | static_cast<uint64_t>(tag) << 48;
}

Leaf* make_leaf(Heap& heap, uint8_t bits, uint8_t depth);
uint8_t leaf_bits_for(uint32_t count);                     // with room to grow
void leaf_put(Leaf& leaf, Word word);                      // there is room
void leaf_erase(Leaf& leaf, Word* word);                   // moves words behind it up
Leaf* leaf_resized(Heap& heap, Leaf* leaf, uint8_t bits);  // frees the old one

// The word with this tag for which `match(pointer)` holds.
template <class Match>
Word* leaf_find(Leaf& leaf, uint16_t tag, Match match) {
  const uint32_t mask = leaf.capacity() - 1;
  for (uint32_t at = tag & mask; leaf.words[at] != 0; at = (at + 1) & mask) {
    if (word_tag(leaf.words[at]) == tag && match(word_pointer(leaf.words[at]))) return &leaf.words[at];
  }
  return nullptr;
}

}  // namespace onggi
