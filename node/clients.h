// All sessions of a node, by connection and by client id; what CLIENT's subcommands look through.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <unordered_map>
#include <vector>

#include "node/session.h"

namespace onggi {

// What a client takes: its session, what it sent and is not taken up, its replies that wait, and the reads of the tier
// that its command waits for.
size_t memory_of(const Session& session);

bool is_loopback(std::string_view host);  // an address of this very host

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

  // ---- memory: what all connections take together
  // To be told when a session's buffers have changed.
  void measure(Session& session);
  uint64_t memory_bytes() const { return memory_bytes_; }
  // Those that take most of it, one after the other, until `limit` is kept; not those that asked to stay (NO-EVICT),
  // nor those that said nothing yet: they may be peers.
  std::vector<ConnId> largest_beyond(uint64_t limit) const;
  uint64_t accepted() const { return next_client_id_ - 1; }

 private:
  std::unordered_map<ConnId, std::unique_ptr<Session>> by_conn_;
  std::map<uint64_t, Session*> by_client_;
  uint64_t next_client_id_ = 1;
  uint64_t memory_bytes_ = 0;
};

}  // namespace onggi
