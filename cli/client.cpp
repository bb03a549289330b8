// Driving Follow, and the direct connection without sentinels.
#include "cli/client.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <string_view>
#include <thread>
#include <utility>

#include "common/net/clock.h"
#include "common/numbers.h"
#include "common/text.h"

namespace onggi {
namespace {

constexpr Duration kSentinelTimeout = milliseconds(500);
constexpr Duration kConnectTimeout = seconds(2);
constexpr Duration kHandshakeTimeout = seconds(5);
// Longer than a master holds a write (hold-ms): silence beyond it is worth a question to the sentinels.
constexpr Duration kSilence = seconds(2);

Outcome failed(std::string message) {
  return {Outcome::Kind::kFailed, {}, std::move(message)};
}

std::string could_not_connect(const Address& address, const std::string& why) {
  return "Could not connect to Onggi at " + to_string(address) + ": " + why;
}

}  // namespace

Resend resend_from_info(const Reply& reply) {
  if (reply.elements.size() != 1 || reply.elements[0].elements.size() < 3) return Resend::kNever;
  const auto& flags = reply.elements[0].elements[2].elements;
  auto has = [&](std::string_view flag) {
    return std::any_of(flags.begin(), flags.end(), [&](const Reply& f) { return f.text == flag; });
  };
  if (has("readonly")) return Resend::kHarmless;
  // Without "write" a command may still do something once: scripts, EXEC, PUBLISH, CONFIG SET, SHUTDOWN.
  constexpr std::array<std::string_view, 5> kDoSomething{"write", "admin", "pubsub", "noscript", "movablekeys"};
  return std::any_of(kDoSomething.begin(), kDoSomething.end(), has) ? Resend::kNever : Resend::kHarmless;
}

Client::Client(CliOptions options, std::function<void(const std::string&)> say)
    : options_(std::move(options)),
      say_(std::move(say)),
      follow_(FollowOptions{.give_up = options_.timeout}),
      sentinels_(options_.sentinels.size()) {}

void Client::pause_until(Instant at) const {
  Duration left = at - net::boottime_now();
  if (left > Duration{0}) std::this_thread::sleep_for(left);
}

Result<void> Client::introduce() {
  Words hello;
  if (options_.resp != Resp::kDefault) hello = {"HELLO", options_.resp == Resp::kThree ? "3" : "2"};
  if (!options_.password.empty()) {
    std::string user = options_.user.empty() ? "default" : options_.user;
    if (!hello.empty()) {
      hello.insert(hello.end(), {"AUTH", user, options_.password});
    } else {
      Words auth = {"AUTH", options_.password};
      if (!options_.user.empty()) auth.insert(auth.begin() + 1, options_.user);
      auto reply = node_.ask(auth, kHandshakeTimeout);
      if (!node_.is_open()) return reply.error();
      if (!reply) say_("AUTH failed: " + reply.error().message);
    }
  }
  if (!hello.empty()) {
    auto reply = node_.ask(hello, kHandshakeTimeout);
    if (!node_.is_open()) return reply.error();
    if (!reply) say_("HELLO failed: " + reply.error().message);
  }
  if (options_.db == 0) return {};
  auto reply = node_.ask({"SELECT", std::to_string(options_.db)}, kHandshakeTimeout);
  if (!node_.is_open()) return reply.error();
  if (!reply) {
    say_("SELECT " + std::to_string(options_.db) + " failed: " + reply.error().message);
    if (!is_worth_retrying(reply.error().message)) options_.db = 0;
  }
  return {};
}

Result<void> Client::open(const Address& address) {
  in_transaction_ = false;
  if (auto opened = node_.open(address, kConnectTimeout); !opened) return opened;
  return introduce();
}

Result<void> Client::connect() {
  if (!node_.is_stale()) return {};
  if (options_.sentinels.empty()) {
    auto opened = open(options_.server);
    if (!opened) return Error{could_not_connect(options_.server, opened.error().message)};
    return {};
  }
  Outcome outcome = run_following({"PING"});
  if (outcome.kind != Outcome::Kind::kReply) return Error{outcome.message};
  return {};
}

FollowEvent Client::ask_sentinels() {
  std::string why;
  for (size_t tried = 0; tried < options_.sentinels.size(); tried++, next_sentinel_++) {
    size_t index = next_sentinel_ % options_.sentinels.size();
    Connection& sentinel = sentinels_[index];
    const std::string name = "sentinel " + to_string(options_.sentinels[index]);
    if (sentinel.is_stale()) {
      if (auto opened = sentinel.open(options_.sentinels[index], kSentinelTimeout); !opened) {
        why += (why.empty() ? "" : "; ") + name + ": " + opened.error().message;
        continue;
      }
      if (!options_.sentinel_password.empty()) {
        auto reply = sentinel.ask({"AUTH", options_.sentinel_password}, kSentinelTimeout);
        if (!reply) say_(name + ": AUTH failed: " + reply.error().message);
      }
    }
    auto reply = sentinel.ask({"SENTINEL", "get-master-addr-by-name", options_.master}, kSentinelTimeout);
    if (!reply) {
      why += (why.empty() ? "" : "; ") + name + ": " + reply.error().message;
      continue;
    }
    if (reply->elements.size() == 2) {
      if (auto port = parse_uint64(reply->elements[1].text); port && *port > 0 && *port <= 65535) {
        return follow_event::MasterFound{{reply->elements[0].text, static_cast<uint16_t>(*port)}};
      }
    }
    why += (why.empty() ? "" : "; ") + name + " knows no master '" + options_.master + "' now";
  }
  return follow_event::MasterUnknown{why};
}

Resend Client::resend_of(const Words& command) {
  std::string name = lower(command[0]);
  auto known = resend_.find(name);
  if (known != resend_.end()) return known->second;
  auto info = node_.ask({"COMMAND", "INFO", name}, kHandshakeTimeout);
  Resend resend = info ? resend_from_info(*info) : Resend::kNever;
  if (info) resend_[name] = resend;
  return resend;
}

FollowEvent Client::wait_for_reply(Received& received) {
  received = node_.receive(options_.sentinels.empty() ? Duration(std::chrono::hours(24 * 365)) : kSilence);
  switch (received.kind) {
    case Received::Kind::kReply:
      if (received.reply.is_error()) return follow_event::RepliedError{received.reply.text};
      return follow_event::Replied{};
    case Received::Kind::kLost:
      return follow_event::LinkLost{received.why, current_};
    case Received::Kind::kTimeout:
      break;
  }
  FollowEvent found = ask_sentinels();
  auto* master = std::get_if<follow_event::MasterFound>(&found);
  return follow_event::Silence{master ? std::optional(master->address) : std::nullopt, current_};
}

FollowEvent Client::send_and_wait(const Words& command, Received& received) {
  if (node_.is_stale()) {
    node_.close();
    return follow_event::NotSent{"the connection was closed"};
  }
  current_ = resend_of(command);
  if (!node_.is_open()) return follow_event::NotSent{"the connection was closed"};
  if (auto sent = node_.send(command); !sent) {
    node_.close();
    return follow_event::LinkLost{sent.error().message, current_};  // a part may have been handed over
  }
  return wait_for_reply(received);
}

FollowEvent Client::perform(const FollowAction& action, const Words& command, Received& received) {
  if (const auto* ask = std::get_if<follow_action::Ask>(&action)) {
    pause_until(ask->at);
    return ask_sentinels();
  }
  if (const auto* connect = std::get_if<follow_action::Connect>(&action)) {
    auto opened = open(connect->address);
    if (!opened) return follow_event::ConnectFailed{could_not_connect(connect->address, opened.error().message)};
    return follow_event::Connected{};
  }
  if (std::holds_alternative<follow_action::Wait>(action)) return wait_for_reply(received);
  return send_and_wait(command, received);
}

Outcome Client::run_following(const Words& command) {
  Received received;
  FollowEvent event = follow_event::Begin{};
  Instant began = net::boottime_now();
  bool said = false;
  for (;;) {
    Instant now = net::boottime_now();
    FollowAction action = follow_.step(now, event);
    if (std::holds_alternative<follow_action::Deliver>(action)) {
      remember(command, received.reply);
      return {Outcome::Kind::kReply, std::move(received.reply), {}};
    }
    if (const auto* give_up = std::get_if<follow_action::GiveUp>(&action)) {
      node_.close();
      bool uncertain = give_up->kind == follow_action::GiveUp::Kind::kUncertain;
      return {uncertain ? Outcome::Kind::kUncertain : Outcome::Kind::kFailed, {}, give_up->message};
    }
    if (!said && now - began > seconds(1)) {
      said = true;
      say_("waiting for a master that takes the command ...");
    }
    event = perform(action, command, received);
  }
}

Outcome Client::run_direct(const Words& command) {
  bool fresh = false;
  if (node_.is_stale()) {
    if (auto opened = open(options_.server); !opened) {
      return failed(could_not_connect(options_.server, opened.error().message));
    }
    fresh = true;
  }
  Received received;
  for (;;) {
    if (auto sent = node_.send(command); !sent) {
      node_.close();
      return {Outcome::Kind::kUncertain, {}, "Error: " + sent.error().message};
    }
    received = node_.receive(std::chrono::hours(24 * 365));
    if (received.kind == Received::Kind::kReply) break;
    // A connection that lay idle was perhaps closed as the command went out: once more, if that does no harm.
    if (fresh || equals_ignore_case(command[0], "shutdown") || !open(options_.server) ||
        resend_of(command) != Resend::kHarmless) {
      return {Outcome::Kind::kUncertain, {}, "Error: " + received.why};
    }
    fresh = true;
  }
  remember(command, received.reply);
  return {Outcome::Kind::kReply, std::move(received.reply), {}};
}

Outcome Client::run(const Words& command) {
  if (in_transaction_) {
    // Never elsewhere, never again: the rest of the transaction is on this connection.
    Received received;
    if (!node_.is_stale() && node_.send(command)) received = node_.receive(options_.timeout);
    if (received.kind == Received::Kind::kReply) {
      remember(command, received.reply);
      return {Outcome::Kind::kReply, std::move(received.reply), {}};
    }
    node_.close();
    in_transaction_ = false;
    bool executing = equals_ignore_case(command[0], "exec");
    return {executing ? Outcome::Kind::kUncertain : Outcome::Kind::kFailed,
            {},
            executing ? "the connection was lost at EXEC: the transaction may or may not have been executed"
                      : "the connection was lost within MULTI: the transaction is discarded"};
  }
  Outcome outcome = options_.sentinels.empty() ? run_direct(command) : run_following(command);
  if (outcome.kind == Outcome::Kind::kUncertain && equals_ignore_case(command[0], "shutdown")) {
    outcome.kind = Outcome::Kind::kGone;
  }
  return outcome;
}

void Client::remember(const Words& command, const Reply& reply) {
  std::string name = lower(command[0]);
  if (name == "exec" || name == "discard") in_transaction_ = false;
  if (reply.is_error()) return;
  if (name == "multi") in_transaction_ = true;
  if (name == "reset") {
    options_.db = 0;
    options_.resp = Resp::kDefault;
    in_transaction_ = false;
  }
  if (in_transaction_) return;
  if (name == "select" && command.size() == 2) {
    if (auto db = parse_uint64(command[1])) options_.db = static_cast<uint32_t>(*db);
  } else if (name == "auth" && command.size() >= 2) {
    options_.user = command.size() > 2 ? command[1] : "";
    options_.password = command.back();
  } else if (name == "hello" && command.size() >= 2) {
    options_.resp = command[1] == "3" ? Resp::kThree : Resp::kTwo;
    for (size_t i = 2; i + 2 < command.size(); i++) {
      if (!equals_ignore_case(command[i], "auth")) continue;
      options_.user = command[i + 1];
      options_.password = command[i + 2];
    }
  }
}

}  // namespace onggi
