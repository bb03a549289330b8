// Replies that wait: by log offset, for acknowledgements and durability (PROTOCOL N3, N8); and WAIT.
//
// A reply to a write stays in its session's output until every reader it waits for has passed its offset. All replies
// wait for the same readers, so one queue in offset order serves all; holding costs latency, not throughput.
#pragma once

#include <deque>
#include <vector>

#include "node/clients.h"
#include "node/stats.h"

namespace onggi {

class Replies {
 public:
  Replies(Clients& clients, Stats& stats) : clients_(clients), stats_(stats) {}

  // The reply at [begin, end) of the session's output waits until `offset` is released, or is replaced by -NOACK.
  void hold(Session& session, size_t begin, Offset offset, Instant deadline);
  // Everything up to `released` may leave. Returns the sessions that now have output to send.
  void release(Offset released, std::vector<ConnId>& ready);
  // -NOACK for replies whose deadline passed. A command that was held has the deadline of its arrival: not the last one
  // in the queue.
  void expire(Instant now, uint32_t write_acks, std::vector<ConnId>& ready);
  // Sessions with replies held: never to be sent (demoted, fenced).
  std::vector<ConnId> abandon();
  std::optional<Instant> next_deadline() const { return look_again_; }
  bool empty() const { return queue_.empty(); }

 private:
  void refuse(Session& session, uint32_t write_acks);

  struct Waiting {
    Offset offset;
    Instant deadline;
    ConnId who;
  };
  std::deque<Waiting> queue_;          // in offset order
  std::optional<Instant> look_again_;  // no deadline of the queue is before it
  Clients& clients_;
  Stats& stats_;
};

// How much of a session's output may leave now.
size_t sendable(const Session& session);

}  // namespace onggi
