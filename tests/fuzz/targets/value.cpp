// Tier values: bytes that are no value are refused and change nothing; what is a value is read, and what is read is
// written and read again as the same.
//
//   input := most packed entries(1) bytes
#include <map>

#include "storage/collections.h"
#include "storage/value_codec.h"
#include "tests/fuzz/input.h"

using namespace onggi;

namespace {

// An entry of a heap of its own; all memory is given back.
class OneEntry {
 public:
  explicit OneEntry(uint32_t most_packed) {
    options_.hash_max_packed_entries = options_.set_max_packed_entries = most_packed;
    entry_ = make_entry(heap_, "key", 0);
  }
  ~OneEntry() {
    delete drop_value(heap_, entry_);
    free_entry(heap_, entry_);
    fuzz::require(heap_.bytes() == 0, "all memory is given back");
  }
  bool decode(std::string_view bytes) {
    Entry* decoded = decode_value(heap_, entry_, options_, bytes);
    if (decoded == nullptr) {
      fuzz::require(entry_->form == Form::kNone, "what is refused changes nothing");
      return false;
    }
    entry_ = decoded;
    entry_->deadline_ms = encoded_deadline(bytes)->ms;
    return true;
  }
  std::string encode() const { return encode_value(*entry_); }
  // Type, deadline and items, in an order of their own.
  std::string shown() const {
    std::string text = std::string(type_name(entry_->type)) + " " + std::to_string(entry_->deadline_ms) + " ";
    if (entry_->type == ValueType::kString) return text.append(string_of(*entry_));
    std::map<std::string, std::string> items;
    collection_for_each(*entry_, [&](std::string_view name, std::string_view value) {
      fuzz::require(items.emplace(name, value).second, "a name is there once");
      return true;
    });
    fuzz::require(items.size() == collection_size(*entry_), "the size is the number of items");
    for (const auto& [name, value] : items)
      text += std::to_string(name.size()) + name + std::to_string(value.size()) + value;
    return text;
  }

 private:
  Heap heap_{0};
  StoreOptions options_;
  Entry* entry_ = nullptr;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::Input input(data, size);
  const uint32_t most_packed = input.byte();
  const std::string_view bytes = input.rest();
  OneEntry first(most_packed);
  if (!first.decode(bytes)) return 0;
  const std::string encoded = first.encode();
  OneEntry packed(512);
  fuzz::require(packed.decode(encoded), "what was written is read");
  OneEntry big(0);
  fuzz::require(big.decode(encoded), "what was written is read, in any form");
  fuzz::require(first.shown() == packed.shown() && first.shown() == big.shown(), "and is the same");
  return 0;
}
