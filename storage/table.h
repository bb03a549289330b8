// A hash table of pointers whose growth never stalls: extendible hashing (Fagin, Nievergelt, Pippenger and Strong,
// 1979). A small table is one leaf; a large one is a directory, indexed by the leading bits of the hash, of leaves of
// at most a few hundred words, which split and merge one at a time.
//
// Invariants:
// 1. All zero bytes are an empty table: whole arrays of tables can lie in untouched memory.
// 2. A leaf of depth d is in 2^(depth_ - d) neighbouring cells of the directory.
// 3. The directory never has more than size/16 cells (two at least): keys chosen to collide make a leaf longer, not
// memory. A scan goes through the space of hashes in order, and its cursor is a place in that space: leaves that split
// or merge meanwhile hide nothing that is there all the time. The table doesn't own what it points to. Traits: Item;
// static std::string_view key(const Item&).
#pragma once

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "common/random.h"
#include "storage/heap.h"
#include "storage/leaf.h"
#include "storage/prefetch.h"

namespace onggi {

inline constexpr int kCursorBits = 38;  // with a slot's 14 bits a cursor stays below 2^53: exact in every language

template <class Traits>
class Table {
 public:
  using Item = typename Traits::Item;

  uint32_t size() const { return size_; }
  bool released() const { return leaf_ == nullptr; }  // it has no memory of its own
  static Item* item(Word word) { return static_cast<Item*>(word_pointer(word)); }

  // The word of a key; it lives until the next insert or erase. Its pointer may be replaced with set().
  Word* find(uint64_t hash, std::string_view key) const {
    Leaf* leaf = leaf_at(hash);
    if (leaf == nullptr) return nullptr;
    return leaf_find(*leaf, tag_of(hash),
                     [&](void* pointer) { return Traits::key(*static_cast<Item*>(pointer)) == key; });
  }
  static void set(Word* word, Item* item) { *word = make_word(item, word_tag(*word)); }

  // The steps to an item, apart, so that those of many keys can be taken side by side while memory answers.
  void prefetch_leaf(uint64_t hash) const {
    if (const Leaf* leaf = leaf_at(hash)) onggi::prefetch(leaf);
  }
  void prefetch_word(uint64_t hash) const {
    if (const Leaf* leaf = leaf_at(hash)) onggi::prefetch(&leaf->words[tag_of(hash) & (leaf->capacity() - 1)]);
  }
  void prefetch_item(uint64_t hash) const {
    Leaf* leaf = leaf_at(hash);
    if (leaf == nullptr) return;
    leaf_find(*leaf, tag_of(hash), [](void* pointer) {
      onggi::prefetch(pointer);
      onggi::prefetch(static_cast<char*>(pointer) + 64);
      return true;
    });
  }

  // The key must not be there.
  void insert(Heap& heap, uint64_t hash, Item* item) {
    Leaf* leaf = leaf_at(hash);
    if (leaf == nullptr) replace(hash, 0, leaf = make_leaf(heap, kSmallestLeafBits, 0));
    while (leaf->full()) leaf = make_room(heap, hash, leaf);
    leaf_put(*leaf, make_word(item, tag_of(hash)));
    size_++;
  }

  void erase(Heap& heap, uint64_t hash, Word* word) {
    Leaf* leaf = leaf_at(hash);
    leaf_erase(*leaf, word);
    size_--;
    if (leaf->depth > 0 && try_merge(heap, hash, leaf)) return;
    if (leaf->count == 0 && depth_ == 0) {
      heap.release(leaf);
      leaf_ = nullptr;
    } else if (leaf->bits > kSmallestLeafBits && leaf->count < leaf->capacity() / 8) {
      const uint8_t depth = leaf->depth;
      replace(hash, depth, leaf_resized(heap, leaf, leaf_bits_for(leaf->count * 2)));
    }
  }

  // visit(Item&) for each; returns false to stop. The table must not change meanwhile.
  template <class Visit>
  void for_each(Visit visit) const {
    const uint64_t cells = depth_ == 0 ? 1 : 1ull << depth_;
    for (uint64_t cell = 0; cell < cells;) {
      const Leaf* leaf = depth_ == 0 ? leaf_ : directory_->cells[cell];
      if (leaf == nullptr) return;
      for (uint32_t at = 0; at < leaf->capacity(); at++) {
        if (leaf->words[at] != 0 && !visit(*item(leaf->words[at]))) return;
      }
      cell += 1ull << (depth_ - leaf->depth);
    }
  }

  // Visits about `count` items from the place `from` (below 2^kCursorBits), and returns where to go on; 0: that was
  // all.
  template <class Visit>
  uint64_t scan(const Heap& heap, uint64_t from, size_t count, Visit visit) const {
    uint64_t hash = from << (64 - kCursorBits);
    for (size_t seen = 0;;) {
      const Leaf* leaf = leaf_at(hash);
      if (leaf == nullptr) return 0;
      const uint64_t end = leaf->depth == 0 ? 0 : ((hash >> (64 - leaf->depth)) + 1) << (64 - leaf->depth);
      const size_t wanted = count > seen ? count - seen : 1;
      const uint64_t next = scan_leaf(heap, *leaf, hash, wanted, seen, visit);
      if (next != 0) return next;
      if (end == 0) return 0;
      hash = end;
      if (seen >= count) return hash >> (64 - kCursorBits);
    }
  }

  // One of them, near enough uniformly; the table isn't empty.
  Item* random(Random& random) const {
    for (int tries = 0; tries < 4096; tries++) {
      const Leaf* leaf = leaf_at(random.next());
      const uint32_t at =
          static_cast<uint32_t>(random.below(std::max(leaf->capacity(), depth_ == 0 ? 1u : 1u << kLargestLeafBits)));
      if (at < leaf->capacity() && leaf->words[at] != 0) return item(leaf->words[at]);
    }
    Item* first = nullptr;
    for_each([&](Item& found) {
      first = &found;
      return false;
    });
    return first;
  }

  // Empties the table from its end, leaf by leaf, until about `limit` items were handed to `release`; returns how many.
  // Once begun, the table can only be drained further.
  template <class Release>
  size_t drain(Heap& heap, size_t limit, Release release) {
    size_t done = 0;
    if (depth_ == 0) {
      done += drain_leaf(heap, leaf_, release);
      leaf_ = nullptr;
      return done;
    }
    while (directory_->left > 0 && done < limit) {
      Leaf* leaf = directory_->cells[directory_->left - 1];
      directory_->left -= 1u << (depth_ - leaf->depth);
      done += drain_leaf(heap, leaf, release);
    }
    if (directory_->left == 0) {
      heap.release(directory_);
      leaf_ = nullptr;
      depth_ = 0;
    }
    return done;
  }

 private:
  struct Directory {
    uint32_t deepest;  // leaves as deep as the directory
    uint32_t left;     // cells not drained
    Leaf* cells[];
  };

  Leaf* leaf_at(uint64_t hash) const { return depth_ == 0 ? leaf_ : directory_->cells[hash >> (64 - depth_)]; }

  static Directory* make_directory(Heap& heap, uint8_t depth) {
    constexpr size_t kCellBytes = sizeof(Leaf*);  // NOLINT(bugprone-sizeof-expression): cells hold pointers
    auto* directory = static_cast<Directory*>(heap.allocate(sizeof(Directory) + (kCellBytes << depth)));
    directory->deepest = 0;
    directory->left = 1u << depth;
    return directory;
  }

  // Puts `leaf` into every cell of the leaf of depth `depth` that `hash` belongs to.
  void replace(uint64_t hash, uint8_t depth, Leaf* leaf) {
    if (depth_ == 0) {
      leaf_ = leaf;
      return;
    }
    const uint8_t span = depth_ - depth;
    const uint64_t first = (hash >> (64 - depth_)) >> span << span;
    std::fill_n(directory_->cells + first, 1ull << span, leaf);
  }

  bool may_split(const Leaf& leaf) const {
    if (leaf.bits < kLargestLeafBits) return false;
    return leaf.depth < depth_ || (2ull << depth_) <= std::max<uint64_t>(2, size_ / 16);
  }

  // Grows or splits a full leaf; returns the one that `hash` then belongs to.
  Leaf* make_room(Heap& heap, uint64_t hash, Leaf* leaf) {
    if (may_split(*leaf)) {
      split(heap, hash, leaf);
      return leaf_at(hash);
    }
    const uint8_t depth = leaf->depth;
    Leaf* larger = leaf_resized(heap, leaf, leaf->bits + 1);
    replace(hash, depth, larger);
    return larger;
  }

  void double_directory(Heap& heap) {
    Directory* larger = make_directory(heap, depth_ + 1);
    if (depth_ == 0) {
      larger->cells[0] = larger->cells[1] = leaf_;
    } else {
      for (uint64_t cell = 0; cell < 1ull << depth_; cell++) {
        larger->cells[2 * cell] = larger->cells[2 * cell + 1] = directory_->cells[cell];
      }
      heap.release(directory_);
    }
    directory_ = larger;
    depth_++;
  }

  void split(Heap& heap, uint64_t hash, Leaf* leaf) {
    if (leaf->depth == depth_) double_directory(heap);
    const uint8_t depth = leaf->depth;
    std::vector<Word> sides[2];
    for (uint32_t at = 0; at < leaf->capacity(); at++) {
      const Word word = leaf->words[at];
      if (word != 0) sides[heap.hash(Traits::key(*item(word))) >> (63 - depth) & 1].push_back(word);
    }
    const uint64_t bit = 1ull << (63 - depth);
    for (uint64_t side = 0; side < 2; side++) {
      const uint8_t bits = leaf_bits_for(static_cast<uint32_t>(sides[side].size()));
      Leaf* half = make_leaf(heap, bits, depth + 1);
      for (const Word word : sides[side]) leaf_put(*half, word);
      replace(side == 0 ? hash & ~bit : hash | bit, depth + 1, half);
    }
    if (depth + 1 == depth_) directory_->deepest += 2;
    heap.release(leaf);
  }

  // Joins a leaf with the one that differs in its last bit if both together are small.
  bool try_merge(Heap& heap, uint64_t hash, Leaf* leaf) {
    const uint8_t depth = leaf->depth;
    Leaf* other = leaf_at(hash ^ (1ull << (64 - depth)));
    if (other->depth != depth || leaf->count + other->count > (1u << kLargestLeafBits) / 4) return false;
    Leaf* joined = make_leaf(heap, leaf_bits_for(leaf->count + other->count), depth - 1);
    for (const Leaf* half : {leaf, other}) {
      for (uint32_t at = 0; at < half->capacity(); at++) {
        if (half->words[at] != 0) leaf_put(*joined, half->words[at]);
      }
    }
    heap.release(leaf);
    heap.release(other);
    replace(hash, depth - 1, joined);
    if (depth == depth_ && (directory_->deepest -= 2) == 0) halve_directory(heap);
    return true;
  }

  void halve_directory(Heap& heap) {
    Directory* old = directory_;
    if (depth_ == 1) {
      leaf_ = old->cells[0];
    } else {
      directory_ = make_directory(heap, depth_ - 1);
      for (uint64_t cell = 0; cell < 1ull << (depth_ - 1); cell++) {
        directory_->cells[cell] = old->cells[2 * cell];
        if (directory_->cells[cell]->depth == depth_ - 1) directory_->deepest++;
      }
    }
    depth_--;
    heap.release(old);
    if (depth_ > 0 && directory_->deepest == 0) halve_directory(heap);
  }

  // Items of one leaf whose hash is at least `from`: all, or about the `wanted` first; 0 or where to go on.
  template <class Visit>
  uint64_t scan_leaf(const Heap& heap, const Leaf& leaf, uint64_t from, size_t wanted, size_t& seen,
                     Visit& visit) const {
    const bool whole = leaf.depth == 0 ? from == 0 : (from << leaf.depth) == 0;
    if (whole && leaf.count <= wanted) {
      for (uint32_t at = 0; at < leaf.capacity(); at++) {
        if (leaf.words[at] != 0) visit(*item(leaf.words[at]));
      }
      seen += leaf.count;
      return 0;
    }
    std::vector<std::pair<uint64_t, Item*>> found;
    found.reserve(leaf.count);
    for (uint32_t at = 0; at < leaf.capacity(); at++) {
      if (leaf.words[at] == 0) continue;
      const uint64_t hash = heap.hash(Traits::key(*item(leaf.words[at])));
      if (hash >= from) found.emplace_back(hash >> (64 - kCursorBits), item(leaf.words[at]));
    }
    std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    size_t at = 0;
    // Items of one place are never parted by a cursor.
    for (; at < found.size() && (at < wanted || found[at].first == found[at - 1].first); at++) visit(*found[at].second);
    seen += at;
    return at < found.size() ? found[at].first : 0;
  }

  template <class Release>
  size_t drain_leaf(Heap& heap, Leaf* leaf, Release& release) {
    if (leaf == nullptr) return 0;
    const size_t count = leaf->count;
    for (uint32_t at = 0; at < leaf->capacity(); at++) {
      if (leaf->words[at] != 0) release(item(leaf->words[at]));
    }
    size_ -= leaf->count;
    heap.release(leaf);
    return count;
  }

  union {
    Leaf* leaf_ = nullptr;  // depth_ == 0
    Directory* directory_;
  };
  uint32_t size_ = 0;
  uint8_t depth_ = 0;
};

}  // namespace onggi
