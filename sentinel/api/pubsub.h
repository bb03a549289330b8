// Subscriptions of one sentinel's clients, by channel and by pattern; the events are published by the core.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>

#include "common/resp/writer.h"
#include "common/types.h"

namespace onggi {

class Pubsub {
 public:
  enum class Kind : uint8_t { kChannel, kPattern };
  static constexpr size_t kMaxPerClient = 10'000;

  // False: the client has too many.
  bool subscribe(ConnId client, Kind kind, std::string_view name);
  void unsubscribe(ConnId client, Kind kind, std::string_view name);
  std::set<std::string> subscriptions(ConnId client, Kind kind) const;
  size_t count(ConnId client) const;
  void remove(ConnId client);

  // Calls `deliver` for each message, in the order of clients.
  struct Delivery {
    ConnId client;
    std::string_view pattern;  // empty: by channel
  };
  template <class Deliver>
  size_t publish(std::string_view channel, Deliver deliver) const {
    size_t receivers = 0;
    for (const auto& [client, names] : clients_) {
      if (names.channels.contains(std::string(channel))) {
        deliver(Delivery{client, {}});
        receivers++;
      }
      for (const std::string& pattern : names.patterns) {
        if (!matches(pattern, channel)) continue;
        deliver(Delivery{client, pattern});
        receivers++;
      }
    }
    return receivers;
  }

 private:
  struct Names {
    std::set<std::string> channels;
    std::set<std::string> patterns;
  };
  static bool matches(const std::string& pattern, std::string_view channel);
  std::map<ConnId, Names> clients_;
};

}  // namespace onggi
