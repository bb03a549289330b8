// Messages: there and back; hostile bytes are refused without crash and without much memory.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"  // GCC 12 loses its way in the long list of messages below
#endif

#include <doctest/doctest.h>

#include <cstdlib>
#include <new>

#include "common/codec.h"
#include "common/random.h"
#include "common/resp/parser.h"

using namespace onggi;

namespace {

// The largest single allocation and the sum since the last reset, of this thread.
thread_local size_t allocated = 0;

NodeId node(char c) {
  return NodeId{std::string(40, c)};
}

Configuration configuration() {
  Configuration c;
  c.epoch = {7};
  c.cluster = ClusterId{std::string(40, 'c')};
  c.master = node('a');
  c.members = {{node('a'), {"127.0.0.1", 7001}}, {node('b'), {"::1", 7002}}};
  c.sentinels = {{SentinelId{std::string(40, 's')}, {"host.example", 27001}}};
  c.write_acks = 1;
  return c;
}

NodeStatus status() {
  NodeStatus s;
  s.id = node('a');
  s.run = RunId{std::string(40, 'd')};
  s.configuration = configuration();
  s.position = {{7}, {123456789}};
  s.token = LeaseToken{s.run, {7}, {42}};
  s.following = {node('b')};
  s.priority = 50;
  s.version = "0.1.0";
  return s;
}

// One of each type, in the order of Message.
std::vector<Message> all_messages() {
  const SentinelId sentinel{std::string(40, 's')};
  const History history = {{{1}, {99}, {0}}, {{7}, {77}, {1000}}};
  return {Heartbeat{sentinel, {"h", 1}, 3, {7}, {6}, LeaseToken{RunId{"r"}, {7}, {9}}, {{"w", 2}}},
          HeartbeatAnswer{3, status()},
          Fence{{8}, sentinel},
          FenceAnswer{{8}, true, status()},
          CatchUp{{8}, sentinel, node('b'), {"b", 7002}, {{7}, {5}}},
          Promote{sentinel, RunId{"r"}, {{7}, {5}}, configuration()},
          PromoteAnswer{{8}, false, "no", status()},
          Follow{configuration()},
          Pause{1, node('b')},
          PauseAnswer{1, true, {{7}, {5}}, ""},
          HandoverRefused{"why"},
          RunDead{node('a'), RunId{"r"}, "secret"},
          RunDeadHeard{RunId{"r"}},
          SentinelHeartbeat{.sender = sentinel,
                            .run = RunId{"r"},
                            .address = {"h", 1},
                            .sequence = 4,
                            .answer = true,
                            .epoch = {7},
                            .stored = {7},
                            .master_seen_down = node('a'),
                            .majority_contact = true,
                            .configuration = configuration()},
          VoteRequest{{8}, sentinel, {7}, {}, true},
          VoteReply{{8}, sentinel, false, true, false, {8}, {8}, configuration(), ""},
          Publish{configuration(), "switch"},
          SyncRequest{node('b'), RunId{"r"}, {"b", 1}, {}, {7}, {7}, {{6}, {5}}, history, false, true, "u", "p"},
          SyncReply{SyncReply::Kind::kContinue,
                    "",
                    node('a'),
                    RunId{"r"},
                    {7},
                    {{6}, {5}},
                    {{7}, {6}},
                    history,
                    {},
                    configuration()},
          Ack{{7}, {{7}, {5}}, {{7}, {4}}},
          StreamChunk{{7}, {5}, {1234}, std::string("\0bytes\r\n", 8)},
          CopyBegin{{{7}, {5}}, history, {{"000001.sst", 100}, {"CURRENT", 16}}},
          CopyChunk{1, 65536, std::string(1000, 'x')},
          CopyEnd{0xfeedfacecafebeefull}};
}

}  // namespace

// Counted for this whole program; only the codec's tests look.
[[gnu::noinline]] void* operator new(size_t size) {
  allocated += size;
  void* memory = std::malloc(size);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}
[[gnu::noinline]] void operator delete(void* memory) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, size_t) noexcept {
  std::free(memory);
}

TEST_CASE("codec: every message there and back") {
  const std::vector<Message> messages = all_messages();
  REQUIRE(messages.size() == std::variant_size_v<Message>);
  for (size_t i = 0; i < messages.size(); i++) {
    CAPTURE(i);
    REQUIRE(messages[i].index() == i);
    const std::string bytes = encode(messages[i]);
    const Result<Message> again = decode(bytes);
    REQUIRE(again);
    CHECK(again->index() == i);
    CHECK(encode(*again) == bytes);
  }
  const Result<Message> follow = decode(encode(Follow{configuration()}));
  CHECK(std::get<Follow>(*follow).configuration == configuration());
}

TEST_CASE("codec: golden bytes") {
  CHECK(encode(Fence{{0x0102}, SentinelId{"ab"}}) ==
        std::string("\x02\x02\x01\0\0\0\0\0\0\x02\0\0\0\0\0\0\0ab\0", 1 + 8 + 8 + 2 + 1));
  CHECK(encode(StreamChunk{{1}, {2}, {3}, "xy"}) ==
        std::string("\x14\x01\0\0\0\0\0\0\0\x02\0\0\0\0\0\0\0\x03\0\0\0\0\0\0\0xy", 27));
}

TEST_CASE("codec: a frame is a request that the parser reads") {
  for (const Message& message : all_messages()) {
    const std::string bytes = frame(message);
    RequestParser parser;
    std::vector<std::string_view> args;
    size_t consumed = 0;
    REQUIRE(parser.parse(bytes, consumed, args) == ParseResult::kCommand);
    CHECK(consumed == bytes.size());
    REQUIRE(args.size() == 2);
    CHECK(args[0] == kInternalCommand);
    CHECK(args[1] == encode(message));
  }
}

TEST_CASE("codec: cut short, left over, unknown") {
  for (const Message& message : all_messages()) {
    const std::string bytes = encode(message);
    const bool stream = std::holds_alternative<StreamChunk>(message);
    for (size_t size = 0; size < (stream ? 25 : bytes.size()); size++) CHECK_FALSE(decode(bytes.substr(0, size)));
    if (!stream) CHECK_FALSE(decode(bytes + "x"));
  }
  CHECK_FALSE(decode("\xff"));
  CHECK_FALSE(decode(std::string(1, static_cast<char>(std::variant_size_v<Message>))));
  std::string bad_kind = encode(SyncReply{});
  bad_kind[1] = 9;
  CHECK_FALSE(decode(bad_kind));
}

TEST_CASE("codec: mutations and lying lengths never crash, and never allocate much") {
  Random random(11);
  size_t most = 0;
  for (const Message& message : all_messages()) {
    const std::string good = encode(message);
    for (size_t at = 1; at + 8 <= good.size(); at++) {  // a length of 2^60, and one of 16 million, everywhere
      for (const char byte : {'\x10', '\x01'}) {
        std::string bytes = good;
        bytes[at + (byte == '\x10' ? 7 : 3)] = byte;
        allocated = 0;
        static_cast<void>(static_cast<bool>(decode(bytes)));
        most = std::max(most, allocated);
      }
    }
    for (int run = 0; run < 2000; run++) {
      std::string bytes = good;
      for (uint64_t i = 0; i <= random.below(4); i++) {
        bytes[random.below(bytes.size())] = static_cast<char>(random.next());
      }
      allocated = 0;
      static_cast<void>(static_cast<bool>(decode(bytes)));
      most = std::max(most, allocated);
    }
  }
  for (int run = 0; run < 20000; run++) {
    std::string bytes(random.below(300), '\0');
    for (char& c : bytes) c = static_cast<char>(random.next());
    allocated = 0;
    static_cast<void>(static_cast<bool>(decode(bytes)));
    most = std::max(most, allocated);
  }
  CHECK(most < 1 << 20);
}
