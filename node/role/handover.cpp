#include "node/role/handover.h"

#include <string>

#include "common/defects.h"

namespace onggi {

void Handover::ask(Instant now, ConnId conn, const Pause& pause, Duration longest) {
  if (state_ && state_->request.handover == pause.handover && state_->request.target == pause.target) {
    state_->conn = conn;
    state_->answered = false;
    return;
  }
  state_ = State{conn, pause, longest, now + longest};
}

std::optional<Handover::Answer> Handover::look(Instant now, Position end, Offset target_passed) {
  if (!state_) return std::nullopt;
  const uint64_t behind = end.offset - target_passed;
  const bool follows = target_passed > Offset{};
  if (!state_->paused && follows && behind <= kCloseBytes && now < state_->until) {
    state_->paused = true;
    state_->until = now + (has_defect(Defect::kPauseWithoutEnd) ? seconds(3600) : state_->longest);
  }
  const bool over = now >= state_->until;
  if (state_->answered) {
    if (over) state_.reset();
    return std::nullopt;
  }
  PauseAnswer reply{state_->request.handover, false, end, ""};
  if (state_->paused && follows && behind == 0 && !over) {
    reply.reached = true;
  } else if (!follows) {
    reply.why = "the target does not follow this master";
  } else if (over) {
    reply.why = "the target is " + std::to_string(behind) + " bytes behind";
  } else {
    return std::nullopt;
  }
  const Answer answer{state_->conn, reply};
  state_->answered = true;
  if (!reply.reached) state_.reset();  // writes go on at once
  return answer;
}

}  // namespace onggi
