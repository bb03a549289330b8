// The part of Node that holds connections to their limits: how many there are, and what they take.
#include <algorithm>
#include <utility>

#include "node/node.h"

namespace onggi {

namespace {
constexpr std::string_view kTooMany = "-ERR max number of clients reached\r\n";
constexpr std::string_view kProtected =
    "-DENIED Onggi is running in protected mode: no password is set, so connections are accepted from the loopback "
    "interface only. Set 'requirepass' (and 'masterauth' on the other nodes, 'sentinel auth-pass' on the sentinels), "
    "or, on a network that you trust, 'protected-mode no'.\r\n";

}  // namespace

// Clients, and the peers that came to us.
size_t Node::connected() const {
  return clients_.size() + static_cast<size_t>(std::count_if(peers_.begin(), peers_.end(),
                                                             [](const auto& peer) { return !peer.second.outgoing; }));
}

Result<ConnId> Node::accepted(Now now, Address remote, Address local) {
  now_ = now;
  const size_t most = parts_.config.maxclients;
  const bool crowded = clients_.size() + peers_.size() >= most && connected() >= most;
  const bool outsider = parts_.config.protected_mode && parts_.config.requirepass.empty() && !is_loopback(remote.host);
  const ConnId id = conns_.take();
  if (outsider || (crowded && !reserve(id))) {
    stats_.connections_rejected++;
    return Error{std::string(outsider ? kProtected : kTooMany)};
  }
  stats_.connections_received++;
  Session& session = clients_.add(id, std::move(remote), std::move(local), now.instant);
  session.authenticated = parts_.config.requirepass.empty();
  session.reserved = crowded;
  session.parser.limits().max_bulk_bytes = parts_.config.proto_max_bulk_len;
  session.parser.limits().unauthenticated = !session.authenticated;
  return id;
}

// A place above maxclients. Who has one and proved nothing yet makes way, the oldest first.
bool Node::reserve(ConnId id) {
  reserve_.forget([this](ConnId one) {
    const Session* session = clients_.find(one);
    return session != nullptr ? !session->reserved : !peers_.contains(one);
  });
  if (reserve_.full()) {
    const ConnId oldest = reserve_.oldest([this](ConnId one) {
      const auto peer = peers_.find(one);
      return peer == peers_.end() || !peer->second.trusted;
    });
    if (oldest == ConnId{}) return false;
    make_way(oldest);
    reserve_.leave(oldest);
  }
  reserve_.take(id);
  return true;
}

// It hears why, if that leaves at once: nobody stays by not reading.
void Node::make_way(ConnId id) {
  stats_.connections_rejected++;
  Session* session = clients_.find(id);
  const bool leaves_at_once =
      session != nullptr && session->unsent == 0 && session->output.empty() && !session->close_after_flush;
  if (!leaves_at_once) return close_now(id);
  session->output = kTooMany;
  session->close_after_flush = true;
  effects_.send.push_back(id);
  effects_.close_after_send.push_back(id);
}

// maxmemory-clients: the largest go, until the others keep it.
void Node::evict_clients(Now now) {
  constexpr milliseconds kLookAgain{100};
  const uint64_t limit = parts_.config.maxmemory_clients.of(parts_.config.maxmemory);
  if (limit == 0 || clients_.memory_bytes() <= limit || now.instant < evict_clients_at_) return;
  for (ConnId id : clients_.largest_beyond(limit)) {
    const Session& session = *clients_.find(id);
    log_line(LogLine::Level::kWarning, "closing client " + to_string(session.remote) + ": all clients' buffers take " +
                                           std::to_string(clients_.memory_bytes()) +
                                           " bytes (maxmemory-clients), of which its own " +
                                           std::to_string(session.counted_bytes));
    stats_.evicted_clients++;
    close_now(id);
  }
  if (clients_.memory_bytes() > limit) evict_clients_at_ = now.instant + kLookAgain;  // the others may not be closed
}

void Node::enforce_output_limit(Now now, Session& session, size_t pending) {
  const OutputLimit& limit = parts_.config.output_limit_normal;
  const size_t total = pending + session.output.size();
  if (limit.soft == 0 || total < limit.soft) {
    session.over_soft_limit_since.reset();
  } else if (!session.over_soft_limit_since) {
    session.over_soft_limit_since = now.instant;
  }
  const bool hard = limit.hard != 0 && total >= limit.hard;
  const bool soft = session.over_soft_limit_since &&
                    now.instant - *session.over_soft_limit_since >= seconds(limit.soft_seconds) && limit.soft != 0;
  if (!hard && !soft) return;
  stats_.output_limit_disconnections++;
  log_line(LogLine::Level::kWarning, "closing client " + to_string(session.remote) +
                                         ": it does not read its replies (client-output-buffer-limit)");
  close_now(session.id);
}

}  // namespace onggi
