// A large hash or set: a table of items, each a block of its own with field and value together. Growth never stalls
// (storage/table.h), and it is freed in slices.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "storage/table.h"

namespace onggi {

struct FieldItem {
  uint32_t name_size;
  uint32_t value_size;
  const char* data() const { return reinterpret_cast<const char*>(this + 1); }
  char* data() { return reinterpret_cast<char*>(this + 1); }
  std::string_view name() const { return {data(), name_size}; }
  std::string_view value() const { return {data() + name_size, value_size}; }
};

struct FieldTraits {
  using Item = FieldItem;
  static std::string_view key(const FieldItem& item) { return item.name(); }
};

class BigMap {
 public:
  explicit BigMap(Heap& heap);
  ~BigMap();  // at once; use drain() first for a large one
  BigMap(const BigMap&) = delete;
  BigMap& operator=(const BigMap&) = delete;

  size_t size() const { return table_.size(); }
  size_t memory() const { return memory_; }        // of the items; tables add a few percent
  size_t value_bytes() const { return content_; }  // lengths of names and values
  std::optional<std::string_view> get(std::string_view name) const;
  bool set(std::string_view name, std::string_view value);  // true: it is new
  bool erase(std::string_view name);
  BigMap* clone() const;

  template <class Visit>  // visit(name, value) returns false to stop
  void for_each(Visit visit) const {
    table_.for_each([&](const FieldItem& item) { return visit(item.name(), item.value()); });
  }
  template <class Visit>
  uint64_t scan(uint64_t cursor, size_t count, Visit visit) const {
    return table_.scan(heap_, cursor & ((1ull << kCursorBits) - 1), count,
                       [&](const FieldItem& item) { visit(item.name(), item.value()); });
  }
  const FieldItem& random(Random& random) const { return *table_.random(random); }
  size_t drain(size_t limit);  // how many items went; the map can only be drained or destroyed after that

 private:
  FieldItem* make_item(std::string_view name, std::string_view value);
  void free_item(FieldItem* item);

  Heap& heap_;
  Table<FieldTraits> table_;
  size_t memory_ = 0;
  size_t content_ = 0;
};

}  // namespace onggi
