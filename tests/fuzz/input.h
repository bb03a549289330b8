// What the fuzz targets share: reading an input bit by bit, and saying that a property doesn't hold.
//
// A target is one file in tests/fuzz/targets: it defines LLVMFuzzerTestOneInput, must be deterministic, and must leave
// nothing behind. Built by clang it is a libFuzzer program (./onggi fuzz); built by any compiler it replays the corpus
// (tests/fuzz/replay.cpp). Inputs never decide how much memory or time a target takes: it bounds both itself.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace onggi::fuzz {

// A property must hold, whatever the input.
inline void require(bool holds, std::string_view what) {
  if (holds) return;
  std::fprintf(stderr, "fuzz: property broken: %.*s\n", static_cast<int>(what.size()), what.data());
  std::abort();
}

// Takes bytes off the front; zeros once there are none left.
class Input {
 public:
  Input(const uint8_t* data, size_t size) : rest_(reinterpret_cast<const char*>(data), size) {}

  bool empty() const { return rest_.empty(); }
  uint8_t byte() {
    if (rest_.empty()) return 0;
    const auto value = static_cast<uint8_t>(rest_[0]);
    rest_.remove_prefix(1);
    return value;
  }
  uint64_t below(uint64_t bound) { return bound == 0 ? 0 : (bound <= 256 ? byte() : number(4)) % bound; }
  uint64_t number(size_t bytes) {
    uint64_t value = 0;
    for (size_t i = 0; i < bytes; i++) value |= uint64_t{byte()} << (8 * i);
    return value;
  }
  // As many bytes as there are, `most` at most.
  std::string_view bytes(size_t most) {
    const std::string_view taken = rest_.substr(0, most);
    rest_.remove_prefix(taken.size());
    return taken;
  }
  std::string_view rest() { return bytes(rest_.size()); }

 private:
  std::string_view rest_;
};

}  // namespace onggi::fuzz
