#include "node/clients.h"

namespace onggi {

Session& Clients::add(ConnId id, Address remote, Address local, Instant now) {
  auto session = std::make_unique<Session>();
  session->id = id;
  session->client_id = next_client_id_++;
  session->remote = std::move(remote);
  session->local = std::move(local);
  session->connected_at = now;
  session->last_command_at = now;
  Session& added = *session;
  by_client_[added.client_id] = &added;
  by_conn_[id] = std::move(session);
  return added;
}

void Clients::remove(ConnId id) {
  auto it = by_conn_.find(id);
  if (it == by_conn_.end()) return;
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
