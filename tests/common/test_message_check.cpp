#include <doctest/doctest.h>

#include "common/codec.h"
#include "common/message_check.h"

using namespace onggi;

namespace {

std::string wrong_in(Message message, Epoch known = {5}) {
  return nonsense_in(message, known).value_or("");
}

}  // namespace

TEST_CASE("messages: what processes really say is fine") {
  const std::string id(40, 'f');
  CHECK(wrong_in(Fence{{6}, {id}}) == "");
  CHECK(wrong_in(Fence{{5 + kMostEpochJump}, {}}) == "");
  CHECK(wrong_in(Heartbeat{{id}, {"a host", 1}, 1, {5}, {5}, LeaseToken{{id}, {5}, {-1}}, {}}) == "");
  CHECK(wrong_in(StreamChunk{{5}, {1000}, {}, std::string(100, 'x')}) == "");
  CHECK(wrong_in(Fence{{UINT64_MAX}, {}}, {UINT64_MAX - 1}) == "");  // nothing wraps
}

TEST_CASE("messages: nobody makes a process believe an epoch near the end of the numbers") {
  for (const uint64_t epoch : {6 + kMostEpochJump, uint64_t{1} << 60, UINT64_MAX}) {
    CAPTURE(epoch);
    CHECK(wrong_in(Fence{{epoch}, {}}).starts_with("epoch "));
    CHECK(wrong_in(Publish{{{epoch}, {}, {}, {}, {}, 0, 600}, ""}).starts_with("epoch "));
    CHECK(wrong_in(StreamChunk{{epoch}, {}, {}, ""}).starts_with("epoch "));
    SyncRequest request;
    request.history.push_back({{epoch}, {1}, {0}});
    CHECK(wrong_in(request).starts_with("epoch "));
    HeartbeatAnswer answer;
    answer.status.token = LeaseToken{{}, {epoch}, {}};
    CHECK(wrong_in(answer).starts_with("epoch "));
  }
}

TEST_CASE("messages: ids, offsets, lists and names that can't be") {
  CHECK(wrong_in(Fence{{5}, {std::string(40, 'F')}}) == "an id that is none");
  CHECK(wrong_in(Fence{{5}, {std::string(39, 'f')}}) == "an id that is none");
  CHECK(wrong_in(Fence{{5}, {"\r\n"}}) == "an id that is none");
  CHECK(wrong_in(Ack{{5}, {{5}, {kMostOffset + 1}}, {}}).starts_with("offset "));
  Heartbeat beat;
  beat.watcher_targets.resize(kMostListed);
  CHECK(wrong_in(beat) == "");
  beat.watcher_targets.emplace_back();
  CHECK(wrong_in(beat) == "a list of 257");
  CHECK(wrong_in(CatchUp{{5}, {}, {}, {std::string(256, 'h'), 1}, {}}) == "a host name of 256 bytes");
}
