// The master's side of a planned hand-over (PROTOCOL H2): a pause of writes, expiry and eviction, begun once the target
// is close, that ends by itself.
#pragma once

#include <optional>

#include "common/messages.h"
#include "common/types.h"

namespace onggi {

class Handover {
 public:
  static constexpr uint64_t kCloseBytes = 1u << 20;  // the target's lag at which the pause begins

  // A sentinel asks. The same attempt asked again changes nothing but whom to answer.
  void ask(Instant now, ConnId conn, const Pause& pause, Duration longest);
  void cancel() { state_.reset(); }

  bool paused(Instant now) const { return state_ && state_->paused && now < state_->until; }
  // Looks at how far the target is; an answer, once there is one to give, for `conn`.
  struct Answer {
    ConnId conn;
    PauseAnswer answer;
  };
  std::optional<Answer> look(Instant now, Position end, Offset target_passed);
  std::optional<NodeId> target() const { return state_ ? std::optional(state_->request.target) : std::nullopt; }
  std::optional<Instant> next_deadline() const { return state_ ? std::optional(state_->until) : std::nullopt; }

 private:
  struct State {
    ConnId conn;
    Pause request;
    Duration longest{0};
    Instant until;  // of the pause; before it: of the wait for the target to come close
    bool paused = false;
    bool answered = false;
  };
  std::optional<State> state_;
};

}  // namespace onggi
