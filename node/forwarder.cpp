#include "node/forwarder.h"

#include "common/resp/reader.h"
#include "common/resp/writer.h"

namespace onggi {

namespace {
void append_command(std::string& out, std::initializer_list<std::string_view> words) {
  ReplyWriter writer(out);
  writer.array_header(words.size());
  for (std::string_view word : words) writer.bulk(word);
}
}  // namespace

void Forwarder::adopt(const Session& session, std::string_view user, std::string_view password) {
  Client& client = clients_[session.id];
  if (!password.empty()) {
    append_command(client.preamble, {"AUTH", user.empty() ? "default" : user, password});
    client.preamble_replies++;
  }
  if (session.resp == 3) {
    append_command(client.preamble, {"HELLO", "3"});
    client.preamble_replies++;
  }
  if (session.db != 0) {
    append_command(client.preamble, {"SELECT", std::to_string(session.db)});
    client.preamble_replies++;
  }
}

std::optional<ConnId> Forwarder::client_of(ConnId link) const {
  const auto it = links_.find(link);
  return it == links_.end() ? std::nullopt : std::optional(it->second);
}

std::optional<ConnId> Forwarder::link_of(ConnId client) const {
  const auto it = clients_.find(client);
  return it == clients_.end() || it->second.link == ConnId{} ? std::nullopt : std::optional(it->second.link);
}

void Forwarder::link(ConnId client, ConnId link) {
  clients_.at(client).link = link;
  links_[link] = client;
}

std::optional<ConnId> Forwarder::add(ConnId client, std::string_view command) {
  auto it = clients_.find(client);
  if (it == clients_.end()) return std::nullopt;
  it->second.unanswered++;
  it->second.answered.reset();
  if (it->second.connected) return it->second.link;
  it->second.commands.append(command);
  return std::nullopt;
}

std::string Forwarder::connected(ConnId link) {
  Client& client = clients_.at(links_.at(link));
  client.connected = true;
  return std::move(client.preamble) + std::exchange(client.commands, {});
}

Forwarder::Relay Forwarder::received(Instant now, ConnId link, std::string_view bytes) {
  Relay relay;
  relay.client = links_.at(link);
  Client& client = clients_.at(relay.client);
  while (relay.consumed < bytes.size()) {
    const std::string_view rest = bytes.substr(relay.consumed);
    const auto size = reply_size(rest);
    if (!size || (client.preamble_replies > 0 && rest[0] == '-')) {
      relay.broken = true;
      return relay;
    }
    if (!*size) break;
    relay.consumed += **size;
    if (client.preamble_replies > 0) {
      client.preamble_replies--;
      continue;
    }
    relay.replies.append(rest.substr(0, **size));
    if (client.unanswered > 0) client.unanswered--;
  }
  relay.done = client.preamble_replies == 0 && client.unanswered == 0;
  if (relay.done) client.answered = now;
  return relay;
}

std::vector<ConnId> Forwarder::idle_since(Instant then) const {
  std::vector<ConnId> found;
  for (const auto& [id, client] : clients_) {
    if (client.answered && *client.answered <= then) found.push_back(id);
  }
  return found;
}

std::optional<ConnId> Forwarder::link_closed(ConnId link) {
  auto it = links_.find(link);
  if (it == links_.end()) return std::nullopt;
  const ConnId client = it->second;
  links_.erase(it);
  clients_.erase(client);
  return client;
}

std::optional<ConnId> Forwarder::client_closed(ConnId client) {
  auto it = clients_.find(client);
  if (it == clients_.end()) return std::nullopt;
  const ConnId link = it->second.link;
  clients_.erase(it);
  if (link == ConnId{}) return std::nullopt;
  links_.erase(link);
  return link;
}

}  // namespace onggi
