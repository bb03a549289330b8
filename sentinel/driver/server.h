// The sentinel's program around its core: sockets and its state file. Carries out what SentinelApp wants done.
#pragma once

#include <memory>

#include "common/log.h"
#include "common/net/connections.h"
#include "common/net/event_loop.h"
#include "common/net/listener.h"
#include "common/random.h"
#include "common/slot_file.h"
#include "sentinel/api/app.h"

namespace onggi {

class SentinelServer final : private net::LoopOwner, private net::ListenerOwner, private net::ConnectionsOwner {
 public:
  SentinelServer(SentinelConfig config, std::shared_ptr<spdlog::logger> logger);

  Result<void> start();
  int run();

 private:
  void on_deadline() override;
  void on_signal(int signal) override;
  void end_of_batch() override;
  void on_accept(net::Socket socket) override;
  void on_input(ConnId id, net::Connection& connection) override;
  void on_closed(ConnId id) override;
  void on_drained(ConnId id) override;
  void on_connected(ConnId id) override;
  void on_connect_failed(ConnId id, const net::ConnectFailure& failure) override;

  void carry_out(const AppEffects& effects);
  void connect(ConnId id, const Address& address);

  SentinelConfig config_;
  std::shared_ptr<spdlog::logger> logger_;
  net::EventLoop loop_;
  net::Listener listener_;
  net::Connections connections_;
  std::unique_ptr<SlotFile> state_;
  Random random_;
  std::unique_ptr<SentinelApp> app_;
  bool exit_ = false;
};

}  // namespace onggi
