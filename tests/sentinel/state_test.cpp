// A sentinel's stored state: what can't be is refused, never cut to what could.
#include "sentinel/state.h"

#include <doctest/doctest.h>

using namespace onggi;

namespace {

SentinelState whole() {
  SentinelState state;
  state.id = {std::string(40, 'a')};
  state.epoch = {3};
  state.configuration.epoch = {2};
  state.configuration.master = {std::string(40, 'b')};
  state.configuration.members = {{{std::string(40, 'b')}, {"127.0.0.1", 7001}}};
  state.configuration.sentinels = {{{std::string(40, 'c')}, {"127.0.0.1", 27001}}};
  return state;
}

// The text with one id replaced everywhere by one that is a digit longer.
std::string with_longer(char digit) {
  std::string text = encode_state(whole());
  const std::string id = '"' + std::string(40, digit) + '"';
  for (size_t at = text.find(id); at != std::string::npos; at = text.find(id, at + id.size() + 1)) {
    text.insert(at + 1, 1, digit);
  }
  return text;
}

}  // namespace

TEST_CASE("state: read as it was written") {
  const auto read = decode_state(encode_state(whole()));
  REQUIRE(read);
  CHECK(*read == whole());
}

TEST_CASE("state: an id of more than 40 digits is refused, wherever it stands") {
  for (const char digit : {'a', 'b', 'c'}) {
    CAPTURE(digit);
    const auto read = decode_state(with_longer(digit));
    REQUIRE_FALSE(read);
    CHECK(read.error().message.find("too long") != std::string::npos);
  }
  std::string text = encode_state(whole());  // of a member alone
  const size_t members = text.find("members");
  text.insert(text.find(std::string(40, 'b'), members), 1, 'b');
  CHECK_FALSE(decode_state(text));
}
