#include "node/clients.h"

#include <algorithm>
#include <utility>

namespace onggi {

namespace {
constexpr size_t kConnectionBytes = 1024;  // of a socket and its place in the tables, in this process
constexpr size_t kLoadBytes = 256;         // of a read of the tier under way
}  // namespace

size_t memory_of(const Session& session) {
  return kConnectionBytes + sizeof(Session) + session.name.size() + session.library_name.size() +
         session.library_version.size() + session.input_pending + session.output.capacity() + session.unsent +
         session.forward_waiting + session.loads * kLoadBytes + session.pins.memory() +
         session.held.size() * sizeof(HeldReply);
}

bool is_loopback(std::string_view host) {
  return host.starts_with("127.") || host == "::1" || host.starts_with("::ffff:127.");
}

void Clients::measure(Session& session) {
  const size_t bytes = memory_of(session);
  memory_bytes_ += bytes - session.counted_bytes;  // modulo 2^64: less is a large number that wraps around
  session.counted_bytes = bytes;
}

std::vector<ConnId> Clients::largest_beyond(uint64_t limit) const {
  if (memory_bytes_ <= limit) return {};
  std::vector<std::pair<size_t, uint64_t>> evictable;  // bytes, and the client's id: the order is certain
  for (const auto& [client_id, session] : by_client_) {
    const bool was_heard = session->arrived_at != Instant{};
    if (was_heard && !session->no_evict) evictable.emplace_back(session->counted_bytes, client_id);
  }
  std::make_heap(evictable.begin(), evictable.end());
  std::vector<ConnId> found;
  for (uint64_t left = memory_bytes_; left > limit && !evictable.empty(); evictable.pop_back()) {
    std::pop_heap(evictable.begin(), evictable.end());
    left -= evictable.back().first;
    found.push_back(by_client_.at(evictable.back().second)->id);
  }
  return found;
}

Session& Clients::add(ConnId id, Address remote, Address local, Instant now) {
  auto session = std::make_unique<Session>();
  session->id = id;
  session->client_id = next_client_id_++;
  session->remote = std::move(remote);
  session->local = std::move(local);
  session->connected_at = now;
  session->last_command_at = now;
  Session& added = *session;
  measure(added);
  by_client_[added.client_id] = &added;
  by_conn_[id] = std::move(session);
  return added;
}

void Clients::remove(ConnId id) {
  auto it = by_conn_.find(id);
  if (it == by_conn_.end()) return;
  memory_bytes_ -= it->second->counted_bytes;
  by_client_.erase(it->second->client_id);
  by_conn_.erase(it);
}

Session* Clients::find(ConnId id) {
  auto it = by_conn_.find(id);
  return it == by_conn_.end() ? nullptr : it->second.get();
}

const Session* Clients::find(ConnId id) const {
  auto it = by_conn_.find(id);
  return it == by_conn_.end() ? nullptr : it->second.get();
}

Session* Clients::find_client(uint64_t client_id) {
  auto it = by_client_.find(client_id);
  return it == by_client_.end() ? nullptr : it->second;
}

void Clients::for_each(const std::function<void(Session&)>& visit) {
  for (auto& [id, session] : by_client_) visit(*session);
}

}  // namespace onggi
