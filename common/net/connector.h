// Outgoing connections: names resolved anew each time (W1), all addresses tried in turn, a time limit, and a word on
// how it failed.
//
// The work is done by Asio on a thread of its own: getaddrinfo() may block for long, and the loop must not. Results
// come to the loop's thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <variant>

#include "common/net/event_loop.h"
#include "common/net/socket.h"

namespace onggi::net {

struct ConnectFailure {
  enum class Kind : uint8_t { kRefused, kTimeout, kNotResolved, kOther };
  Kind kind = Kind::kOther;
  std::string why;
};

struct ConnectOptions {
  milliseconds timeout{5000};
  std::string source_address;  // bind to this first; empty: the kernel chooses
  uint32_t keepalive_seconds = 0;
};

using ConnectResult = std::variant<Socket, ConnectFailure>;
using ConnectId = uint64_t;

class Connector {
 public:
  explicit Connector(EventLoop& loop);
  ~Connector();  // no call follows
  Connector(const Connector&) = delete;
  Connector& operator=(const Connector&) = delete;

  // `done` is called once, on the loop's thread, never from within connect().
  ConnectId connect(const Address& address, const ConnectOptions& options, std::function<void(ConnectResult)> done);
  // `done` of this attempt is not called any more.
  void cancel(ConnectId id);

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace onggi::net
