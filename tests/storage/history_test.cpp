// PROTOCOL N5: where two logs last agree.
#include "storage/history.h"

#include <doctest/doctest.h>

using namespace onggi;

namespace {
constexpr EpochStart kOne{{1}, {11}, {0}};
constexpr EpochStart kTwo{{2}, {22}, {100}};
constexpr EpochStart kThree{{3}, {33}, {200}};
}  // namespace

TEST_CASE("N5: logs of one history agree up to the shorter one's end") {
  CHECK(last_common({kOne}, {{1}, {50}}, {kOne}, {{1}, {70}}) == Position{{1}, {50}});
  CHECK(last_common({kOne, kTwo}, {{2}, {150}}, {kOne, kTwo}, {{2}, {150}}) == Position{{2}, {150}});
}

TEST_CASE("N5: the other went on with a new epoch") {
  // The old master wrote 40 bytes that nobody had when the new epoch began at 100.
  CHECK(last_common({kOne}, {{1}, {140}}, {kOne, kTwo}, {{2}, {150}}) == Position{{1}, {100}});
  CHECK(last_common({kOne}, {{1}, {100}}, {kOne, kTwo}, {{2}, {150}}) == Position{{1}, {100}});
  CHECK(last_common({kOne}, {{1}, {80}}, {kOne, kTwo, kThree}, {{3}, {250}}) == Position{{1}, {80}});
}

TEST_CASE("N5: two epochs, or two branches of one, after a common one") {
  CHECK(last_common({kOne, kTwo}, {{2}, {150}}, {kOne, {{3}, {33}, {120}}}, {{3}, {300}}) == Position{{1}, {100}});
  CHECK(last_common({kOne, kTwo}, {{2}, {150}}, {kOne, {{2}, {99}, {100}}}, {{2}, {150}}) == Position{{1}, {100}});
}

TEST_CASE("N5: nothing in common, and nothing at all") {
  CHECK(last_common({kOne}, {{1}, {50}}, {{{1}, {12}, {0}}}, {{1}, {50}}) == std::nullopt);
  CHECK(last_common({}, {}, {kOne}, {{1}, {50}}) == Position{});
  CHECK(last_common({kOne}, {{1}, {50}}, {}, {}) == Position{});
  CHECK(last_common({}, {}, {}, {}) == Position{});
  CHECK(last_common({}, {{0}, {10}}, {kOne}, {{1}, {50}}) == std::nullopt);
}

TEST_CASE("the epoch of a record is told by its end") {
  const History history = {kOne, kTwo};
  CHECK(epoch_at(history, {0}) == Epoch{0});
  CHECK(epoch_at(history, {1}) == Epoch{1});
  CHECK(epoch_at(history, {100}) == Epoch{1});
  CHECK(epoch_at(history, {101}) == Epoch{2});
}
