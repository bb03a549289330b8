// Following the master: which step comes next when a command is to be run wherever the sentinels say the master is.
//
// Pure: told what happened and the time, it says what to do next. Its driver (client.h) asks, connects and sends. It
// must never
//   1. send a command a second time if the first may have been executed, unless doing it twice is the same as once;
//   2. give up before its time: late is fine, failing is not;
//   3. go on for ever: after `give_up` it says what it was waiting for.
#pragma once

#include <optional>
#include <string>
#include <variant>

#include "common/types.h"

namespace onggi {

// Whether a command whose reply was lost may be sent again.
enum class Resend { kNever, kHarmless };

// What happened.
namespace follow_event {
struct Begin {};  // a command is to be run
struct MasterFound {
  Address address;
};
struct MasterUnknown {
  std::string why;
};
struct Connected {};
struct ConnectFailed {
  std::string why;
};
struct NotSent {  // the link broke before a byte of the command was written
  std::string why;
};
struct LinkLost {  // after it: the command may or may not have been executed
  std::string why;
  Resend resend = Resend::kNever;
};
struct Silence {  // sent, and no reply for a while; the sentinels name this master meanwhile
  std::optional<Address> named;
  Resend resend = Resend::kNever;
};
struct Replied {};
struct RepliedError {
  std::string text;
};
}  // namespace follow_event
using FollowEvent =
    std::variant<follow_event::Begin, follow_event::MasterFound, follow_event::MasterUnknown, follow_event::Connected,
                 follow_event::ConnectFailed, follow_event::NotSent, follow_event::LinkLost, follow_event::Silence,
                 follow_event::Replied, follow_event::RepliedError>;

// What to do next.
namespace follow_action {
struct Ask {  // the sentinels for the master, not before this moment
  Instant at;
};
struct Connect {  // leaving the connection that there is, if any
  Address address;
};
struct Send {};     // the command, on the connection
struct Wait {};     // on for the reply
struct Deliver {};  // the reply that came; it may be an error
struct GiveUp {
  enum class Kind { kNotDone, kUncertain } kind = Kind::kNotDone;
  std::string message;
};
}  // namespace follow_action
using FollowAction = std::variant<follow_action::Ask, follow_action::Connect, follow_action::Send, follow_action::Wait,
                                  follow_action::Deliver, follow_action::GiveUp>;

struct FollowOptions {
  Duration give_up = seconds(30);           // from Begin
  Duration first_pause = milliseconds(20);  // between two questions to the sentinels; doubled each time
  Duration longest_pause = milliseconds(200);
};

class Follow {
 public:
  explicit Follow(FollowOptions options) : options_(options) {}

  FollowAction step(Instant now, const FollowEvent& event);

  const std::optional<Address>& master() const { return connected_; }

 private:
  FollowAction ask_again(Instant now, const std::string& why);
  FollowAction lost(Instant now, const std::string& why, Resend resend);

  FollowOptions options_;
  std::optional<Address> connected_;   // a connection is open to this one
  std::optional<Address> connecting_;  // or is being opened
  Instant deadline_;
  Duration pause_{};
};

// Errors that say "not executed, and another try, perhaps elsewhere, may work".
bool is_worth_retrying(const std::string& error);

// Errors that say "may or may not survive" (PROTOCOL N8).
bool is_uncertain(const std::string& error);

}  // namespace onggi
