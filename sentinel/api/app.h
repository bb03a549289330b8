// A sentinel without I/O: the core, and the API around it. The program's driver and the simulator run this class.
//
// The owner calls inputs, then drain(), and carries the effects out in the order of their fields. Links of the core are
// connections of this class: a LinkId is a ConnId's number.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/log_line.h"
#include "common/reserve.h"
#include "sentinel/api/pubsub.h"
#include "sentinel/api/session.h"
#include "sentinel/config.h"
#include "sentinel/sentinel.h"

namespace onggi {

struct AppEffects {
  std::vector<LogLine> log;
  std::vector<std::pair<ConnId, Address>> connect;  // then connected() or connect_failed()
  std::vector<ConnId> send;                         // take_output() and write
  std::vector<ConnId> close_after_send;
  std::vector<ConnId> close;
  std::vector<ConnId> resume;  // receive() again what was not consumed
  bool exit = false;           // SHUTDOWN
};

struct ApiCall;

class SentinelApp {
 public:
  static Result<std::unique_ptr<SentinelApp>> start(const SentinelConfig& config, StateStore& state, Random& random,
                                                    Now now);

  static constexpr size_t kMostBuffered = 64ull << 20;  // of all connections; then the fullest are closed

  // nullopt: maxclients are connected, and nobody makes way.
  std::optional<ConnId> accepted(Now now, Address remote, Address local);
  size_t receive(Now now, ConnId id, std::string_view bytes);
  void closed(Now now, ConnId id);
  void connected(Now now, ConnId id);
  void connect_failed(Now now, ConnId id, LinkDown::Why why);
  void tick(Now now);
  std::optional<Instant> next_deadline() const { return core_->next_deadline(); }
  std::string take_output(ConnId id);
  // How much of what was sent has not left yet; to be told after each send, and when all has left.
  void drained(ConnId id, size_t pending_bytes);
  AppEffects drain() { return std::exchange(effects_, {}); }

  // ---- for the API's commands
  SentinelView view() const { return core_->view(now_); }
  const SentinelConfig& config() const { return config_; }
  Pubsub& pubsub() { return pubsub_; }
  const std::map<ConnId, ApiSession>& sessions() const { return sessions_; }
  Now now() const { return now_; }
  Instant started() const { return started_; }
  uint64_t commands() const { return commands_; }
  uint64_t connections() const { return accepted_; }
  uint64_t rejected() const { return rejected_; }
  uint64_t evicted() const { return evicted_; }
  // Hands an operator's command to the core; the session waits for its reply.
  void ask(ApiSession& session, const SentinelEvent& event, ReplyToken token);
  ReplyToken next_token() { return {++last_token_}; }
  void close_client(ConnId id);
  void exit() { effects_.exit = true; }
  void publish(const std::string& channel, const std::string& payload);

 private:
  SentinelApp(const SentinelConfig& config, Now now) : config_(config), now_(now), started_(now.instant) {}

  enum class Taken : uint8_t { kYes, kClosed };
  size_t take_all(ConnId id, std::string_view bytes);
  Taken take(ApiSession& session, const std::vector<std::string_view>& args);
  void carry_out();
  bool reserve(ConnId id);
  static bool may_stay(const ApiSession& session, const std::vector<std::string_view>& args);
  void measure(ApiSession& session);
  void evict();
  void forget(std::map<ConnId, ApiSession>::iterator session);
  void write(ConnId id, std::string_view bytes);
  void answer(const OperatorReply& reply);
  bool is_node(const Address& address) const;

  SentinelConfig config_;
  std::unique_ptr<Sentinel> core_;
  std::map<ConnId, ApiSession> sessions_;
  std::map<ConnId, Address> connecting_;
  Pubsub pubsub_;
  AppEffects effects_;
  Now now_;
  Instant started_;
  uint64_t last_conn_ = 0;
  uint64_t last_token_ = 0;
  uint64_t commands_ = 0;
  uint64_t accepted_ = 0;
  uint64_t rejected_ = 0;
  uint64_t evicted_ = 0;
  Reserve reserve_;
  size_t buffered_ = 0;  // bytes of all sessions, both ways
};

}  // namespace onggi
