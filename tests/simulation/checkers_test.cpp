// The checkers of histories: each rejects what it is there for, and accepts what only looks like it.
#include <doctest/doctest.h>

#include "tests/simulation/checkers/of_history.h"

using namespace onggi::sim;  // NOLINT(google-build-using-namespace): words of these tests

namespace {

Operation operation(Family family, Action action, const char* key, int64_t value, int64_t from, int64_t to) {
  Operation o;
  o.client = "c";
  o.family = family;
  o.action = action;
  o.key = key;
  o.value = value;
  o.invoked = from;
  o.completed = to;
  o.outcome = to == kNever ? Outcome::kUnknown : Outcome::kOk;
  o.durable = to != kNever;
  o.fresh = action == Action::kRead;
  return o;
}

Operation set(int64_t value, int64_t from, int64_t to) {
  return operation(Family::kRegister, Action::kWrite, "r", value, from, to);
}
Operation get(int64_t value, int64_t from, int64_t to) {
  return operation(Family::kRegister, Action::kRead, "r", value, from, to);
}
Operation swap(int64_t value, int64_t previous, int64_t from, int64_t to) {
  Operation o = operation(Family::kRegister, Action::kSwap, "r", value, from, to);
  o.previous = previous;
  return o;
}
Operation increment(int64_t became, int64_t from, int64_t to) {
  return operation(Family::kCounter, Action::kIncrement, "n", became, from, to);
}
Operation session(Action action, int64_t value, int64_t ttl_ms, int64_t from, int64_t to) {
  Operation o = operation(Family::kSession, action, "s", value, from, to);
  o.ttl_ms = ttl_ms;
  return o;
}

Failures survives(const Operations& operations, const Contents& contents) {
  Failures failures;
  acknowledged_survives(operations, contents, failures);
  return failures;
}
Failures adds_up(const Operations& operations, const Contents& contents) {
  Failures failures;
  counters_add_up(operations, contents, failures);
  return failures;
}
bool orders(const Operations& operations, const Contents& contents) {
  Failures failures;
  CHECK(linearizable(operations, contents, failures));
  return failures.empty();
}
Failures lives(const Operations& operations) {
  Failures failures;
  sessions_live_as_told(operations, 0, failures);
  return failures;
}

}  // namespace

TEST_CASE("an acknowledged write is there, or overwritten by a later one") {
  CHECK(survives({set(1, 0, 10)}, {{"r", 1}}).empty());
  CHECK_FALSE(survives({set(1, 0, 10)}, {}).empty());
  CHECK_FALSE(survives({set(1, 0, 10), set(2, 20, 30)}, {{"r", 1}}).empty());
  CHECK(survives({set(1, 0, 25), set(2, 20, 30)}, {{"r", 1}}).empty());  // at the same time
  CHECK_FALSE(survives({set(1, 0, 10)}, {{"r", 9}}).empty());            // nobody wrote it
  // An unanswered write may come as late as it likes; one that was refused never.
  CHECK(survives({set(1, 0, kNever), set(2, 20, 30)}, {{"r", 1}}).empty());
  Operation refused = set(1, 0, 10);
  refused.outcome = Outcome::kError;
  refused.durable = false;
  CHECK_FALSE(survives({refused}, {{"r", 1}}).empty());
  CHECK_FALSE(survives({operation(Family::kOnce, Action::kWrite, "o", 1, 0, 10)}, {}).empty());
}

TEST_CASE("counters neither lose increments nor count them twice") {
  CHECK(adds_up({increment(1, 0, 10), increment(2, 20, 30)}, {{"n", 2}}).empty());
  CHECK_FALSE(adds_up({increment(1, 0, 10), increment(2, 20, 30)}, {{"n", 1}}).empty());
  CHECK_FALSE(adds_up({increment(1, 0, 10), increment(1, 20, 30)}, {{"n", 1}}).empty());  // the first was lost
  CHECK_FALSE(adds_up({increment(1, 0, 10), increment(3, 20, 30)}, {{"n", 3}}).empty());  // one was done twice
  CHECK(adds_up({increment(1, 0, 10), increment(0, 20, kNever), increment(3, 40, 50)}, {{"n", 3}}).empty());
  CHECK(adds_up({increment(1, 0, 10), increment(0, 20, kNever)}, {{"n", 1}}).empty());
}

TEST_CASE("a register shows one order of its writes to everybody") {
  CHECK(orders({set(1, 0, 10), get(1, 20, 30), swap(2, 1, 40, 50)}, {{"r", 2}}));
  CHECK_FALSE(orders({set(1, 0, 10), get(0, 20, 30)}, {{"r", 1}}));                          // a stale read
  CHECK_FALSE(orders({set(1, 0, 10), swap(2, 1, 20, 30), swap(3, 1, 40, 50)}, {{"r", 3}}));  // 2 was lost in between
  CHECK_FALSE(orders({set(1, 0, 10), set(2, 20, 30)}, {{"r", 1}}));
  CHECK(orders({set(1, 0, 100), set(2, 0, 100), get(2, 5, 6), get(1, 7, 8)}, {{"r", 1}}));
  CHECK_FALSE(orders({set(1, 0, 100), set(2, 0, 100), get(2, 5, 6), get(1, 7, 8), get(2, 9, 10)}, {{"r", 2}}));
  // An unanswered write may have happened, or not, or late.
  CHECK(orders({set(1, 0, 10), set(2, 20, kNever), swap(3, 2, 40, 50)}, {{"r", 3}}));
  CHECK(orders({set(1, 0, 10), set(2, 20, kNever), swap(3, 1, 40, 50)}, {{"r", 3}}));
  CHECK(orders({set(1, 0, 10), set(2, 20, kNever), swap(3, 1, 40, 50)}, {{"r", 2}}));
  // What was read before anybody acknowledged it may be lost.
  Operation told = set(2, 20, 30);
  told.durable = false;
  CHECK(orders({set(1, 0, 10), told, get(2, 31, 32), get(1, 40, 50)}, {{"r", 1}}));
}

TEST_CASE("sessions live as long as was told") {
  const Operation written = session(Action::kWrite, 1, 100, 0, 10'000);
  CHECK(lives({written, session(Action::kRead, 1, 0, 50'000, 51'000)}).empty());
  CHECK_FALSE(lives({written, session(Action::kRead, 0, 0, 50'000, 51'000)}).empty());    // gone early
  CHECK_FALSE(lives({written, session(Action::kRead, 1, 0, 150'000, 151'000)}).empty());  // returned late
  CHECK(lives({written, session(Action::kRead, 0, 0, 105'000, 106'000)}).empty());        // either may be
  CHECK(lives({written, session(Action::kRead, 1, 0, 105'000, 106'000)}).empty());
  const Operation touched = session(Action::kTouch, 1, 500, 60'000, 61'000);
  CHECK(lives({written, touched, session(Action::kRead, 1, 0, 150'000, 151'000)}).empty());
  CHECK_FALSE(lives({written, touched, session(Action::kRead, 0, 0, 150'000, 151'000)}).empty());
  const Operation missed = session(Action::kTouch, 0, 500, 120'000, 121'000);
  CHECK(lives({written, missed, session(Action::kRead, 0, 0, 150'000, 151'000)}).empty());
  const Operation unknown = session(Action::kTouch, 0, 500, 60'000, kNever);
  CHECK(lives({written, unknown, session(Action::kRead, 1, 0, 150'000, 151'000)}).empty());
  CHECK(lives({written, unknown, session(Action::kRead, 0, 0, 150'000, 151'000)}).empty());
}

TEST_CASE("an operation is one line of JSON") {
  CHECK(to_json_line(swap(2, 1, 1'500'000, 2'000'000)) ==
        R"({"client":"c","host":"c","action":"swap","family":"register","key":"r","value":"2","invoked":1.500000,)"
        R"("completed":2.000000,"outcome":"ok","node":"","error":"","ttl_ms":null,"previous":"1","durable":true,)"
        R"("fresh":false})");
}
