#include "storage/big_map.h"

#include <limits>

#include "storage/encoding.h"

namespace onggi {

BigMap::BigMap(Heap& heap) : heap_(heap) {
  heap_.add(sizeof(BigMap));
}

BigMap::~BigMap() {
  while (drain(std::numeric_limits<size_t>::max()) > 0) continue;
  heap_.subtract(sizeof(BigMap));
}

FieldItem* BigMap::make_item(std::string_view name, std::string_view value) {
  auto* item = static_cast<FieldItem*>(heap_.allocate(sizeof(FieldItem) + name.size() + value.size()));
  item->name_size = static_cast<uint32_t>(name.size());
  item->value_size = static_cast<uint32_t>(value.size());
  put_bytes(put_bytes(item->data(), name), value);
  memory_ += Heap::size_of(item) + sizeof(Word);
  content_ += name.size() + value.size();
  return item;
}

void BigMap::free_item(FieldItem* item) {
  memory_ -= Heap::size_of(item) + sizeof(Word);
  content_ -= item->name_size + item->value_size;
  heap_.release(item);
}

std::optional<std::string_view> BigMap::get(std::string_view name) const {
  const Word* word = table_.find(heap_.hash(name), name);
  if (word == nullptr) return std::nullopt;
  return table_.item(*word)->value();
}

bool BigMap::set(std::string_view name, std::string_view value) {
  const uint64_t hash = heap_.hash(name);
  Word* word = table_.find(hash, name);
  if (word == nullptr) {
    table_.insert(heap_, hash, make_item(name, value));
    return true;
  }
  FieldItem* old = table_.item(*word);
  if (old->value_size == value.size()) {
    put_bytes(old->data() + old->name_size, value);
  } else {
    table_.set(word, make_item(name, value));
    free_item(old);
  }
  return false;
}

bool BigMap::erase(std::string_view name) {
  const uint64_t hash = heap_.hash(name);
  Word* word = table_.find(hash, name);
  if (word == nullptr) return false;
  FieldItem* item = table_.item(*word);
  table_.erase(heap_, hash, word);
  free_item(item);
  return true;
}

BigMap* BigMap::clone() const {
  auto* copy = new BigMap(heap_);
  for_each([&](std::string_view name, std::string_view value) {
    copy->table_.insert(heap_, heap_.hash(name), copy->make_item(name, value));
    return true;
  });
  return copy;
}

size_t BigMap::drain(size_t limit) {
  if (table_.size() == 0 && table_.released()) return 0;
  return table_.drain(heap_, limit, [this](FieldItem* item) { free_item(item); });
}

}  // namespace onggi
