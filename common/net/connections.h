// The connections of a program whose core knows them by id alone: the node's and the sentinel's. Those that are open,
// those on their way, and those closed in this round, which must outlive the calls that closed them.
//
// Invariants: 1. No call to the owner for an id that was closed, however late the kernel's answer comes. 2. A
// connection is destroyed in end_of_round() alone.
#pragma once

#include <memory>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "common/net/connection.h"
#include "common/net/connector.h"
#include "common/types.h"

namespace onggi::net {

class ConnectionsOwner {
 public:
  virtual ~ConnectionsOwner() = default;
  virtual void on_input(ConnId id, Connection& connection) = 0;  // there is new input()
  virtual void on_closed(ConnId id) = 0;                         // not by close(): the id is free already
  virtual void on_drained(ConnId) {}                             // output that had to wait has all left
  virtual void on_connected(ConnId id) = 0;
  virtual void on_connect_failed(ConnId id, const ConnectFailure& failure) = 0;
};

class Connections final : private ConnectionOwner {
 public:
  Connections(EventLoop& loop, ConnectionsOwner& owner) : loop_(loop), owner_(owner), connector_(loop) {}

  Connection& add(ConnId id, Socket socket, ConnectionLimits limits);
  // on_connected() or on_connect_failed() follows, never from within.
  void connect(ConnId id, const Address& address, const ConnectOptions& options, ConnectionLimits limits);
  Connection* find(ConnId id);
  void close(ConnId id);  // at once, unsent; also one on its way
  void close_after_flush(ConnId id);
  void close_all();
  void end_of_round() { retired_.clear(); }

 private:
  void on_data(Connection& connection) override;
  void on_closed(Connection& connection, CloseReason reason, const std::string& why) override;
  void on_drained(Connection& connection) override;
  void retire(ConnId id);

  EventLoop& loop_;
  ConnectionsOwner& owner_;
  Connector connector_;
  std::unordered_map<ConnId, std::unique_ptr<Connection>> open_;
  std::unordered_map<ConnId, ConnectId> connecting_;
  std::vector<std::unique_ptr<Connection>> retired_;
};

}  // namespace onggi::net
