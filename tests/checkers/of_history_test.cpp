// The checkers of histories: each rejects what it is there for, and accepts what only looks like it.
#include <doctest/doctest.h>

#include <algorithm>
#include <random>

#include "chaos/checkers/of_history.h"

using namespace onggi::checkers;  // NOLINT(google-build-using-namespace): words of these tests

namespace {

// A value of 0: nothing.
std::string text(int64_t value) {
  return value == 0 ? "" : std::to_string(value);
}

Operation operation(Family family, Action action, const char* key, int64_t value, int64_t from, int64_t to) {
  Operation o;
  o.client = "c";
  o.family = family;
  o.action = action;
  o.key = key;
  o.value = text(value);
  o.invoked = from;
  o.completed = to;
  o.outcome = to == kNever ? Outcome::kUnknown : Outcome::kOk;
  o.durable = to != kNever && action != Action::kRead;
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
  o.previous = text(previous);
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
Operation plain(Operation o) {  // acknowledged, and not promised
  o.durable = false;
  return o;
}
Operation stale(Operation o) {
  o.fresh = false;
  return o;
}
Operation refused(Operation o) {
  o.outcome = Outcome::kError;
  o.durable = false;
  return o;
}
Operation waited(int64_t count, Operation o) {
  o.waited = count;
  return o;
}

Recording recording(Operations operations, std::map<std::string, Contents> contents) {
  for (size_t i = 0; i < operations.size(); i++) operations[i].line = i + 1;
  return {std::move(operations), std::move(contents), 0, 0};
}
uint64_t count(const Verdict& verdict, std::string_view name) {
  for (const auto& [of, number] : verdict.counts) {
    if (of == name) return number;
  }
  FAIL("no count of that name: ", name);
  return 0;
}

Verdict survives(const Operations& operations, const Contents& contents) {
  return acknowledged_survives(recording(operations, {{"node-1", contents}}));
}
bool all_survive(const Operations& operations, const Contents& contents) {
  return survives(operations, contents).violations.empty();
}
bool adds_up(const Operations& operations, const Contents& contents) {
  return counters_add_up(recording(operations, {{"node-1", contents}})).violations.empty();
}
bool orders(const Operations& operations, const Contents& contents) {
  const Verdict verdict = linearizable(recording(operations, {{"node-1", contents}}));
  CHECK(verdict.undecided.empty());
  return verdict.violations.empty();
}
bool lives(const Operations& operations) {
  return sessions_live_as_told(recording(operations, {})).violations.empty();
}

}  // namespace

TEST_CASE("an acknowledged write is there, or overwritten by a later one") {
  CHECK(all_survive({set(1, 0, 10)}, {{"r", "1"}}));
  CHECK_FALSE(all_survive({set(1, 0, 10)}, {}));
  CHECK_FALSE(all_survive({set(1, 0, 10), set(2, 20, 30)}, {{"r", "1"}}));
  CHECK(all_survive({set(1, 0, 25), set(2, 20, 30)}, {{"r", "1"}}));  // at the same time
  CHECK_FALSE(all_survive({set(1, 0, 10)}, {{"r", "9"}}));            // nobody wrote it
  // An unanswered write may come as late as it likes; one that was refused never.
  CHECK(all_survive({set(1, 0, kNever), set(2, 20, 30)}, {{"r", "1"}}));
  CHECK_FALSE(all_survive({refused(set(1, 0, 10))}, {{"r", "1"}}));
  CHECK_FALSE(all_survive({operation(Family::kOnce, Action::kWrite, "o", 1, 0, 10)}, {}));
  // Said again with the same value.
  const Operations again{plain(operation(Family::kOnce, Action::kWrite, "o", 1, 0, kNever)),
                         operation(Family::kOnce, Action::kWrite, "o", 1, 20, 30)};
  CHECK(all_survive(again, {{"o", "1"}}));
  CHECK_FALSE(all_survive(again, {}));
}

TEST_CASE("counters neither lose increments nor count them twice") {
  CHECK(adds_up({increment(1, 0, 10), increment(2, 20, 30)}, {{"n", "2"}}));
  CHECK_FALSE(adds_up({increment(1, 0, 10), increment(2, 20, 30)}, {{"n", "1"}}));
  CHECK_FALSE(adds_up({increment(1, 0, 10), increment(1, 20, 30)}, {{"n", "1"}}));  // the first was lost
  CHECK_FALSE(adds_up({increment(1, 0, 10), increment(3, 20, 30)}, {{"n", "3"}}));  // one was done twice
  CHECK(adds_up({increment(1, 0, 10), increment(0, 20, kNever), increment(3, 40, 50)}, {{"n", "3"}}));
  CHECK(adds_up({increment(1, 0, 10), increment(0, 20, kNever)}, {{"n", "1"}}));
}

TEST_CASE("a register shows one order of its writes to everybody") {
  CHECK(orders({set(1, 0, 10), get(1, 20, 30), swap(2, 1, 40, 50)}, {{"r", "2"}}));
  CHECK_FALSE(orders({set(1, 0, 10), get(0, 20, 30)}, {{"r", "1"}}));                          // a stale read
  CHECK_FALSE(orders({set(1, 0, 10), swap(2, 1, 20, 30), swap(3, 1, 40, 50)}, {{"r", "3"}}));  // 2 was lost in between
  CHECK_FALSE(orders({set(1, 0, 10), set(2, 20, 30)}, {{"r", "1"}}));
  CHECK(orders({set(1, 0, 100), set(2, 0, 100), get(2, 5, 6), get(1, 7, 8)}, {{"r", "1"}}));
  CHECK_FALSE(orders({set(1, 0, 100), set(2, 0, 100), get(2, 5, 6), get(1, 7, 8), get(2, 9, 10)}, {{"r", "2"}}));
  // An unanswered write may have happened, or not, or late.
  CHECK(orders({set(1, 0, 10), set(2, 20, kNever), swap(3, 2, 40, 50)}, {{"r", "3"}}));
  CHECK(orders({set(1, 0, 10), set(2, 20, kNever), swap(3, 1, 40, 50)}, {{"r", "3"}}));
  CHECK(orders({set(1, 0, 10), set(2, 20, kNever), swap(3, 1, 40, 50)}, {{"r", "2"}}));
  // What was read before anybody acknowledged it may be lost.
  CHECK(orders({set(1, 0, 10), plain(set(2, 20, 30)), get(2, 31, 32), get(1, 40, 50)}, {{"r", "1"}}));
}

TEST_CASE("what is read was written, and nothing durable had taken its place") {
  const auto fits = [](const Operations& operations) {
    return reads_are_of_writes(recording(operations, {})).violations.empty();
  };
  CHECK(fits({set(1, 0, 10), get(1, 20, 30)}));
  CHECK_FALSE(fits({set(1, 0, 10), stale(get(9, 20, 30))}));           // nobody wrote it
  CHECK_FALSE(fits({refused(set(1, 0, 10)), stale(get(1, 20, 30))}));  // nor that
  CHECK_FALSE(fits({stale(get(1, 0, 10)), set(1, 20, 30)}));           // not yet
  CHECK(fits({stale(get(1, 0, 10)), set(1, 5, kNever)}));
  CHECK_FALSE(fits({set(1, 0, 10), swap(2, 9, 20, 30)}));
  // Another's session under the same key.
  CHECK_FALSE(fits({session(Action::kWrite, 1, 60'000, 0, 10), session(Action::kRead, 2, 0, 20, 30)}));
  // Replaced for certain: only who must know that may not read it.
  const Operations replaced{plain(set(1, 0, 10)), set(2, 20, 30)};
  const auto then = [&](const Operation& read) { return fits({replaced[0], replaced[1], read}); };
  CHECK_FALSE(then(get(1, 40, 50)));
  CHECK(then(stale(get(1, 40, 50))));
  CHECK(then(get(1, 25, 50)));
  CHECK(fits({set(1, 0, kNever), set(2, 20, 30), get(1, 40, 50)}));  // it may have come after the other
  CHECK(fits({set(1, 0, 10), plain(set(2, 20, 30)), get(1, 40, 50)}));
}

TEST_CASE("sessions live as long as was told") {
  const Operation written = session(Action::kWrite, 1, 100, 0, 10'000);
  CHECK(lives({written, session(Action::kRead, 1, 0, 50'000, 51'000)}));
  CHECK_FALSE(lives({written, session(Action::kRead, 0, 0, 50'000, 51'000)}));    // gone early
  CHECK_FALSE(lives({written, session(Action::kRead, 1, 0, 150'000, 151'000)}));  // returned late
  CHECK(lives({written, session(Action::kRead, 0, 0, 105'000, 106'000)}));        // either may be
  CHECK(lives({written, session(Action::kRead, 1, 0, 105'000, 106'000)}));
  const Operation touched = session(Action::kTouch, 1, 500, 60'000, 61'000);
  CHECK(lives({written, touched, session(Action::kRead, 1, 0, 150'000, 151'000)}));
  CHECK_FALSE(lives({written, touched, session(Action::kRead, 0, 0, 150'000, 151'000)}));
  const Operation missed = session(Action::kTouch, 0, 500, 120'000, 121'000);
  CHECK(lives({written, missed, session(Action::kRead, 0, 0, 150'000, 151'000)}));
  const Operation unknown = session(Action::kTouch, 0, 500, 60'000, kNever);
  CHECK(lives({written, unknown, session(Action::kRead, 1, 0, 150'000, 151'000)}));
  CHECK(lives({written, unknown, session(Action::kRead, 0, 0, 150'000, 151'000)}));
}

TEST_CASE("what is lost is told once, with its line and who lacks it; what nobody promised is only counted") {
  const Verdict lost = acknowledged_survives(
      recording({set(1, 0, 10), set(2, 20, 30)}, {{"node-1", {{"r", "2"}}}, {"node-2", {}}, {"node-3", {}}}));
  REQUIRE(lost.violations.size() == 2);  // without 2 there is no reason for 1 to be gone
  CHECK(lost.violations[1].lines == std::vector<size_t>{2});
  CHECK(lost.violations[1].text.find("node-2 holds nothing") != std::string::npos);
  CHECK(lost.lost == std::vector<size_t>{1, 2});
  CHECK(count(lost, "acknowledged") == 2);

  const Verdict counted = survives({plain(set(1, 0, 10)), set(2, 20, kNever)}, {});
  CHECK(counted.violations.empty());
  CHECK(counted.lost == std::vector<size_t>{1});
  CHECK(count(counted, "lost") == 1);
  CHECK(count(counted, "promised") == 0);
  CHECK(count(counted, "unknown") == 1);

  const Verdict invented = survives({refused(set(1, 0, 10))}, {{"r", "1"}});
  CHECK(count(invented, "invented") == 1);
  Operation probe = set(1, 0, 10);
  probe.family = Family::kProbe;
  CHECK_FALSE(all_survive({probe}, {}));
}

TEST_CASE("probes are no clients: what is lost of them is counted apart") {
  Operation probe = plain(set(1, 0, 10));
  probe.family = Family::kProbe;
  probe.key = "p";
  const Verdict verdict = survives({probe, set(2, 0, 10)}, {{"r", "2"}});
  CHECK(verdict.violations.empty());
  CHECK(verdict.lost.empty());
  CHECK(count(verdict, "lost") == 0);
  CHECK(count(verdict, "acknowledged") == 1);
  CHECK(count(verdict, "probes_lost") == 1);
}

TEST_CASE("without what the nodes hold nothing is decided, and nothing found") {
  for (const Verdict& verdict : judge(recording({set(1, 0, 10), increment(1, 20, 30)}, {}))) {
    CHECK(verdict.violations.empty());
    const bool needs_contents = verdict.checker == "acknowledged survives" || verdict.checker == "counters add up" ||
                                verdict.checker == "nodes hold the same";
    CHECK(verdict.undecided.empty() != needs_contents);
  }
}

TEST_CASE("a node that nobody looked at may be the one that has lost it") {
  const Contents whole{{"r", "1"}};
  Recording told = recording({waited(1, set(1, 0, 10))}, {{"node-1", whole}, {"node-2", whole}});
  told.nodes = 3;
  for (const Verdict& verdict : {acknowledged_survives(told), waits_are_true(told), nodes_agree(told)}) {
    CHECK(verdict.violations.empty());
    REQUIRE(verdict.undecided.size() == 1);
    CHECK(verdict.undecided[0] == "in the end only 2 of 3 nodes were looked at");
  }
  told.one_for_all = true;
  CHECK(acknowledged_survives(told).undecided.empty());
  told.one_for_all = false;
  told.contents["node-3"] = whole;
  CHECK(acknowledged_survives(told).undecided.empty());
}

TEST_CASE("nodes hold the same, also of what nobody was told of") {
  const auto agree = [](const Operation& o, std::map<std::string, Contents> contents) {
    return nodes_agree(recording({o}, std::move(contents))).violations.empty();
  };
  const Operations open{set(1, 0, kNever), set(2, 0, kNever)};
  CHECK(linearizable(recording(open, {{"n1", {{"r", "1"}}}, {"n2", {{"r", "2"}}}})).violations.empty());
  CHECK_FALSE(nodes_agree(recording(open, {{"n1", {{"r", "1"}}}, {"n2", {{"r", "2"}}}})).violations.empty());
  CHECK(agree(set(1, 0, kNever), {{"n1", {{"r", "1"}}}, {"n2", {{"r", "1"}}}}));
  CHECK_FALSE(agree(set(1, 0, kNever), {{"n1", {{"r", "1"}}}, {"n2", {}}}));
  CHECK(agree(set(1, 0, kNever), {{"n2", {}}}));
  // Sessions expire while nodes are read; what no operation names is not judged.
  CHECK(agree(session(Action::kWrite, 1, 100, 0, 10), {{"n1", {{"s", "1"}}}, {"n2", {}}}));
  CHECK(agree(set(1, 0, kNever), {{"n1", {{"other", "1"}}}, {"n2", {}}}));
}

TEST_CASE("WAIT counts replicas that are there, and what enough of them had is kept") {
  const auto true_waits = [](const Operation& o, const Contents& contents) {
    Recording told = recording({o}, {{"node-1", contents}});
    told.nodes = 3;
    return waits_are_true(told).violations.empty();
  };
  CHECK(true_waits(waited(2, set(1, 0, 10)), {{"r", "1"}}));
  CHECK_FALSE(true_waits(waited(3, set(1, 0, 10)), {{"r", "1"}}));  // of three nodes one is the master
  CHECK_FALSE(true_waits(waited(1, set(1, 0, 10)), {}));
  CHECK(true_waits(waited(0, plain(set(1, 0, 10))), {}));
  CHECK(true_waits(set(1, 0, 10), {}));  // no WAIT's word
}

TEST_CASE("counters: how many are lost, and done twice") {
  const Verdict lost =
      counters_add_up(recording({increment(1, 0, 10), increment(2, 20, 30), plain(increment(3, 40, 50))},
                                {{"node-1", {{"n", "2"}}}, {"node-2", {{"n", "1"}}}}));
  CHECK(lost.violations.size() == 1);  // of node-2: the third was not promised
  CHECK(count(lost, "lost") == 2);
  CHECK(count(lost, "twice") == 0);
  const Verdict twice = counters_add_up(recording({increment(1, 0, 10)}, {{"node-1", {{"n", "3"}}}}));
  CHECK(count(twice, "twice") == 2);
  CHECK_FALSE(twice.violations.empty());
  CHECK_FALSE(adds_up({increment(1, 0, 10), refused(increment(0, 20, 30))}, {{"n", "2"}}));
  CHECK(adds_up({increment(1, 0, 10), plain(increment(2, 20, 30)), increment(2, 40, 50)}, {{"n", "2"}}));
  CHECK(adds_up({increment(1, 0, 10), refused(increment(0, 20, 30)), increment(2, 40, 50)}, {{"n", "2"}}));
  CHECK_FALSE(counters_add_up(recording({increment(2, 0, 10)}, {})).violations.empty());
}

TEST_CASE("registers: reads that need not know, values that nobody wrote, nodes that hold something else") {
  CHECK(orders({set(1, 0, 10), stale(get(0, 20, 30))}, {{"r", "1"}}));
  CHECK_FALSE(orders({set(1, 0, 10), swap(2, 7, 20, 30)}, {{"r", "2"}}));
  CHECK_FALSE(orders({set(1, 0, 10), refused(set(2, 20, 30)), swap(3, 2, 40, 50)}, {{"r", "3"}}));
  CHECK_FALSE(orders({swap(2, 1, 0, 10), set(1, 20, 30)}, {{"r", "1"}}));  // seen before it was written
  CHECK_FALSE(linearizable(recording({set(1, 0, 10)}, {{"node-1", {{"r", "1"}}}, {"node-2", {}}})).violations.empty());
  // Who was told what was there before knows that it was kept: it is not to be seen again once it is overwritten.
  CHECK_FALSE(orders({plain(set(1, 0, 10)), swap(2, 1, 20, 30), get(1, 40, 50)}, {{"r", "2"}}));
  // Of two at the same time either may be the last.
  CHECK(orders({set(1, 0, 100), set(2, 0, 100), get(1, 200, 210)}, {{"r", "1"}}));
  CHECK(orders({set(1, 0, 100), set(2, 0, 100), get(2, 200, 210)}, {{"r", "2"}}));
  // Seen once, it has happened: it doesn't come a second time.
  CHECK_FALSE(orders({set(1, 0, kNever), get(1, 5, 10), set(2, 20, 30), get(1, 40, 50)}, {{"r", "1"}}));
  CHECK(linearizable(recording({set(1, 0, 10), get(1, 20, 30)}, {})).violations.empty());
}

TEST_CASE("registers: the verdict names the operation that has no place") {
  const Verdict verdict = linearizable(recording({set(1, 0, 10), set(2, 20, 30), get(1, 40, 50), get(2, 60, 70)}, {}));
  REQUIRE(verdict.violations.size() == 1);
  CHECK(verdict.violations[0].lines == std::vector<size_t>{3});
  CHECK(verdict.violations[0].text.find("c read 1") != std::string::npos);
}

TEST_CASE("registers: what would take too long is said, not guessed") {
  Operations operations;
  for (int64_t value = 1; value <= 24; value++) operations.push_back(set(value, 0, 1000));
  operations.push_back(get(1, 2000, 2010));
  operations.push_back(get(2, 3000, 3010));  // no order: but there are as many ways to try as subsets
  const Verdict verdict = linearizable(recording(operations, {}), 10'000);
  CHECK(verdict.violations.empty());
  CHECK(verdict.undecided.size() == 1);
  CHECK(count(verdict, "undecided") == 1);
}

TEST_CASE("registers: a long history of several clients is decided, and one wrong answer in it is found") {
  std::mt19937 random(20261);
  Operations operations;
  std::string value;
  // One register as it is: each operation takes place somewhere between its beginning and its end.
  for (int64_t i = 0; i < 20'000; i++) {
    const int64_t takes_place = i * 10;
    const int64_t from = takes_place - static_cast<int64_t>(random() % 40);
    const int64_t to = takes_place + 1 + static_cast<int64_t>(random() % 40);
    Operation o = random() % 3 == 0   ? get(0, from, to)
                  : random() % 2 == 0 ? swap(i + 1, 0, from, to)
                                      : set(i + 1, from, to);
    if (o.action == Action::kRead) {
      o.value = value;
    } else {
      o.previous = o.action == Action::kSwap ? value : "";
      value = o.value;
      if (random() % 20 == 0) o.completed = kNever, o.outcome = Outcome::kUnknown, o.durable = false;
    }
    operations.push_back(std::move(o));
  }
  std::stable_sort(operations.begin(), operations.end(),
                   [](const Operation& a, const Operation& b) { return a.invoked < b.invoked; });
  CHECK(orders(operations, {{"r", value}}));
  for (size_t i = operations.size() / 2;; i++) {
    if (operations[i].action != Action::kRead) continue;
    operations[i].value =
        operations[i / 2].action == Action::kRead ? operations[i / 2].value : operations[i / 2 + 1].value;
    break;
  }
  CHECK_FALSE(orders(operations, {{"r", value}}));
}

TEST_CASE("sessions: who need not know the last word is held to the longest time that was ever given") {
  const Operation written = session(Action::kWrite, 1, 500, 0, 10'000);
  const Operation shorter = session(Action::kTouch, 1, 100, 20'000, 21'000);
  CHECK_FALSE(lives({written, shorter, session(Action::kRead, 1, 0, 300'000, 301'000)}));
  CHECK(lives({written, shorter, stale(session(Action::kRead, 1, 0, 300'000, 301'000))}));
  CHECK_FALSE(lives({written, shorter, stale(session(Action::kRead, 1, 0, 600'000, 601'000))}));
  CHECK(lives({written, stale(session(Action::kRead, 0, 0, 30'000, 31'000))}));
}

TEST_CASE("sessions: a touch finds what lives, and nothing else") {
  const Operation written = session(Action::kWrite, 1, 100, 0, 10'000);
  CHECK_FALSE(lives({written, session(Action::kTouch, 0, 500, 50'000, 51'000)}));
  CHECK_FALSE(lives({written, session(Action::kTouch, 1, 500, 150'000, 151'000)}));
  CHECK(lives({written, session(Action::kTouch, 1, 500, 50'000, 51'000)}));
  CHECK(lives({plain(written), session(Action::kTouch, 0, 500, 50'000, 51'000)}));
}

TEST_CASE("sessions: a touch that was not answered may come after the next one") {
  const Operation written = session(Action::kWrite, 1, 300, 0, 10'000);
  const Operation longer = session(Action::kTouch, 0, 900, 20'000, kNever);
  const Operation shorter = session(Action::kTouch, 0, 50, 20'000, kNever);
  const Operation touched = session(Action::kTouch, 1, 300, 30'000, 31'000);
  CHECK_FALSE(lives({written, touched, session(Action::kRead, 1, 0, 600'000, 601'000)}));
  CHECK(lives({written, longer, touched, session(Action::kRead, 1, 0, 600'000, 601'000)}));
  CHECK_FALSE(lives({written, touched, session(Action::kRead, 0, 0, 200'000, 201'000)}));
  CHECK(lives({written, shorter, touched, session(Action::kRead, 0, 0, 200'000, 201'000)}));
}

TEST_CASE("sessions: clocks may be off by what the recording says") {
  Recording off =
      recording({session(Action::kWrite, 1, 100, 0, 10'000), session(Action::kRead, 1, 0, 150'000, 151'000)}, {});
  CHECK_FALSE(sessions_live_as_told(off).violations.empty());
  off.slack_ms = 50;
  CHECK(sessions_live_as_told(off).violations.empty());
  off.operations[1] = session(Action::kRead, 0, 0, 80'000, 81'000);
  CHECK(sessions_live_as_told(off).violations.empty());
  off.slack_ms = 0;
  CHECK_FALSE(sessions_live_as_told(off).violations.empty());
}
