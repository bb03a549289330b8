// Following the master, event by event.
#include "cli/follow.h"

#include <doctest/doctest.h>

#include "cli/client.h"

namespace onggi {
namespace {

namespace e = follow_event;
namespace a = follow_action;

const Address kFirst{"127.0.0.1", 7001};
const Address kSecond{"127.0.0.1", 7002};
constexpr Instant kStart{1'000'000};

template <class T>
T expect(const FollowAction& action) {
  REQUIRE(std::holds_alternative<T>(action));
  return std::get<T>(action);
}

Follow connected() {
  Follow follow{FollowOptions{}};
  CHECK(expect<a::Ask>(follow.step(kStart, e::Begin{})).at == kStart);
  CHECK(expect<a::Connect>(follow.step(kStart, e::MasterFound{kFirst})).address == kFirst);
  expect<a::Send>(follow.step(kStart, e::Connected{}));
  return follow;
}

TEST_CASE("asks, connects, sends, delivers; the next command goes out at once") {
  Follow follow = connected();
  expect<a::Deliver>(follow.step(kStart, e::Replied{}));
  expect<a::Send>(follow.step(kStart, e::Begin{}));
  CHECK(follow.master() == kFirst);
}

TEST_CASE("an unexecuted command goes to the new master") {
  for (const char* error : {"READONLY You can't write against a read only replica.", "NOREPLICAS x", "LOADING x",
                            "MASTERDOWN x", "TRYAGAIN"}) {
    CAPTURE(error);
    Follow follow = connected();
    expect<a::Ask>(follow.step(kStart, e::RepliedError{error}));
    CHECK(expect<a::Connect>(follow.step(kStart, e::MasterFound{kSecond})).address == kSecond);
    expect<a::Send>(follow.step(kStart, e::Connected{}));
  }
}

TEST_CASE("the same master again: the command again on the connection that there is") {
  Follow follow = connected();
  expect<a::Ask>(follow.step(kStart, e::RepliedError{"NOREPLICAS Not enough good replicas to write."}));
  expect<a::Send>(follow.step(kStart, e::MasterFound{kFirst}));
}

TEST_CASE("other errors are answers, NOACK too: it was executed") {
  Follow follow = connected();
  expect<a::Deliver>(follow.step(kStart, e::RepliedError{"WRONGTYPE x"}));
  expect<a::Deliver>(follow.step(kStart, e::RepliedError{"NOACK x"}));
  expect<a::Deliver>(follow.step(kStart, e::RepliedError{"READONLYISH"}));
}

TEST_CASE("a write whose reply was lost is not sent again") {
  Follow follow = connected();
  auto give_up = expect<a::GiveUp>(follow.step(kStart, e::LinkLost{"closed", Resend::kNever}));
  CHECK(give_up.kind == a::GiveUp::Kind::kUncertain);
  CHECK(give_up.message.find("may or may not") != std::string::npos);
  CHECK_FALSE(follow.master());
}

TEST_CASE("a read whose reply was lost is") {
  Follow follow = connected();
  expect<a::Ask>(follow.step(kStart, e::LinkLost{"closed", Resend::kHarmless}));
}

TEST_CASE("a write that was not sent is sent elsewhere") {
  Follow follow = connected();
  expect<a::Ask>(follow.step(kStart, e::NotSent{"closed"}));
}

TEST_CASE("silence: waits for the same master, leaves it when another is named") {
  Follow follow = connected();
  expect<a::Wait>(follow.step(kStart, e::Silence{kFirst, Resend::kNever}));
  expect<a::Wait>(follow.step(kStart, e::Silence{std::nullopt, Resend::kNever}));
  expect<a::Ask>(follow.step(kStart, e::Silence{kSecond, Resend::kHarmless}));
  Follow writing = connected();
  auto give_up = expect<a::GiveUp>(writing.step(kStart, e::Silence{kSecond, Resend::kNever}));
  CHECK(give_up.kind == a::GiveUp::Kind::kUncertain);
}

TEST_CASE("late rather than failing, but not for ever") {
  Follow follow{FollowOptions{.give_up = seconds(30)}};
  Instant now = kStart;
  FollowAction action = follow.step(now, e::Begin{});
  int questions = 0;
  while (const auto* ask = std::get_if<a::Ask>(&action)) {
    CHECK(ask->at >= now);
    CHECK(ask->at - now <= milliseconds(200));
    now = ask->at;
    REQUIRE(++questions < 2000);
    action = follow.step(now, e::MasterUnknown{"nobody"});
  }
  auto give_up = expect<a::GiveUp>(action);
  CHECK(give_up.kind == a::GiveUp::Kind::kNotDone);
  CHECK(give_up.message.find("nobody") != std::string::npos);
  CHECK(now - kStart == seconds(30));
  CHECK(questions > 100);
}

TEST_CASE("at its time's end an error that was worth a retry is delivered") {
  Follow follow = connected();
  expect<a::Deliver>(follow.step(kStart + seconds(30), e::RepliedError{"READONLY x"}));
}

Reply info(std::vector<std::string> flags) {
  Reply list{.type = Reply::Type::kArray};
  for (std::string& flag : flags) list.elements.push_back({.type = Reply::Type::kSimple, .text = std::move(flag)});
  Reply entry{.type = Reply::Type::kArray};
  entry.elements = {{.type = Reply::Type::kBulk, .text = "x"}, {.type = Reply::Type::kInteger, .integer = 2}, list};
  Reply reply{.type = Reply::Type::kArray};
  reply.elements = {entry};
  return reply;
}

TEST_CASE("what may be sent twice, by COMMAND INFO's flags") {
  CHECK(resend_from_info(info({"readonly", "fast"})) == Resend::kHarmless);
  CHECK(resend_from_info(info({"fast"})) == Resend::kHarmless);
  CHECK(resend_from_info(info({"loading", "stale"})) == Resend::kHarmless);
  CHECK(resend_from_info(info({"write", "denyoom"})) == Resend::kNever);
  CHECK(resend_from_info(info({"admin"})) == Resend::kNever);
  CHECK(resend_from_info(info({"pubsub", "fast"})) == Resend::kNever);
  CHECK(resend_from_info(info({"noscript", "skip_slowlog"})) == Resend::kNever);
  CHECK(resend_from_info(Reply{.type = Reply::Type::kNull}) == Resend::kNever);
}

}  // namespace
}  // namespace onggi
