// The sentinel's program around its core: sockets and its state file. Carries out what SentinelApp wants done.
#pragma once

#include <memory>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "common/log.h"
#include "common/net/connection.h"
#include "common/net/connector.h"
#include "common/net/event_loop.h"
#include "common/net/listener.h"
#include "common/random.h"
#include "common/slot_file.h"
#include "sentinel/api/app.h"

namespace onggi {

class SentinelServer final : private net::LoopOwner, private net::ListenerOwner, private net::ConnectionOwner {
 public:
  SentinelServer(SentinelConfig config, std::shared_ptr<spdlog::logger> logger);

  Result<void> start();
  int run();

 private:
  void on_deadline() override;
  void on_signal(int signal) override;
  void end_of_batch() override;
  void on_accept(net::Socket socket) override;
  void on_data(net::Connection& connection) override;
  void on_closed(net::Connection& connection, net::CloseReason reason, const std::string& why) override;

  void carry_out(AppEffects effects);
  void connect(ConnId id, const Address& address);
  void feed(ConnId id, net::Connection& connection);
  std::optional<ConnId> id_of(const net::Connection& connection) const;

  SentinelConfig config_;
  std::shared_ptr<spdlog::logger> logger_;
  net::EventLoop loop_;
  net::Listener listener_;
  net::Connector connector_;
  std::unique_ptr<SlotFile> state_;
  Random random_;
  std::unique_ptr<SentinelApp> app_;
  std::unordered_map<ConnId, std::unique_ptr<net::Connection>> connections_;
  std::unordered_set<ConnId> connecting_;
  std::vector<std::unique_ptr<net::Connection>> retired_;  // closed in this round; freed at its end
  bool exit_ = false;
};

}  // namespace onggi
