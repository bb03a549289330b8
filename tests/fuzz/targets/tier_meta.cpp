// The tier's meta data: never a crash, and what is decoded encodes to the same bytes.
//
//   input := mode(1) bytes      mode & 1: the checksum is put right first, so that what lies behind it is reached
#include <xxhash.h>

#include "storage/tier_meta.h"
#include "tests/fuzz/input.h"

using namespace onggi;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::Input input(data, size);
  const bool right_checksum = (input.byte() & 1) != 0;
  std::string bytes(input.rest());
  if (right_checksum) {
    const uint64_t sum = XXH3_64bits(bytes.data(), bytes.size());
    for (int i = 0; i < 8; i++) bytes.push_back(static_cast<char>(sum >> (8 * i)));
  }
  const auto meta = decode_tier_meta(bytes);
  if (!meta) {
    fuzz::require(!meta.error().message.empty(), "an error says what is wrong");
    return 0;
  }
  fuzz::require(encode_tier_meta(*meta) == bytes, "encode(decode(x)) is x");
  return 0;
}
