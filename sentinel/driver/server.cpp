#include "sentinel/driver/server.h"

#include <signal.h>
#include <sys/random.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "common/net/clock.h"

namespace onggi {

namespace {

uint64_t kernel_seed() {
  uint64_t seed = 0;
  [[maybe_unused]] const ssize_t got = getrandom(&seed, sizeof seed, 0);
  return seed;
}

LinkDown::Why reason(net::ConnectFailure::Kind kind) {
  switch (kind) {
    case net::ConnectFailure::Kind::kRefused:
      return LinkDown::Why::kRefused;
    case net::ConnectFailure::Kind::kTimeout:
      return LinkDown::Why::kTimeout;
    case net::ConnectFailure::Kind::kNotResolved:
    case net::ConnectFailure::Kind::kOther:
      return LinkDown::Why::kClosed;
  }
  return LinkDown::Why::kClosed;
}

}  // namespace

SentinelServer::SentinelServer(SentinelConfig config, std::shared_ptr<spdlog::logger> logger)
    : config_(std::move(config)), logger_(std::move(logger)), listener_(loop_, *this), connector_(loop_), random_(kernel_seed()) {}

Result<void> SentinelServer::start() {
  if (auto watched = loop_.watch_signals({SIGTERM, SIGINT, SIGHUP}); !watched) return watched;
  signal(SIGPIPE, SIG_IGN);
  if (mkdir(config_.dir.c_str(), 0755) != 0 && errno != EEXIST) {
    return Error{"the folder " + config_.dir + " can't be made: " + std::strerror(errno)};
  }
  auto state = SlotFile::open(config_.dir + "/sentinel.state");
  if (!state) return state.error();
  state_ = std::move(*state);
  if (auto listening = listener_.listen(config_.bind, config_.port); !listening) return listening;
  config_.port = listener_.port();
  config_.options.self.host =
      config_.announce_ip.empty() ? net::address_towards(config_.options.preferred_master) : config_.announce_ip;
  if (config_.options.self.host.empty()) {
    return Error{"this host's own address is not known: name it by 'sentinel announce-ip'"};
  }
  config_.options.self.port = config_.announce_port != 0 ? config_.announce_port : listener_.port();
  auto app = SentinelApp::start(config_, *state_, random_, net::read_clocks());
  if (!app) return app.error();
  app_ = std::move(*app);
  logger_->info("watching {} ({} node(s), {} other sentinel(s)) on port {}", config_.options.master_name,
                config_.options.nodes.size(), config_.options.sentinels.size(), listener_.port());
  return {};
}

int SentinelServer::run() {
  loop_.post([this] { end_of_batch(); });
  while (!exit_) loop_.run_once(*this);
  listener_.close();
  return 0;
}

void SentinelServer::on_deadline() { app_->tick(net::read_clocks()); }

void SentinelServer::on_signal(int number) {
  if (number != SIGTERM && number != SIGINT) return;
  logger_->info("received {}, bye", number == SIGTERM ? "SIGTERM" : "SIGINT");
  exit_ = true;
}

void SentinelServer::end_of_batch() {
  for (int round = 0; round < 64; round++) {
    AppEffects effects = app_->drain();
    const bool again = !effects.resume.empty();
    carry_out(std::move(effects));
    if (!again) break;
  }
  retired_.clear();
  loop_.set_deadline(app_->next_deadline());
}

void SentinelServer::carry_out(AppEffects effects) {
  for (const LogLine& line : effects.log) write_log(*logger_, line);
  for (auto& [id, address] : effects.connect) connect(id, address);
  for (ConnId id : effects.send) {
    auto found = connections_.find(id);
    if (found == connections_.end()) continue;
    const std::string bytes = app_->take_output(id);
    if (!bytes.empty()) found->second->send(bytes);
  }
  for (ConnId id : effects.close_after_send) {
    auto found = connections_.find(id);
    if (found != connections_.end()) found->second->close_after_flush();
  }
  for (ConnId id : effects.close) {
    connecting_.erase(id);
    auto found = connections_.find(id);
    if (found == connections_.end()) continue;
    found->second->close();
    retired_.push_back(std::move(found->second));
    connections_.erase(found);
  }
  for (ConnId id : effects.resume) {
    auto found = connections_.find(id);
    if (found != connections_.end()) feed(id, *found->second);
  }
  exit_ = exit_ || effects.exit;
}

void SentinelServer::on_accept(net::Socket socket) {
  const Address remote = socket.remote;
  const auto id = app_->accepted(net::read_clocks(), remote, socket.local);
  net::ConnectionLimits limits;
  limits.input_bytes = 64ull << 20;
  limits.output_bytes = 64ull << 20;
  std::unique_ptr<net::Connection> connection(new net::Connection(loop_, std::move(socket), *this, limits));
  if (!id) {
    connection->send("-ERR max number of clients reached\r\n");
    connection->close_after_flush();
    retired_.push_back(std::move(connection));
    return;
  }
  connection->tag = reinterpret_cast<void*>(id->value);  // NOLINT: the id itself, not an address
  connections_.emplace(*id, std::move(connection));
}

std::optional<ConnId> SentinelServer::id_of(const net::Connection& connection) const {
  const ConnId id{reinterpret_cast<uint64_t>(connection.tag)};
  if (!connections_.contains(id)) return std::nullopt;
  return id;
}

void SentinelServer::on_data(net::Connection& connection) {
  if (auto id = id_of(connection)) feed(*id, connection);
}

void SentinelServer::feed(ConnId id, net::Connection& connection) {
  connection.consume(app_->receive(net::read_clocks(), id, connection.input()));
}

void SentinelServer::on_closed(net::Connection& connection, net::CloseReason, const std::string&) {
  const auto id = id_of(connection);
  if (!id) return;
  app_->closed(net::read_clocks(), *id);
  auto found = connections_.find(*id);
  retired_.push_back(std::move(found->second));
  connections_.erase(found);
}

void SentinelServer::connect(ConnId id, const Address& address) {
  connecting_.insert(id);
  net::ConnectOptions options;
  options.timeout = kConnectTimeout;
  connector_.connect(address, options, [this, id](net::ConnectResult result) {
    if (connecting_.erase(id) == 0) return;
    if (auto* failure = std::get_if<net::ConnectFailure>(&result)) {
      app_->connect_failed(net::read_clocks(), id, reason(failure->kind));
      return;
    }
    std::unique_ptr<net::Connection> connection(new net::Connection(loop_, std::move(std::get<net::Socket>(result)), *this));
    connection->tag = reinterpret_cast<void*>(id.value);  // NOLINT: the id itself, not an address
    connections_.emplace(id, std::move(connection));
    app_->connected(net::read_clocks(), id);
  });
}

}  // namespace onggi
