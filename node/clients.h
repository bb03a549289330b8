// All sessions of a node, by connection and by client id; what CLIENT's subcommands look through.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <unordered_map>

#include "node/session.h"

namespace onggi {

class Clients {
 public:
  Session& add(ConnId id, Address remote, Address local, Instant now);
  void remove(ConnId id);
  Session* find(ConnId id);
  const Session* find(ConnId id) const;
  Session* find_client(uint64_t client_id);
  // In the order of client ids.
  void for_each(const std::function<void(Session&)>& visit);
  size_t size() const { return by_conn_.size(); }
  uint64_t accepted() const { return next_client_id_ - 1; }

 private:
  std::unordered_map<ConnId, std::unique_ptr<Session>> by_conn_;
  std::map<uint64_t, Session*> by_client_;
  uint64_t next_client_id_ = 1;
};

}  // namespace onggi
