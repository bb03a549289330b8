// The part of Node that deals with connections: clients', peers' and those that relay held commands.
#include <algorithm>
#include <utility>

#include "common/check.h"
#include "common/codec.h"
#include "common/message_check.h"
#include "node/node.h"

namespace onggi {

namespace {
constexpr size_t kBlockedInput = 1 << 20;  // no more is read from a blocked session beyond this
// Who sends a whole pipeline before it reads a reply must be able to, within reason.
constexpr size_t kInputBehindOutput = 64 << 20;
constexpr uint64_t kMostCopyBacklog = 16ull << 20;  // of a full copy, on its way to the disk
constexpr size_t kSpareOutputs = 64;
constexpr size_t kSpareOutputBytes = 128 << 10;      // a larger buffer is not worth keeping
constexpr uint64_t kMaxInternalFrame = 64ull << 20;  // of the master
constexpr uint64_t kMaxAcceptedFrame = 1ull << 20;   // of who came to us, and room for a history of epochs
constexpr std::string_view kInternalRequest = "*2\r\n$5\r\nONGGI\r\n";

}  // namespace

size_t Node::receive(Now now, ConnId id, std::string_view bytes, bool fresh) {
  now_ = now;
  engine_->set_now(now);
  if (forwarder_.is_link(id)) return receive_relay(id, bytes);  // it is a peer too, for its output alone
  if (peers_.contains(id)) return receive_peer(now, id, bytes);
  Session* session = clients_.find(id);
  if (session == nullptr) return bytes.size();
  if (rewind_to_) return 0;
  if (session->reserved && connected() <= parts_.config.maxclients) {  // there is room by now
    session->reserved = false;
    reserve_.leave(id);
  }
  // What comes behind a held command moves no deadline of that one (L1).
  if (fresh && session->blocked != Blocked::kHeld) session->arrived_at = now.instant;
  if (session->output.empty() && !spare_outputs_.empty()) {
    session->output = std::move(spare_outputs_.back());
    spare_outputs_.pop_back();
  }
  // A peer without the password may say more than a client without it: how far its log goes.
  if (!session->authenticated && bytes.starts_with(kInternalRequest)) {
    become_peer(*session);
    return receive_peer(now, id, bytes);
  }
  const size_t consumed = engine_->take(*session, bytes);
  stats_.net_input_bytes += consumed;
  if (session->internal) {
    become_peer(*session);
    return consumed + receive_peer(now, id, bytes.substr(consumed));
  }
  if (session->blocked == Blocked::kForward && !forwarder_.has(id)) adopt(*session);
  if (session->forwarding) {
    for (auto& one : engine_->drain_forwards()) forward(one.who, one.command);
  }
  clients_.measure(*session);
  if (bytes.size() - consumed > parts_.config.client_query_buffer_limit) {
    stats_.query_limit_disconnections++;
    log_line(LogLine::Level::kWarning, "closing client " + to_string(session->remote) + ": its query buffer is full");
    close_now(id);
    return bytes.size();
  }
  return consumed;
}

bool Node::wants_input(ConnId id, size_t buffered) const {
  if (const auto client = forwarder_.client_of(id)) {
    const Session* to = clients_.find(*client);
    return to == nullptr || to->output.size() + to->unsent < kMostUnreadOutput;
  }
  if (auto peer = peers_.find(id); peer != peers_.end()) return !peer->second.outgoing || !copy_is_behind();
  const Session* session = clients_.find(id);
  if (session == nullptr) return true;
  if (session->output_full) return buffered < kInputBehindOutput;
  if (session->forward_waiting >= kMostForwardWaiting) return buffered < kBlockedInput;
  return session->blocked == Blocked::kNo || buffered < kBlockedInput;
}

bool Node::copy_is_behind() const {
  return copy_backlog_ > kMostCopyBacklog;
}

void Node::become_peer(Session& session) {
  Peer peer;
  peer.trusted = session.authenticated;
  // A follower's history is about as long as this node's own, and grows for ever.
  const uint64_t own_history = parts_.log.history().size() * sizeof(EpochStart);
  peer.parser.limits().max_bulk_bytes = std::min(kMaxAcceptedFrame + 2 * own_history, kMaxInternalFrame);
  peer.remote = session.remote;
  peer.output = session.output.substr(0, sendable(session));
  const ConnId id = session.id;
  if (!peer.output.empty()) effects_.send.push_back(id);
  peers_.emplace(id, std::move(peer));
  clients_.remove(id);
}

size_t Node::receive_peer(Now now, ConnId id, std::string_view bytes) {
  size_t consumed = 0;
  std::vector<std::string_view> args;
  while (true) {
    auto found = peers_.find(id);
    if (found == peers_.end()) return bytes.size();  // closed by what it said
    Peer& peer = found->second;
    if (peer.outgoing && copy_is_behind()) return consumed;  // copy_finished() resumes it
    size_t used = 0;
    const ParseResult parsed = peer.parser.parse(bytes.substr(consumed), used, args);
    if (parsed == ParseResult::kNeedMore) return consumed + used;
    const auto refuse = [&](const std::string& why) {
      log_line(LogLine::Level::kWarning, "closing an internal link: " + why);
      close_now(id);
      return bytes.size();
    };
    if (parsed == ParseResult::kError) return refuse(peer.parser.error());
    if (args.size() != 2 || args[0] != kInternalCommand) {
      return refuse("not an internal message: " + std::string(args[0].substr(0, 64)));
    }
    auto message = decode(args[1]);
    consumed += used;
    if (!message) return refuse(message.error().message);
    if (auto wrong = nonsense_in(*message, role_->known_epoch())) return refuse("nonsense: " + *wrong);
    const bool asks_to_follow = std::holds_alternative<SyncRequest>(*message) || std::holds_alternative<Ack>(*message);
    if (!peer.trusted && !asks_to_follow) return refuse("NOAUTH: it sent no password (sentinel auth-pass)");
    // Who announces no host is reachable where it comes from.
    if (auto* sync = std::get_if<SyncRequest>(&*message); sync != nullptr && sync->address.host.empty()) {
      sync->address.host = peer.remote.host;
    }
    role_->message(now, id, std::move(*message));
    drain_role(now);
  }
}

// What the new master answered to commands that were forwarded to it.
size_t Node::receive_relay(ConnId id, std::string_view bytes) {
  if (!wants_input(id, bytes.size())) return 0;  // its client doesn't read: resume_relay() comes back
  const Forwarder::Relay relay = forwarder_.received(now_.instant, id, bytes);
  Session* session = clients_.find(relay.client);
  if (session == nullptr || relay.broken) {
    close_now(relay.client);
    return bytes.size();
  }
  session->output += relay.replies;
  clients_.measure(*session);
  effects_.send.push_back(relay.client);
  if (relay.done && (!forward_until_ || stopping_ != Stopping::kNo)) end_relay(relay.client);
  return relay.consumed;
}

// All it asked for was answered: the client may look for the new master itself.
void Node::end_relay(ConnId client) {
  const std::optional<ConnId> link = forwarder_.client_closed(client);
  ONGGI_CHECK(link);
  peers_.erase(*link);
  effects_.close.push_back(*link);
  if (Session* session = clients_.find(client)) session->close_after_flush = true;
  effects_.close_after_send.push_back(client);
}

// Of the commands that go to the new master, so much waits for its socket.
void Node::relay_sent(ConnId link, size_t pending) {
  Session* session = clients_.find(*forwarder_.client_of(link));
  if (session == nullptr) return;
  const bool was_full = session->forward_waiting >= kMostForwardWaiting;
  session->forward_waiting = pending;
  clients_.measure(*session);
  if (was_full && pending < kMostForwardWaiting) effects_.resume.push_back(session->id);
}

// The client has read: more of what the new master answers may come.
void Node::resume_relay(const Session& session) {
  if (const auto link = forwarder_.link_of(session.id)) effects_.resume.push_back(*link);
}

void Node::connected(Now now, ConnId id) {
  now_ = now;
  if (forwarder_.is_link(id)) {
    Peer& link = peers_[id];  // only for its output
    link.output = forwarder_.connected(id);
    effects_.send.push_back(id);
    return;
  }
  auto peer = peers_.find(id);
  if (peer == peers_.end()) return;
  peer->second.parser.limits().max_bulk_bytes = kMaxInternalFrame;
  role_->connected(now, id);
  drain_role(now);
}

void Node::connect_failed(Now now, ConnId id, bool refused) {
  now_ = now;
  if (forwarder_.is_link(id)) {
    if (auto client = forwarder_.link_closed(id)) close_now(*client);
    return;
  }
  peers_.erase(id);
  role_->connect_failed(now, id, refused);
  drain_role(now);
}

void Node::closed(Now now, ConnId id) {
  now_ = now;
  if (auto client = forwarder_.link_closed(id)) {
    peers_.erase(id);
    close_now(*client);
    return;
  }
  if (peers_.erase(id) > 0) {
    role_->closed(now, id);
    drain_role(now);
    return;
  }
  if (auto link = forwarder_.client_closed(id)) {
    peers_.erase(*link);
    effects_.close.push_back(*link);
  }
  clients_.remove(id);
}

// The owner closes it, unsent; nobody is told but the forwarder.
void Node::close_now(ConnId id) {
  if (peers_.erase(id) > 0) {
    role_->closed(now_, id);
  } else if (clients_.find(id) != nullptr) {
    if (auto link = forwarder_.client_closed(id)) {
      peers_.erase(*link);
      effects_.close.push_back(*link);
    }
    clients_.remove(id);
  } else {
    return;
  }
  effects_.close.push_back(id);
}

void Node::drained(Now now, ConnId id, size_t pending_bytes) {
  now_ = now;
  if (forwarder_.is_link(id)) return relay_sent(id, pending_bytes);
  if (peers_.contains(id)) {
    role_->drained(now, id, pending_bytes);
    drain_role(now);
    return;
  }
  Session* session = clients_.find(id);
  if (session == nullptr) return;
  session->unsent = pending_bytes;
  clients_.measure(*session);
  if (session->output_full && pending_bytes == 0) effects_.resume.push_back(id);
  if (pending_bytes == 0) resume_relay(*session);
  enforce_output_limit(now, *session, pending_bytes);
}

void Node::reuse(std::string&& buffer) {
  if (spare_outputs_.size() >= kSpareOutputs || buffer.capacity() > kSpareOutputBytes) return;
  buffer.clear();
  spare_outputs_.push_back(std::move(buffer));
}

std::string Node::take_output(ConnId id) {
  auto peer = peers_.find(id);
  if (peer != peers_.end()) return std::exchange(peer->second.output, {});
  Session* session = clients_.find(id);
  if (session == nullptr) return {};
  const size_t size = sendable(*session);
  stats_.net_output_bytes += size;
  if (session->output_full && size > 0) effects_.resume.push_back(id);  // or drained() will, if it must wait
  if (size > 0) resume_relay(*session);
  if (size == session->output.size()) {
    std::string all = std::exchange(session->output, {});
    clients_.measure(*session);
    return all;
  }
  std::string leaving = session->output.substr(0, size);
  session->output.erase(0, size);
  for (HeldReply& held : session->held) {
    held.begin -= size;
    held.end -= size;
  }
  clients_.measure(*session);
  return leaving;
}

}  // namespace onggi
