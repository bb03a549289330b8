// Internal messages: decoding never crashes nor takes more memory than the bytes justify, and what was decoded encodes
// to the very same bytes: nothing of a message is lost or made up on the way.
//
//   input := payload
#include "common/codec.h"
#include "common/resp/parser.h"
#include "tests/fuzz/input.h"

using namespace onggi;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view payload(reinterpret_cast<const char*>(data), size);
  const auto message = decode(payload);
  if (!message) {
    fuzz::require(!message.error().message.empty(), "an error says what is wrong");
    return 0;
  }
  fuzz::require(encode(*message) == payload, "encode(decode(x)) is x");
  const std::string framed = frame(*message);
  RequestParser parser;
  size_t used = 0;
  std::vector<std::string_view> args;
  fuzz::require(parser.parse(framed, used, args) == ParseResult::kCommand && used == framed.size(), "a frame is whole");
  fuzz::require(args.size() == 2 && args[0] == kInternalCommand && args[1] == payload, "a frame carries the payload");
  return 0;
}
