// Sessions that wait for something else than the tier: held writes (PROTOCOL L1, N8, H2), WAIT and WAITAOF.
#include <utility>

#include "node/engine.h"

namespace onggi {

void Engine::retry_held(Now now) {
  if (held_.empty()) return;
  const WriteGate gate = services_.role.gate(now);
  const bool readonly = gate == WriteGate::kReadonly && !undecided() && !services_.role.knows_nothing();
  const bool settled = gate == WriteGate::kOpen || readonly;
  std::vector<ConnId> still;
  for (ConnId id : held_) {
    Session* session = services_.clients.find(id);
    if (session == nullptr || session->blocked != Blocked::kHeld) continue;
    const bool over = now.instant >= session->arrived_at + milliseconds(services_.config.hold_ms);
    if (settled || over) {
      unblock(*session);
    } else {
      still.push_back(id);
    }
  }
  held_ = std::move(still);
}

void Engine::wait(Session& session, const WaitState& what, milliseconds timeout) {
  session.wait = what;
  block(session, Blocked::kWait);
  if (timeout.count() > 0) session.blocked_until = now_.instant + timeout;
  waiting_.push_back(session.id);
}

void Engine::answer_waits(Now now) {
  if (waiting_.empty()) return;
  std::vector<ConnId> still;
  for (ConnId id : waiting_) {
    Session* session = services_.clients.find(id);
    if (session == nullptr || session->blocked != Blocked::kWait) continue;
    const auto& wait = session->wait;
    const size_t replicas = wait.aof ? services_.role.synced_by(wait.offset) : services_.role.acked(wait.offset);
    const bool local = log_.synced() >= wait.offset;
    const bool reached = replicas >= wait.replicas && (!wait.aof || wait.local == 0 || local);
    if (!reached && (!session->blocked_until || now.instant < *session->blocked_until)) {
      still.push_back(id);
      continue;
    }
    ReplyWriter reply(session->output, session->resp);
    if (!reached && wait.unblocked_by_error) {
      reply.error("UNBLOCKED client unblocked via CLIENT UNBLOCK");
    } else {
      if (wait.aof) {
        reply.array_header(2);
        reply.integer(local ? 1 : 0);
      }
      reply.integer(static_cast<int64_t>(replicas));
    }
    unblock(*session);
    mark_ready(*session);
  }
  waiting_ = std::move(still);
}

}  // namespace onggi
