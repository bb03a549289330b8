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
constexpr size_t kSpareOutputBytes = 128 << 10;  // a larger buffer is not worth keeping
constexpr std::string_view kTooMany = "-ERR max number of clients reached\r\n";
constexpr std::string_view kProtected =
    "-DENIED Onggi is running in protected mode: no password is set, so connections are accepted from the loopback "
    "interface only. Set 'requirepass' (and 'masterauth' on the other nodes, 'sentinel auth-pass' on the sentinels), "
    "or, "
    "on a network that you trust, 'protected-mode no'.\r\n";
constexpr uint64_t kMaxInternalFrame = 64ull << 20;  // of a peer
constexpr uint64_t kMaxStrangersFrame = 1ull << 20;  // of one without the password: its history of epochs, no more
constexpr std::string_view kInternalRequest = "*2\r\n$5\r\nONGGI\r\n";

bool is_loopback(std::string_view host) {
  return host.starts_with("127.") || host == "::1" || host.starts_with("::ffff:127.");
}

}  // namespace

Result<ConnId> Node::accepted(Now now, Address remote, Address local) {
  now_ = now;
  const auto accepted_peer = [](const auto& peer) { return !peer.second.outgoing; };
  size_t connected = clients_.size();
  if (connected + peers_.size() >= parts_.config.maxclients) {
    connected += static_cast<size_t>(std::count_if(peers_.begin(), peers_.end(), accepted_peer));
  }
  const bool outsider = parts_.config.protected_mode && parts_.config.requirepass.empty() && !is_loopback(remote.host);
  if (outsider || connected >= parts_.config.maxclients) {
    stats_.connections_rejected++;
    return Error{std::string(outsider ? kProtected : kTooMany)};
  }
  stats_.connections_received++;
  const ConnId id = conns_.take();
  Session& session = clients_.add(id, std::move(remote), std::move(local), now.instant);
  session.authenticated = parts_.config.requirepass.empty();
  session.parser.limits().max_bulk_bytes = parts_.config.proto_max_bulk_len;
  session.parser.limits().unauthenticated = !session.authenticated;
  return id;
}

size_t Node::receive(Now now, ConnId id, std::string_view bytes, bool fresh) {
  now_ = now;
  engine_->set_now(now);
  if (forwarder_.is_link(id)) return receive_relay(id, bytes);  // it is a peer too, for its output alone
  if (peers_.contains(id)) return receive_peer(now, id, bytes);
  Session* session = clients_.find(id);
  if (session == nullptr) return bytes.size();
  if (rewind_to_) return 0;
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
  if (bytes.size() - consumed > parts_.config.client_query_buffer_limit) {
    stats_.query_limit_disconnections++;
    log_line(LogLine::Level::kWarning, "closing client " + to_string(session->remote) + ": its query buffer is full");
    close_now(id);
    return bytes.size();
  }
  return consumed;
}

bool Node::wants_input(ConnId id, size_t buffered) const {
  if (auto peer = peers_.find(id); peer != peers_.end()) return !peer->second.outgoing || !copy_is_behind();
  const Session* session = clients_.find(id);
  if (session == nullptr) return true;
  if (session->output_full) return buffered < kInputBehindOutput;
  return session->blocked == Blocked::kNo || buffered < kBlockedInput;
}

bool Node::copy_is_behind() const {
  return copy_backlog_ > kMostCopyBacklog;
}

void Node::become_peer(Session& session) {
  Peer peer;
  peer.trusted = session.authenticated;
  peer.parser.limits().max_bulk_bytes = peer.trusted ? kMaxInternalFrame : kMaxStrangersFrame;
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
  const Forwarder::Relay relay = forwarder_.received(now_.instant, id, bytes);
  Session* session = clients_.find(relay.client);
  if (session == nullptr || relay.broken) {
    close_now(relay.client);
    return bytes.size();
  }
  session->output += relay.replies;
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
  if (peers_.contains(id)) {
    role_->drained(now, id, pending_bytes);
    drain_role(now);
    return;
  }
  Session* session = clients_.find(id);
  if (session == nullptr) return;
  session->unsent = pending_bytes;
  if (session->output_full && pending_bytes == 0) effects_.resume.push_back(id);
  enforce_output_limit(now, *session, pending_bytes);
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
  if (size == session->output.size()) return std::exchange(session->output, {});
  std::string leaving = session->output.substr(0, size);
  session->output.erase(0, size);
  for (HeldReply& held : session->held) {
    held.begin -= size;
    held.end -= size;
  }
  return leaving;
}

}  // namespace onggi
