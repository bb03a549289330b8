#include "storage/leaf.h"

namespace onggi {

Leaf* make_leaf(Heap& heap, uint8_t bits, uint8_t depth) {
  auto* leaf = static_cast<Leaf*>(heap.allocate_zeroed(sizeof(Leaf) + (sizeof(Word) << bits)));
  leaf->bits = bits;
  leaf->depth = depth;
  return leaf;
}

uint8_t leaf_bits_for(uint32_t count) {
  uint8_t bits = kSmallestLeafBits;
  while (count >= (1u << bits) - (1u << bits) / 4) bits++;
  return bits;
}

void leaf_put(Leaf& leaf, Word word) {
  const uint32_t mask = leaf.capacity() - 1;
  uint32_t at = word_tag(word) & mask;
  while (leaf.words[at] != 0) at = (at + 1) & mask;
  leaf.words[at] = word;
  leaf.count++;
}

void leaf_erase(Leaf& leaf, Word* word) {
  const uint32_t mask = leaf.capacity() - 1;
  uint32_t hole = static_cast<uint32_t>(word - leaf.words);
  for (uint32_t next = (hole + 1) & mask; leaf.words[next] != 0; next = (next + 1) & mask) {
    const uint32_t home = word_tag(leaf.words[next]) & mask;
    // A word may move up to the hole if its home isn't behind the hole.
    if (((next - home) & mask) < ((next - hole) & mask)) continue;
    leaf.words[hole] = leaf.words[next];
    hole = next;
  }
  leaf.words[hole] = 0;
  leaf.count--;
}

Leaf* leaf_resized(Heap& heap, Leaf* leaf, uint8_t bits) {
  Leaf* fresh = make_leaf(heap, bits, leaf->depth);
  for (uint32_t at = 0; at < leaf->capacity(); at++) {
    if (leaf->words[at] != 0) leaf_put(*fresh, leaf->words[at]);
  }
  heap.release(leaf);
  return fresh;
}

}  // namespace onggi
