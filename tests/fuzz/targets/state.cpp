// State files. Text: a node's and a sentinel's state that doesn't parse, or contradicts itself, is an error, never a
// new identity; one that does is written and read again as the same. Slots: of any bytes the file is opened or refused;
// an opened one saves, and has what was saved when it is opened again.
//
//   input := kind(1) bytes      kind % 3: 0 sentinel's text, 1 node's text, 2 the slots (a file in /dev/shm or /tmp)
#include <unistd.h>
#include <xxhash.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "common/slot_file.h"
#include "node/role/promise.h"
#include "sentinel/state.h"
#include "storage/memory_disk.h"
#include "tests/fuzz/input.h"

using namespace onggi;

namespace {

class Text final : public StateStore {
 public:
  explicit Text(std::string_view text) : text_(text) {}
  std::optional<std::string> load() override { return text_; }
  Result<void> save(std::string_view text) override {
    text_ = std::string(text);
    return {};
  }

 private:
  std::string text_;
};

void sentinel_text(std::string_view text) {
  const auto state = decode_state(text);
  if (!state) return;
  const auto again = decode_state(encode_state(*state));
  fuzz::require(again && *again == *state, "a sentinel's state is read as it was written");
  Text store(text);
  Random random(1);
  const auto durable = Durable::open(store, random);
  fuzz::require(durable && durable->get() == *state, "and opened as it was read");
}

void node_text(std::string_view text) {
  MemoryDisk disk;
  auto log = Log::open(disk, {.directory = "log"});
  fuzz::require(static_cast<bool>(log), "an empty log opens");
  Text store(text);
  Random random(1);
  const auto first = Promise::load(store, **log, random, Durability::kOs, "boot");
  if (!first) return;
  const DurableState state = first->state();
  const auto again = Promise::load(store, **log, random, Durability::kOs, "boot");
  fuzz::require(again && again->state().id == state.id && again->state().promise == state.promise &&
                    again->state().promised_to == state.promised_to &&
                    again->state().configuration == state.configuration,
                "a node's state is read as it was written");
}

// Gives each slot that has a header the checksum of what it holds, so that what lies behind it is reached.
void put_checksums_right(std::string& bytes, size_t slot_bytes) {
  for (size_t at = 0; at + SlotFile::kHeaderBytes <= bytes.size(); at += slot_bytes) {
    uint32_t state_bytes = 0;
    std::memcpy(&state_bytes, bytes.data() + at + 16, 4);
    if (state_bytes > bytes.size() - at - SlotFile::kHeaderBytes) continue;
    const uint64_t seed = XXH3_64bits(bytes.data() + at + 8, 16);
    const uint64_t sum = XXH3_64bits_withSeed(bytes.data() + at + SlotFile::kHeaderBytes, state_bytes, seed);
    std::memcpy(bytes.data() + at + 24, &sum, 8);
  }
}

// The input, spread over both slots: 64 bytes at the start of the first, the rest at the start of the second.
std::string file_of(fuzz::Input& input, size_t slot_bytes) {
  const uint8_t how = input.byte();
  std::string bytes;
  if (how & 1) {
    bytes = std::string(input.rest());
  } else {
    bytes = std::string(input.bytes(64));
    bytes.resize(slot_bytes);
    bytes += input.bytes(slot_bytes);
    bytes.resize(2 * slot_bytes);
  }
  if (how & 2) put_checksums_right(bytes, slot_bytes);
  return bytes;
}

void slots(fuzz::Input& input) {
  constexpr size_t kSlotBytes = 4096;
  static const std::string path = (std::filesystem::exists("/dev/shm") ? "/dev/shm" : "/tmp") +
                                  std::string("/onggi-fuzz-state-") + std::to_string(getpid());
  std::ofstream(path, std::ios::binary | std::ios::trunc) << file_of(input, kSlotBytes);
  {
    auto file = SlotFile::open(path, kSlotBytes);
    if (file) {
      const auto loaded = (*file)->load();
      fuzz::require(!loaded || loaded->size() <= kSlotBytes, "a state fits in its slot");
      fuzz::require(static_cast<bool>((*file)->save("new state")), "an opened file saves");
      file->reset();
      const auto again = SlotFile::open(path, kSlotBytes);
      fuzz::require(again && (*again)->load() == "new state", "what was saved is there");
    }
  }
  std::filesystem::remove(path);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::Input input(data, size);
  switch (input.byte() % 3) {
    case 0:
      sentinel_text(input.rest());
      break;
    case 1:
      node_text(input.rest());
      break;
    default:
      slots(input);
  }
  return 0;
}
