#include "sentinel/api/pubsub.h"

#include "common/glob.h"

namespace onggi {

bool Pubsub::subscribe(ConnId client, Kind kind, std::string_view name) {
  Names& names = clients_[client];
  if (names.channels.size() + names.patterns.size() >= kMaxPerClient) return false;
  (kind == Kind::kChannel ? names.channels : names.patterns).emplace(name);
  return true;
}

void Pubsub::unsubscribe(ConnId client, Kind kind, std::string_view name) {
  auto found = clients_.find(client);
  if (found == clients_.end()) return;
  (kind == Kind::kChannel ? found->second.channels : found->second.patterns).erase(std::string(name));
}

std::set<std::string> Pubsub::subscriptions(ConnId client, Kind kind) const {
  auto found = clients_.find(client);
  if (found == clients_.end()) return {};
  return kind == Kind::kChannel ? found->second.channels : found->second.patterns;
}

size_t Pubsub::count(ConnId client) const {
  auto found = clients_.find(client);
  return found == clients_.end() ? 0 : found->second.channels.size() + found->second.patterns.size();
}

void Pubsub::remove(ConnId client) {
  clients_.erase(client);
}

bool Pubsub::matches(const std::string& pattern, std::string_view channel) {
  return glob_match(pattern, channel);
}

}  // namespace onggi
