// Requests: whatever the bytes, and however they arrive, the parser says the same, stays within its buffer and never
// drops a byte of a request that it has not given.
//
//   input := flags(1) chunk sizes seed(1) bytes
#include <optional>
#include <vector>

#include "common/resp/parser.h"
#include "tests/fuzz/input.h"

using namespace onggi;

namespace {

struct Outcome {
  std::vector<std::vector<std::string>> requests;
  std::string error;
  size_t consumed = 0;
  bool operator==(const Outcome&) const = default;
};

RequestLimits limits(uint8_t flags) {
  RequestLimits made;
  if (flags & 1) made.unauthenticated = true;
  if (flags & 2) made.max_bulk_bytes = 100;
  if (flags & 4) made.max_inline_bytes = 16;
  if (flags & 8) made.max_arguments = 5;
  return made;
}

// Takes every request that is there; false: the stream can't go on.
bool take(RequestParser& parser, const std::string& buffer, Outcome& outcome) {
  std::vector<std::string_view> args;
  while (true) {
    size_t used = 0;
    const std::string_view rest = std::string_view(buffer).substr(outcome.consumed);
    std::vector<std::string_view> whole;
    const size_t peeked = parser.peek_whole(rest, whole);
    const ParseResult result = parser.parse(rest, used, args);
    fuzz::require(used <= rest.size(), "no more is consumed than there is");
    outcome.consumed += used;
    if (result == ParseResult::kError) {
      fuzz::require(parser.error().starts_with("ERR Protocol error: "), "an error says what is wrong");
      outcome.error = parser.error();
      return false;
    }
    if (result == ParseResult::kNeedMore) {
      fuzz::require(peeked == 0, "what is whole is parsed");
      return true;
    }
    fuzz::require(!args.empty(), "a request has an argument");
    fuzz::require(peeked == 0 || (peeked == used && whole == args), "peek_whole() and parse() agree");
    outcome.requests.emplace_back(args.begin(), args.end());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::Input input(data, size);
  const uint8_t flags = input.byte();
  uint64_t chunk_seed = input.byte();
  const std::string bytes(input.rest());

  Outcome whole;
  RequestParser at_once(limits(flags));
  take(at_once, bytes, whole);

  Outcome split;
  RequestParser in_pieces(limits(flags));
  std::string buffer;
  for (size_t at = 0; at < bytes.size();) {
    chunk_seed = chunk_seed * 6364136223846793005u + 1442695040888963407u;
    const size_t piece = 1 + (chunk_seed >> 60) * (flags & 16 ? 1 : 0);
    buffer.append(bytes, at, piece);
    buffer.shrink_to_fit();  // the bytes move
    at += piece;
    if (!take(in_pieces, buffer, split)) break;
  }
  fuzz::require(whole == split, "whole or in pieces: the same");
  return 0;
}
