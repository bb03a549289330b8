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

constexpr int kRoundsOfEffects = 64;  // of one batch: what is left then waits for the next
constexpr uint64_t kOwnFiles = 64;    // state, log, links to nodes and sentinels on their way
// Bytes of one connection; what all of them may take is SentinelApp's to say.
constexpr size_t kMostInput = 2ull << 20;         // of one that came to us: a message of a megabyte at most
constexpr size_t kMostInputOfOurs = 20ull << 20;  // of one that we connected to
constexpr size_t kMostOutput = 8ull << 20;
constexpr uint32_t kKeepaliveSeconds = 300;  // who is gone without a word gives its place back

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
    : config_(std::move(config)),
      logger_(std::move(logger)),
      listener_(loop_, *this),
      connections_(loop_, *this),
      random_(kernel_seed()) {}

Result<void> SentinelServer::start() {
  if (auto watched = loop_.watch_signals({SIGTERM, SIGINT, SIGHUP}); !watched) return watched;
  signal(SIGPIPE, SIG_IGN);
  const uint64_t own = kOwnFiles + Reserve::kPlaces;
  const uint64_t files = net::raise_descriptor_limit(config_.maxclients + own);
  if (files < config_.maxclients + own) {
    config_.maxclients = net::clients_that_fit(files, own);
    logger_->warn("open files are limited to {} (ulimit -n): maxclients is {}", files, config_.maxclients);
  }
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

void SentinelServer::on_deadline() {
  app_->tick(net::read_clocks());
}

void SentinelServer::on_signal(int number) {
  if (number != SIGTERM && number != SIGINT) return;
  logger_->info("received {}, bye", number == SIGTERM ? "SIGTERM" : "SIGINT");
  exit_ = true;
}

void SentinelServer::end_of_batch() {
  for (int round = 0; round < kRoundsOfEffects; round++) {
    AppEffects effects = app_->drain();
    const bool again = !effects.resume.empty();
    carry_out(effects);
    if (!again) break;
  }
  connections_.end_of_round();
  loop_.set_deadline(app_->next_deadline());
}

void SentinelServer::carry_out(const AppEffects& effects) {
  for (const LogLine& line : effects.log) write_log(*logger_, line);
  for (const auto& [id, address] : effects.connect) connect(id, address);
  for (ConnId id : effects.send) {
    if (net::Connection* connection = connections_.find(id)) {
      connection->send(app_->take_output(id));
      if (connection->pending() > 0) app_->drained(id, connection->pending());
    }
  }
  for (ConnId id : effects.close_after_send) connections_.close_after_flush(id);
  for (ConnId id : effects.close) connections_.close(id);
  for (ConnId id : effects.resume) {
    if (net::Connection* connection = connections_.find(id)) on_input(id, *connection);
  }
  exit_ = exit_ || effects.exit;
}

void SentinelServer::on_accept(net::Socket socket) {
  const auto id = app_->accepted(net::read_clocks(), socket.remote, socket.local);
  if (!id) return net::send_last_word(socket.fd, "-ERR max number of clients reached\r\n");
  net::set_keepalive(socket.fd.get(), kKeepaliveSeconds);
  connections_.add(*id, std::move(socket), {.input_bytes = kMostInput, .output_bytes = kMostOutput});
}

void SentinelServer::on_input(ConnId id, net::Connection& connection) {
  connection.consume(app_->receive(net::read_clocks(), id, connection.input()));
}

void SentinelServer::on_closed(ConnId id) {
  app_->closed(net::read_clocks(), id);
}

void SentinelServer::on_drained(ConnId id) {
  app_->drained(id, 0);
}

void SentinelServer::connect(ConnId id, const Address& address) {
  net::ConnectOptions options;
  options.timeout = kConnectTimeout;
  connections_.connect(id, address, options, {.input_bytes = kMostInputOfOurs, .output_bytes = kMostOutput});
}

void SentinelServer::on_connected(ConnId id) {
  app_->connected(net::read_clocks(), id);
}

void SentinelServer::on_connect_failed(ConnId id, const net::ConnectFailure& failure) {
  app_->connect_failed(net::read_clocks(), id, reason(failure.kind));
}

}  // namespace onggi
