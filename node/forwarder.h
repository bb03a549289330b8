// H3: commands that a planned hand-over left held, and what their connections send after them, go to the new master,
// each once, in order, with their connection's user, database and RESP version; the replies are relayed. The client's
// connection closes when it pauses: a library finds that before its next command. When the way there breaks it closes
// at once: never a second try.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "node/session.h"

namespace onggi {

class Forwarder {
 public:
  // The client's held commands will come.
  void adopt(const Session& session, std::string_view user, std::string_view password);
  bool has(ConnId client) const { return clients_.contains(client); }
  bool is_link(ConnId link) const { return links_.contains(link); }
  bool empty() const { return clients_.empty(); }
  std::optional<ConnId> client_of(ConnId link) const;
  std::optional<ConnId> link_of(ConnId client) const;
  void link(ConnId client, ConnId link);
  // One raw command of the client. Names the link if it is up already: the command is not kept then, but leaves at
  // once.
  std::optional<ConnId> add(ConnId client, std::string_view command);

  // The preamble and all commands so far, to be sent on the link.
  std::string connected(ConnId link);
  // Replies: those of commands are relayed. `done`: all were answered; `broken`: the stream makes no sense.
  struct Relay {
    ConnId client;
    std::string replies;
    size_t consumed = 0;
    bool done = false;
    bool broken = false;
  };
  Relay received(Instant now, ConnId link, std::string_view bytes);
  // Clients that got all their replies by then.
  std::vector<ConnId> idle_since(Instant then) const;
  // The link or the client is gone; the other one, to be closed too.
  std::optional<ConnId> link_closed(ConnId link);
  std::optional<ConnId> client_closed(ConnId client);

 private:
  struct Client {
    std::string preamble;
    size_t preamble_replies = 0;  // still to be skipped
    std::string commands;         // not sent yet
    size_t unanswered = 0;
    ConnId link;
    bool connected = false;
    std::optional<Instant> answered;  // everything, then
  };
  std::map<ConnId, Client> clients_;
  std::map<ConnId, ConnId> links_;  // link -> client
};

}  // namespace onggi
