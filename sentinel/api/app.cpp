#include "sentinel/api/app.h"

#include <algorithm>
#include <iterator>

#include "common/codec.h"
#include "common/message_check.h"
#include "common/text.h"
#include "sentinel/api/command.h"

namespace onggi {

namespace {
constexpr uint64_t kMaxFrame = 16ull << 20;         // of those that we connected to
constexpr uint64_t kMaxAcceptedFrame = 1ull << 20;  // of those that came to us

void append_words(std::string& out, std::initializer_list<std::string_view> words) {
  ReplyWriter writer(out);
  writer.array_header(words.size());
  for (std::string_view word : words) writer.bulk(word);
}
// A node that announces no host is where this sentinel reaches it.
void fill_in_host(Message& message, const std::string& host) {
  const auto fill = [&host](NodeStatus& status) {
    if (status.address.host.empty()) status.address.host = host;
  };
  if (auto* answer = std::get_if<HeartbeatAnswer>(&message)) fill(answer->status);
  if (auto* answer = std::get_if<FenceAnswer>(&message)) fill(answer->status);
  if (auto* answer = std::get_if<PromoteAnswer>(&message)) fill(answer->status);
}
}  // namespace

Result<std::unique_ptr<SentinelApp>> SentinelApp::start(const SentinelConfig& config, StateStore& state, Random& random,
                                                        Now now) {
  std::unique_ptr<SentinelApp> app(new SentinelApp(config, now));
  auto core = Sentinel::start(config.options, state, random, now);
  if (!core) return core.error();
  app->core_ = std::move(*core);
  app->carry_out();
  return app;
}

std::optional<ConnId> SentinelApp::accepted(Now now, Address remote, Address local) {
  now_ = now;
  const bool crowded = sessions_.size() >= config_.maxclients;
  const ConnId id{++last_conn_};
  if (crowded && !reserve(id)) {
    rejected_++;
    return std::nullopt;
  }
  accepted_++;
  ApiSession& session = sessions_[id];
  session.id = id;
  session.reserved = crowded;
  session.remote = std::move(remote);
  session.local = std::move(local);
  session.connected_at = now.instant;
  session.authenticated = config_.requirepass.empty();
  session.parser.limits().max_bulk_bytes = kMaxAcceptedFrame;
  session.parser.limits().unauthenticated = !session.authenticated;
  return id;
}

size_t SentinelApp::receive(Now now, ConnId id, std::string_view bytes) {
  now_ = now;
  auto found = sessions_.find(id);
  if (found == sessions_.end()) return bytes.size();
  if (found->second.reserved && sessions_.size() <= config_.maxclients) {  // there is room by now
    found->second.reserved = false;
    reserve_.leave(id);
  }
  const size_t consumed = take_all(id, bytes);
  found = sessions_.find(id);
  if (found == sessions_.end()) return bytes.size();
  found->second.input_pending = bytes.size() - consumed;
  measure(found->second);
  evict();
  return sessions_.contains(id) ? consumed : bytes.size();
}

size_t SentinelApp::take_all(ConnId id, std::string_view bytes) {
  size_t consumed = 0;
  std::vector<std::string_view> args;
  while (true) {
    auto found = sessions_.find(id);
    if (found == sessions_.end()) return bytes.size();
    ApiSession& session = found->second;
    if (session.waits_for || session.close_after_flush) return consumed;
    size_t used = 0;
    const ParseResult parsed = session.parser.parse(bytes.substr(consumed), used, args);
    if (parsed == ParseResult::kNeedMore) return consumed + used;
    if (parsed == ParseResult::kError) {
      ReplyWriter(session.output, session.resp).error(session.parser.error());
      session.close_after_flush = true;
      effects_.send.push_back(id);
      effects_.close_after_send.push_back(id);
      return bytes.size();
    }
    consumed += used;
    if (take(session, args) == Taken::kClosed) return bytes.size();
  }
}

SentinelApp::Taken SentinelApp::take(ApiSession& session, const std::vector<std::string_view>& args) {
  const ConnId id = session.id;
  if (args.size() == 2 && args[0] == kInternalCommand) {
    auto message = decode(args[1]);
    // A watcher has no password: its message proves itself (L4).
    std::optional<std::string> wrong;
    if (!message) {
      wrong = message.error().message;
    } else if (!session.authenticated && !std::holds_alternative<RunDead>(*message)) {
      wrong = "it sent no password";
    } else {
      wrong = nonsense_in(*message, core_->known_epoch());
    }
    if (wrong) {
      effects_.log.push_back(
          {LogLine::Level::kWarning, "closing the link of " + to_string(session.remote) + ": " + *wrong});
      close_client(id);
      return Taken::kClosed;
    }
    session.peer = true;
    fill_in_host(*message, session.remote.host);
    core_->step(now_, MessageFrom{{id.value}, std::move(*message)});
    carry_out();
    return Taken::kYes;
  }
  if (session.outgoing) {
    // The answer to AUTH, or a refusal in words.
    if (!args.empty() && args[0].starts_with("-")) {
      std::string words;
      for (std::string_view word : args) words += (words.empty() ? "" : " ") + std::string(word);
      effects_.log.push_back({LogLine::Level::kWarning, to_string(session.remote) + " says: " + words});
      close_client(id);
      return Taken::kClosed;
    }
    return Taken::kYes;
  }
  commands_++;
  if (session.reserved && !may_stay(session, args)) {
    rejected_++;
    ReplyWriter(session.output, session.resp).error("ERR max number of clients reached");
    session.close_after_flush = true;
  } else {
    execute(*this, session, args);
  }
  if (sessions_.contains(id)) {
    effects_.send.push_back(id);
    if (session.close_after_flush) effects_.close_after_send.push_back(id);
  }
  return Taken::kYes;
}

void SentinelApp::closed(Now now, ConnId id) {
  now_ = now;
  auto found = sessions_.find(id);
  if (found == sessions_.end()) return;
  const bool peer = found->second.peer || found->second.outgoing;
  forget(found);
  if (!peer) return;
  core_->step(now, LinkDown{{id.value}, {}, LinkDown::Why::kClosed});
  carry_out();
}

void SentinelApp::close_client(ConnId id) {
  auto found = sessions_.find(id);
  if (found == sessions_.end()) return;
  const bool peer = found->second.peer || found->second.outgoing;
  forget(found);
  effects_.close.push_back(id);
  if (!peer) return;
  core_->step(now_, LinkDown{{id.value}, {}, LinkDown::Why::kClosed});
  carry_out();
}

// ---- limits

// A place above maxclients; the oldest without a message of a peer makes way.
bool SentinelApp::reserve(ConnId id) {
  reserve_.forget([this](ConnId one) { return !sessions_.contains(one); });
  if (reserve_.full()) {
    const ConnId oldest = reserve_.oldest([this](ConnId one) { return !sessions_.at(one).peer; });
    if (oldest == ConnId{}) return false;
    close_client(oldest);
  }
  reserve_.take(id);
  return true;
}

// Above maxclients: peers, and whoever looks after the sentinel; not those that look for the master or listen.
bool SentinelApp::may_stay(const ApiSession& session, const std::vector<std::string_view>& args) {
  static constexpr std::string_view kWords[] = {"ping", "auth", "hello", "info", "quit", "client", "shutdown"};
  static constexpr std::string_view kLooking[] = {
      "get-master-addr-by-name", "master", "masters", "replicas", "slaves", "sentinels"};
  const auto is_one_of = [](std::string_view word, const auto& words) {
    return std::any_of(std::begin(words), std::end(words),
                       [word](std::string_view one) { return equals_ignore_case(word, one); });
  };
  if (is_one_of(args[0], kWords)) return true;
  return session.authenticated && args.size() > 1 && equals_ignore_case(args[0], "sentinel") &&
         !is_one_of(args[1], kLooking);
}

void SentinelApp::drained(ConnId id, size_t pending_bytes) {
  const auto found = sessions_.find(id);
  if (found == sessions_.end()) return;
  found->second.unsent = pending_bytes;
  measure(found->second);
  evict();
}

void SentinelApp::measure(ApiSession& session) {
  const size_t bytes = session.input_pending + session.unsent;
  buffered_ = buffered_ - session.counted_bytes + bytes;
  session.counted_bytes = bytes;
}

// Who doesn't read, or doesn't finish what it says, makes way for the others.
void SentinelApp::evict() {
  while (buffered_ > kMostBuffered) {
    const auto fullest = std::max_element(sessions_.begin(), sessions_.end(), [](const auto& a, const auto& b) {
      return a.second.counted_bytes < b.second.counted_bytes;
    });
    effects_.log.push_back({LogLine::Level::kWarning, "closing " + to_string(fullest->second.remote) +
                                                          ": all connections' buffers take " +
                                                          std::to_string(buffered_) + " bytes, of which its own " +
                                                          std::to_string(fullest->second.counted_bytes)});
    evicted_++;
    close_client(fullest->first);
  }
}

void SentinelApp::forget(std::map<ConnId, ApiSession>::iterator session) {
  const ConnId id = session->first;
  buffered_ -= session->second.counted_bytes;
  reserve_.leave(id);
  pubsub_.remove(id);
  sessions_.erase(session);
}

bool SentinelApp::is_node(const Address& address) const {
  const auto& nodes = config_.options.nodes;
  if (std::find(nodes.begin(), nodes.end(), address) != nodes.end()) return true;
  for (const NodeView& node : core_->view(now_).nodes) {
    if (node.address == address) return true;
  }
  return false;
}

void SentinelApp::connected(Now now, ConnId id) {
  now_ = now;
  auto found = connecting_.find(id);
  if (found == connecting_.end()) return;
  const Address address = std::move(found->second);
  connecting_.erase(found);
  ApiSession& session = sessions_[id];
  session.id = id;
  session.remote = address;
  session.outgoing = true;
  session.authenticated = true;
  session.connected_at = now.instant;
  session.parser.limits().max_bulk_bytes = kMaxFrame;
  if (is_node(address)) {
    if (!config_.auth_user.empty()) {
      append_words(session.output, {"AUTH", config_.auth_user, config_.auth_pass});
    } else if (!config_.auth_pass.empty()) {
      append_words(session.output, {"AUTH", config_.auth_pass});
    }
  } else if (!config_.requirepass.empty()) {
    append_words(session.output, {"AUTH", config_.requirepass});
  }
  if (!session.output.empty()) effects_.send.push_back(id);
  core_->step(now, LinkUp{address, {id.value}});
  carry_out();
}

void SentinelApp::connect_failed(Now now, ConnId id, LinkDown::Why why) {
  now_ = now;
  auto found = connecting_.find(id);
  if (found == connecting_.end()) return;
  const Address address = std::move(found->second);
  connecting_.erase(found);
  core_->step(now, LinkDown{LinkId{}, address, why});
  carry_out();
}

void SentinelApp::tick(Now now) {
  now_ = now;
  core_->step(now, Tick{});
  carry_out();
}

void SentinelApp::ask(ApiSession& session, const SentinelEvent& event, ReplyToken token) {
  session.waits_for = token;
  core_->step(now_, event);
  carry_out();
}

// In the order of the fields of SentinelEffects.
void SentinelApp::carry_out() {
  SentinelEffects effects = core_->drain();
  for (LinkId link : effects.closes) {
    const ConnId id{link.value};
    if (auto found = sessions_.find(id); found != sessions_.end()) forget(found);
    effects_.close.push_back(id);
  }
  for (Connect& connect : effects.connects) {
    const ConnId id{++last_conn_};
    connecting_[id] = connect.address;
    effects_.connect.emplace_back(id, std::move(connect.address));
  }
  for (Send& send : effects.sends) write({send.link.value}, frame(send.message));
  for (Publication& publication : effects.publications) publish(publication.channel, publication.payload);
  for (LogLine& line : effects.log) effects_.log.push_back(std::move(line));
  for (const OperatorReply& reply : effects.replies) answer(reply);
}

void SentinelApp::write(ConnId id, std::string_view bytes) {
  auto found = sessions_.find(id);
  if (found == sessions_.end()) return;
  found->second.output.append(bytes);
  effects_.send.push_back(id);
}

void SentinelApp::answer(const OperatorReply& reply) {
  for (auto& [id, session] : sessions_) {
    if (session.waits_for != reply.token) continue;
    session.waits_for.reset();
    ReplyWriter writer(session.output, session.resp);
    if (reply.ok) {
      writer.simple_string(reply.text);
    } else {
      writer.error(reply.text);
    }
    effects_.send.push_back(id);
    effects_.resume.push_back(id);
    return;
  }
}

void SentinelApp::publish(const std::string& channel, const std::string& payload) {
  effects_.log.push_back({LogLine::Level::kInfo, channel + " " + payload});
  pubsub_.publish(channel, [&](const Pubsub::Delivery& delivery) {
    auto found = sessions_.find(delivery.client);
    if (found == sessions_.end()) return;
    ReplyWriter writer(found->second.output, found->second.resp);
    writer.push_header(delivery.pattern.empty() ? 3 : 4);
    writer.bulk(delivery.pattern.empty() ? "message" : "pmessage");
    if (!delivery.pattern.empty()) writer.bulk(delivery.pattern);
    writer.bulk(channel);
    writer.bulk(payload);
    effects_.send.push_back(delivery.client);
  });
}

std::string SentinelApp::take_output(ConnId id) {
  auto found = sessions_.find(id);
  return found == sessions_.end() ? std::string() : std::exchange(found->second.output, {});
}

}  // namespace onggi
