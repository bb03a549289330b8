#include "storage/collections.h"

#include <charconv>

namespace onggi {

namespace {

Entry* make_big(Heap& heap, Entry* entry) {
  auto* big = new BigMap(heap);
  packed_for_each(entry->inline_value(), entry->type, [&](const PackedItem& item) {
    big->set(item.name, item.value);
    return true;
  });
  entry = set_outside(heap, entry, big);
  entry->form = Form::kBig;
  return entry;
}

bool fits_packed(const Entry& entry, const StoreOptions& options, std::string_view name, std::string_view value) {
  return name.size() <= options.hash_max_packed_value && value.size() <= options.hash_max_packed_value &&
         packed_count(entry.inline_value()) <=
             (entry.type == ValueType::kHash ? options.hash_max_packed_entries : options.set_max_packed_entries);
}

size_t largest_count(const Entry& entry, const StoreOptions& options) {
  const uint32_t limit =
      entry.type == ValueType::kHash ? options.hash_max_packed_entries : options.set_max_packed_entries;
  return std::min<size_t>(limit, UINT16_MAX);
}

// As the text of a 64-bit integer would be written again.
bool is_integer(std::string_view text) {
  int64_t number;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return false;
  return text == "0" || (text[0] != '0' && !(text[0] == '-' && text[1] == '0'));
}

bool all_integers(const Entry& entry) {
  bool all = true;
  collection_for_each(entry, [&](std::string_view name, std::string_view) { return all = is_integer(name); });
  return all;
}

}  // namespace

size_t collection_size(const Entry& entry) {
  return entry.form == Form::kBig ? outside<BigMap>(entry)->size() : packed_count(entry.inline_value());
}

Entry* collection_begin(Heap& heap, Entry* entry, ValueType type) {
  return entry->form == Form::kNone ? packed_make(heap, entry, type) : entry;
}

Entry* collection_set(Heap& heap, Entry* entry, const StoreOptions& options, std::string_view name,
                      std::string_view value) {
  if (entry->form == Form::kPacked && !fits_packed(*entry, options, name, value)) entry = make_big(heap, entry);
  if (entry->form == Form::kPacked) {
    const auto item = packed_find(entry->inline_value(), entry->type, name);
    if (item && entry->type == ValueType::kSet) return entry;
    if (item) return packed_replace(heap, entry, *item, value);
    if (packed_count(entry->inline_value()) < largest_count(*entry, options)) {
      return packed_append(heap, entry, name, value);
    }
    entry = make_big(heap, entry);
  }
  outside<BigMap>(*entry)->set(name, value);
  return entry;
}

Entry* collection_erase(Heap& heap, Entry* entry, std::string_view name) {
  if (entry->form == Form::kBig) {
    outside<BigMap>(*entry)->erase(name);
    return entry;
  }
  const auto item = packed_find(entry->inline_value(), entry->type, name);
  return item ? packed_erase(heap, entry, *item) : entry;
}

const char* encoding_of(const Entry& entry) {
  constexpr size_t kLongestEmbedded = 44;
  constexpr size_t kLargestIntset = 512;
  switch (entry.type) {
    case ValueType::kString: {
      const std::string_view text = string_of(entry);
      if (text.size() <= 20 && is_integer(text)) return "int";
      return text.size() <= kLongestEmbedded ? "embstr" : "raw";
    }
    case ValueType::kHash:
      return entry.form == Form::kBig ? "hashtable" : "listpack";
    case ValueType::kSet:
      return collection_size(entry) <= kLargestIntset && all_integers(entry) ? "intset" : "hashtable";
  }
  return "raw";
}

// ---- views

size_t HashView::size() const {
  return collection_size(*entry_);
}

std::optional<std::string_view> HashView::get(std::string_view field) const {
  if (entry_->form == Form::kBig) return outside<BigMap>(*entry_)->get(field);
  const auto item = packed_find(entry_->inline_value(), ValueType::kHash, field);
  if (!item) return std::nullopt;
  return item->value;
}

void HashView::for_each(FunctionRef<bool(std::string_view, std::string_view)> visit) const {
  collection_for_each(*entry_, visit);
}

uint64_t HashView::scan(uint64_t cursor, size_t count,
                        FunctionRef<void(std::string_view, std::string_view)> visit) const {
  if (entry_->form == Form::kBig) return outside<BigMap>(*entry_)->scan(cursor, count, visit);
  for_each([&](std::string_view field, std::string_view value) {
    visit(field, value);
    return true;
  });
  return 0;
}

std::pair<std::string_view, std::string_view> HashView::random(Random& random) const {
  if (entry_->form == Form::kBig) {
    const FieldItem& item = outside<BigMap>(*entry_)->random(random);
    return {item.name(), item.value()};
  }
  uint64_t left = random.below(size());
  std::pair<std::string_view, std::string_view> found;
  for_each([&](std::string_view field, std::string_view value) {
    found = {field, value};
    return left-- > 0;
  });
  return found;
}

size_t SetView::size() const {
  return collection_size(*entry_);
}

bool SetView::contains(std::string_view member) const {
  if (entry_->form == Form::kBig) return outside<BigMap>(*entry_)->get(member).has_value();
  return packed_find(entry_->inline_value(), ValueType::kSet, member).has_value();
}

void SetView::for_each(FunctionRef<bool(std::string_view)> visit) const {
  collection_for_each(*entry_, [&](std::string_view member, std::string_view) { return visit(member); });
}

uint64_t SetView::scan(uint64_t cursor, size_t count, FunctionRef<void(std::string_view)> visit) const {
  return HashView(*entry_).scan(cursor, count, [&](std::string_view member, std::string_view) { visit(member); });
}

std::string_view SetView::random(Random& random) const {
  return HashView(*entry_).random(random).first;
}

}  // namespace onggi
