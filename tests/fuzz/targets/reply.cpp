// Replies: whatever the bytes, and however they arrive, the reader says the same; the size that the scanner finds is
// what the builder reads; depth and size stay bounded.
//
//   input := chunk sizes seed(1) bytes
#include <vector>

#include "common/resp/reader.h"
#include "tests/fuzz/input.h"

using namespace onggi;

namespace {

struct Outcome {
  std::vector<std::string> replies;
  bool failed = false;
  bool operator==(const Outcome&) const = default;
};

bool take(ReplyReader& reader, Outcome& outcome) {
  while (true) {
    auto reply = reader.next();
    if (!reply) {
      fuzz::require(!reply.error().message.empty(), "an error says what is wrong");
      outcome.failed = true;
      return false;
    }
    if (!*reply) return true;
    outcome.replies.push_back(to_string(**reply));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::Input input(data, size);
  uint64_t chunk_seed = input.byte();
  const std::string_view bytes = input.rest();

  Outcome whole;
  ReplyReader at_once;
  at_once.append(bytes);
  take(at_once, whole);

  Outcome split;
  ReplyReader in_pieces;
  for (std::string_view rest = bytes; !rest.empty();) {
    chunk_seed = chunk_seed * 6364136223846793005u + 1442695040888963407u;
    const size_t piece = std::min<size_t>(rest.size(), 1 + (chunk_seed >> 60));
    in_pieces.append(rest.substr(0, piece));
    rest.remove_prefix(piece);
    if (!take(in_pieces, split)) break;
  }
  fuzz::require(whole == split, "whole or in pieces: the same");

  const auto first = reply_size(bytes);
  if (first && *first) {
    fuzz::require(**first <= bytes.size(), "a reply ends within the buffer");
    const auto again = reply_size(bytes.substr(0, **first));
    fuzz::require(again && *again && **again == **first, "a reply's own bytes are one reply");
    fuzz::require(!whole.replies.empty() && to_string(parse_reply(bytes.substr(0, **first))) == whole.replies[0],
                  "scanner and reader agree");
  }
  return 0;
}
