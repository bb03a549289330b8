#include "common/net/connections.h"

#include <utility>

#include "common/check.h"

namespace onggi::net {

Connection& Connections::add(ConnId id, Socket socket, ConnectionLimits limits) {
  auto connection =
      std::make_unique<Connection>(loop_, std::move(socket), static_cast<ConnectionOwner&>(*this), limits);
  connection->tag = id.value;
  const auto [added, is_new] = open_.emplace(id, std::move(connection));
  ONGGI_CHECK(is_new);
  return *added->second;
}

void Connections::connect(ConnId id, const Address& address, const ConnectOptions& options, ConnectionLimits limits) {
  connecting_[id] = connector_.connect(address, options, [this, id, limits](ConnectResult result) {
    connecting_.erase(id);
    if (const auto* failure = std::get_if<ConnectFailure>(&result)) return owner_.on_connect_failed(id, *failure);
    add(id, std::move(std::get<Socket>(result)), limits);
    owner_.on_connected(id);
  });
}

Connection* Connections::find(ConnId id) {
  const auto found = open_.find(id);
  return found == open_.end() ? nullptr : found->second.get();
}

void Connections::close(ConnId id) {
  if (const auto attempt = connecting_.find(id); attempt != connecting_.end()) {
    connector_.cancel(attempt->second);
    connecting_.erase(attempt);
  }
  if (Connection* connection = find(id)) {
    connection->close();
    retire(id);
  }
}

void Connections::close_after_flush(ConnId id) {
  if (Connection* connection = find(id)) connection->close_after_flush();
}

void Connections::close_all() {
  for (const auto& [id, attempt] : connecting_) connector_.cancel(attempt);
  connecting_.clear();
  for (auto& [id, connection] : open_) {
    connection->close();
    retired_.push_back(std::move(connection));
  }
  open_.clear();
}

void Connections::retire(ConnId id) {
  const auto found = open_.find(id);
  retired_.push_back(std::move(found->second));
  open_.erase(found);
}

void Connections::on_data(Connection& connection) {
  owner_.on_input(ConnId{connection.tag}, connection);
}

void Connections::on_closed(Connection& connection, CloseReason, const std::string&) {
  const ConnId id{connection.tag};
  retire(id);
  owner_.on_closed(id);
}

void Connections::on_drained(Connection& connection) {
  owner_.on_drained(ConnId{connection.tag});
}

}  // namespace onggi::net
