// Accepts connections on several addresses and one port, and hands them to its owner.
//
// Addresses as in Redis's `bind`: IPv4, IPv6, names, "*" (all IPv4), "::*" (all IPv6); with a leading '-', an address
// that this host doesn't have is passed over. Port 0: the kernel picks, once for all addresses.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "common/net/event_loop.h"
#include "common/net/socket.h"

namespace onggi::net {

class ListenerOwner {
 public:
  virtual ~ListenerOwner() = default;
  virtual void on_accept(Socket socket) = 0;  // non-blocking, TCP_NODELAY
};

class Listener {
 public:
  Listener(EventLoop& loop, ListenerOwner& owner);
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  // What it listened on before is closed first. An error says which address; then it listens on none.
  Result<void> listen(const std::vector<std::string>& bind, uint16_t port, int backlog = 511);
  void close();
  uint16_t port() const { return port_; }

 private:
  class Acceptor;
  void accept_ready(int fd);
  void refuse_one(int fd);

  EventLoop& loop_;
  ListenerOwner& owner_;
  uint16_t port_ = 0;
  Fd reserve_;  // given up for a moment to tell a client "no" when the process has no descriptor left
  std::vector<std::unique_ptr<Acceptor>> acceptors_;
};

}  // namespace onggi::net
