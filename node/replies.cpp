#include "node/replies.h"

#include <algorithm>
#include <string>

namespace onggi {

// A session's replies have deadlines in their order, whatever CONFIG SET does in between.
void Replies::hold(Session& session, size_t begin, Offset offset, Instant deadline) {
  if (!session.held.empty()) deadline = std::max(deadline, session.held.back().deadline);
  session.held.push_back({begin, session.output.size(), offset, deadline});
  queue_.push_back({offset, deadline, session.id});
  if (!look_again_ || deadline < *look_again_) look_again_ = deadline;
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
  if (queue_.empty()) look_again_.reset();
}

void Replies::expire(Instant now, uint32_t write_acks, std::vector<ConnId>& ready) {
  if (!look_again_ || now < *look_again_) return;
  look_again_.reset();
  std::deque<Waiting> still;
  for (const Waiting& waiting : queue_) {
    if (waiting.deadline > now) {
      if (!look_again_ || waiting.deadline < *look_again_) look_again_ = waiting.deadline;
      still.push_back(waiting);
      continue;
    }
    Session* session = clients_.find(waiting.who);
    if (session == nullptr || session->held.empty()) continue;
    refuse(*session, write_acks);
    ready.push_back(waiting.who);
  }
  queue_ = std::move(still);
}

// The one whose deadline is over is the session's first.
void Replies::refuse(Session& session, uint32_t write_acks) {
  const HeldReply held = session.held.front();
  session.held.pop_front();
  const std::string missing = write_acks > 0
                                  ? "not acknowledged by " + std::to_string(write_acks) + " replica(s) in time"
                                  : std::string("not on the disk in time");
  const std::string text =
      "-NOACK the write was executed, but " + missing + ": it may or may not survive a failover\r\n";
  session.output.replace(held.begin, held.end - held.begin, text);
  for (HeldReply& later : session.held) {
    later.begin += text.size() - (held.end - held.begin);
    later.end += text.size() - (held.end - held.begin);
  }
  stats_.writes_unacknowledged++;
  stats_.count_error("NOACK");
}

std::vector<ConnId> Replies::abandon() {
  std::vector<ConnId> sessions;
  for (const Waiting& waiting : queue_) sessions.push_back(waiting.who);
  queue_.clear();
  look_again_.reset();
  return sessions;
}

size_t sendable(const Session& session) {
  return session.held.empty() ? session.output.size() : session.held.front().begin;
}

}  // namespace onggi
