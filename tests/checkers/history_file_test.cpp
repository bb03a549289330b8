// Recordings as files: what is written is read again, and what is no recording is refused with its line.
#include <doctest/doctest.h>

#include <sstream>

#include "chaos/checkers/history_file.h"

using namespace onggi::checkers;  // NOLINT(google-build-using-namespace): words of these tests

namespace {

constexpr const char* kSwap =
    R"({"client":"c","host":"app-1","action":"swap","family":"register","key":"r","value":"2","invoked":1.500000,)"
    R"("completed":2.000000,"outcome":"ok","node":"node-1","error":"","ttl_ms":null,"previous":"1","waited":1,)"
    R"("durable":true,"fresh":false})";

onggi::Result<Recording> read(const std::string& text) {
  std::istringstream in(text);
  return read_recording(in, "f");
}

std::string error(const std::string& text) {
  const auto recording = read(text);
  return recording ? "" : recording.error().message;
}

std::string with(std::string line, const std::string& what, const std::string& instead) {
  const size_t place = line.find(what);
  REQUIRE(place != std::string::npos);
  return line.replace(place, what.size(), instead);
}

}  // namespace

TEST_CASE("a recording is read as it was written") {
  const std::string text = std::string(R"({"settings":{"slack_ms":50,"nodes":3}})") + "\n" + kSwap + "\n" +
                           R"({"node":"node-1","holds":{"a \"b\"\u0001":"1","r":"2"}})" + "\n";
  const auto recording = read(text);
  REQUIRE(recording);
  CHECK(recording->slack_ms == 50);
  CHECK(recording->nodes == 3);
  REQUIRE(recording->operations.size() == 1);
  const Operation& o = recording->operations[0];
  CHECK(o.line == 2);
  CHECK(o.action == Action::kSwap);
  CHECK(o.previous == "1");
  CHECK(o.invoked == 1'500'000);
  CHECK(o.waited == 1);
  CHECK(recording->contents.at("node-1").at("r") == "2");
  std::ostringstream again;
  write_recording(*recording, again);
  CHECK(again.str() == text);
  CHECK_FALSE(recording->one_for_all);
}

TEST_CASE("that one node's contents stand for all is written down too") {
  Recording recording;
  recording.one_for_all = true;
  std::ostringstream out;
  write_recording(recording, out);
  CHECK(out.str() == "{\"settings\":{\"slack_ms\":0,\"nodes\":0,\"one_for_all\":true}}\n");
  CHECK(read(out.str())->one_for_all);
}

TEST_CASE("fields may stand in any order and be left out; remarks are let through; operations are put in order") {
  const auto recording = read(
      R"({"settings":{"began":12.5,"title":"t"}})"
      "\n"
      R"({"invoked":2,"outcome":"unknown","completed":3,"key":"k","value":"1","family":"once","action":"write","client":"c"})"
      "\n"
      R"({"client":"c","action":"read","family":"register","key":"r","value":null,"invoked":1,"completed":1.5,)"
      R"("outcome":"ok","reign":"epoch 2","accepted":false})"
      "\n"
      R"({"node":"n","holds":{"k":null}})");
  REQUIRE(recording);
  CHECK(recording->operations[0].key == "r");
  CHECK(recording->operations[0].value.empty());
  CHECK(recording->operations[1].completed == kNever);  // when its client gave up says nothing
  CHECK(recording->contents.at("n").empty());
}

TEST_CASE("what is no recording is refused, and its line is named") {
  CHECK(error(std::string(kSwap) + "\nhello\n") == "f:2: no object of JSON");
  CHECK(error("[1]") == "f:1: no object of JSON");
  CHECK(error("\n") == "f:1: no object of JSON");
  CHECK(error(std::string(1'000'000, '[')) == "f:1: no object of JSON");
  CHECK(error(with(kSwap, "durable", "durabel")) == "f:1: no field 'durabel' is known");
  CHECK(error(with(kSwap, "\"swap\"", "\"swop\"")) == "f:1: no action 'swop'");
  CHECK(error(with(kSwap, "\"register\"", "7")) == "f:1: family is no text");
  CHECK(error(with(kSwap, "\"key\":\"r\",", "")) == "f:1: no key");
  CHECK(error(with(kSwap, "\"invoked\":1.500000,", "")) == "f:1: no invoked");
  CHECK(error(with(kSwap, "1.500000", "1e300")) == "f:1: invoked is no time in seconds");
  CHECK(error(with(kSwap, "2.000000", "1.0")) == "f:1: completed before it was invoked");
  CHECK(error(with(kSwap, "2.000000", "null")) == "f:1: ok, and never completed");
  CHECK(error(with(kSwap, "\"ok\"", "\"unknown\"")) == "f:1: durable, and not ok");
  CHECK(error(with(kSwap, "\"2\"", "\"\"")) == "f:1: a write of nothing");
  CHECK(error(with(kSwap, "\"waited\":1", "\"waited\":-1")) == "f:1: waited is no whole number from 0 on");
  CHECK(error(with(kSwap, "\"durable\":true", "\"durable\":1")) == "f:1: durable is neither true nor false");
  CHECK(error(with(kSwap, "\"fresh\":false", "\"fresh\":true")) == "f:1: fresh, and no read");
  CHECK(error(with(kSwap, "\"swap\"", "\"incr\"")) == "f:1: only counters are incremented");
  CHECK(error(with(with(kSwap, "\"swap\"", "\"write\""), "\"register\"", "\"session\"")) == "f:1: no ttl_ms");
  CHECK(error(R"({"settings":{"slack":1}})") == "f:1: no field 'slack' is known");
  CHECK(error(R"({"settings":3})") == "f:1: settings is no object");
  CHECK(error(R"({"node":"n","holds":[]})") == "f:1: holds is no object");
  CHECK(error(R"({"node":"n","holds":{"k":1}})") == "f:1: what k holds is no text");
  CHECK(error("{\"node\":\"n\",\"holds\":{}}\n{\"node\":\"n\",\"holds\":{}}") ==
        "f:2: the contents of n were told before");
}

TEST_CASE("a counter or session of two clients, or of one that does not wait for its answers, can't be judged") {
  const std::string one =
      R"({"client":"c","action":"incr","family":"counter","key":"n","value":"1","invoked":1,"completed":2,"outcome":"ok"})";
  CHECK(error(one + "\n" + with(with(one, "\"invoked\":1", "\"invoked\":2"), "\"completed\":2", "\"completed\":3"))
            .empty());
  CHECK(error(one + "\n" + with(one, "\"c\"", "\"d\"")).find("f:2: n is used by c and d") == 0);
  CHECK(error(one + "\n" + with(one, "\"invoked\":1", "\"invoked\":1.5")).find("f:2: begun before line 1") == 0);
}

TEST_CASE("a value that is written twice can't be judged: whose it is nobody could tell") {
  const std::string one =
      R"({"client":"c","action":"write","family":"register","key":"r","value":"1","invoked":1,"completed":2,"outcome":"ok"})";
  CHECK(error(one + "\n" + with(one, "\"1\"", "\"2\"")).empty());
  CHECK(error(one + "\n" + with(one, "\"c\"", "\"d\"")).find("f:2: r = 1 was written in line 1 already") == 0);
  const std::string once = with(one, "register", "once");
  CHECK(error(once + "\n" + with(once, "\"1\"", "\"2\"")).find("f:2: r was written in line 1 as 1") == 0);
  CHECK(error(once + "\n" + with(once, "\"c\"", "\"d\"")).empty());
}
