#include "node/replies.h"

#include <string>

namespace onggi {

void Replies::hold(Session& session, size_t begin, Offset offset, Instant deadline) {
  session.held.push_back({begin, session.output.size(), offset, deadline});
  queue_.push_back({offset, deadline, session.id});
}

void Replies::release(Offset released, std::vector<ConnId>& ready) {
  while (!queue_.empty() && queue_.front().offset <= released) {
    const Waiting waiting = queue_.front();
    queue_.pop_front();
    Session* session = clients_.find(waiting.who);
    if (session == nullptr) continue;
    if (!session->held.empty() && session->held.front().offset <= waiting.offset) session->held.pop_front();
    ready.push_back(waiting.who);
  }
}

void Replies::expire(Instant now, uint32_t write_acks, std::vector<ConnId>& ready) {
  while (!queue_.empty() && queue_.front().deadline <= now) {
    const Waiting waiting = queue_.front();
    queue_.pop_front();
    Session* session = clients_.find(waiting.who);
    if (session == nullptr || session->held.empty()) continue;
    const HeldReply held = session->held.front();
    session->held.pop_front();
    const std::string text = "-NOACK the write was executed, but not acknowledged by " + std::to_string(write_acks) +
                             " replica(s) in time: it may or may not survive a failover\r\n";
    session->output.replace(held.begin, held.end - held.begin, text);
    for (HeldReply& later : session->held) {
      later.begin += text.size() - (held.end - held.begin);
      later.end += text.size() - (held.end - held.begin);
    }
    stats_.writes_unacknowledged++;
    stats_.count_error("NOACK");
    ready.push_back(waiting.who);
  }
}

std::vector<ConnId> Replies::abandon() {
  std::vector<ConnId> sessions;
  for (const Waiting& waiting : queue_) sessions.push_back(waiting.who);
  queue_.clear();
  return sessions;
}

std::optional<Instant> Replies::next_deadline() const {
  if (queue_.empty()) return std::nullopt;
  return queue_.front().deadline;
}

size_t sendable(const Session& session) {
  return session.held.empty() ? session.output.size() : session.held.front().begin;
}

}  // namespace onggi
