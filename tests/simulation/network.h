// A network of hosts and connections as TCP gives them: bytes in order, late, in any pieces; links that are cut, one
// way or both.
//
// What is sent into a cut link waits and arrives after it heals, or the connection breaks when it stays cut for long. A
// dead process refuses connects; behind a cut link they time out.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "common/random.h"
#include "common/types.h"
#include "tests/simulation/timeline.h"

namespace onggi::sim {

using HostId = uint32_t;

// Watchers are parties of their own on the machine of their node: they share its links.
constexpr HostId kWatcherHosts = 1'000;
constexpr HostId kWatchersOfHost = 100;
constexpr HostId watcher_host(HostId host, size_t number) {
  return kWatcherHosts + kWatchersOfHost * host + static_cast<HostId>(number % kWatchersOfHost);
}
constexpr HostId machine(HostId host) {
  return host < kWatcherHosts ? host : (host - kWatcherHosts) / kWatchersOfHost;
}
using WireId = uint64_t;  // one side of a connection

// What a process hears of the network.
class Party {
 public:
  virtual ~Party() = default;
  virtual void accepted(WireId wire, Address remote, Address local) = 0;
  virtual void received(WireId wire, std::string_view bytes) = 0;
  virtual void closed(WireId wire) = 0;
  // Of connect(): a wire, or nothing and whether it was refused.
  virtual void connected(uint64_t attempt, std::optional<WireId> wire, bool refused) = 0;
};

class Network {
 public:
  Network(Timeline& timeline, Random& random) : timeline_(timeline), random_(random) {}

  // A host listens on its address while it has a party; nullptr: its process is dead, its connections are reset.
  void set_party(HostId host, const Address& address, Party* party);
  // Nothing is delivered to a paused host; it all comes when it goes on.
  void set_paused(HostId host, bool paused);

  void connect(HostId from, uint64_t attempt, const Address& to);
  void send(WireId wire, std::string_view bytes);
  void close(WireId wire);

  // ---- faults: from -> to carries nothing
  void cut(HostId from, HostId to);
  void heal(HostId from, HostId to);
  void heal_all();
  // A firewall that answers for the host: `to` resets what `from` has with it, and refuses its connects.
  void refuse(HostId from, HostId to);
  void admit(HostId from, HostId to) { refused_.erase({from, to}); }
  bool is_cut(HostId from, HostId to) const { return cuts_.contains({from, to}); }
  void set_delay(Micros least, Micros most) { least_delay_ = least, most_delay_ = most; }

  uint64_t delivered_bytes() const { return delivered_bytes_; }

 private:
  struct Side {
    HostId host = 0;
    WireId peer = 0;
    bool open = true;
    std::string arriving;  // sent to this side, not delivered
    bool closing = false;  // and then it was closed by the peer
    Micros last_arrival = 0;
    bool waits() const { return open && (closing || !arriving.empty()); }
  };
  struct Host {
    Address address;
    Party* party = nullptr;
    bool paused = false;
    uint64_t life = 0;
  };

  Micros delay() {
    return least_delay_ + static_cast<Micros>(random_.below(static_cast<uint64_t>(most_delay_ - least_delay_) + 1));
  }
  void schedule(WireId to);
  void deliver(WireId to);
  void answer_connect(HostId from, uint64_t life, uint64_t attempt, const Address& to, int tries);
  bool flows(HostId from, HostId to) const { return !cuts_.contains({machine(from), machine(to)}); }
  void wake(HostId host);

  Timeline& timeline_;
  Random& random_;
  std::map<HostId, Host> hosts_;
  // Wire w is sides_[w - 1]; the two ends of a connection are neighbours.
  std::deque<Side> sides_;
  Side* side_of(WireId wire) { return wire == 0 || wire > sides_.size() ? nullptr : &sides_[wire - 1]; }
  std::set<std::pair<HostId, HostId>> cuts_;
  std::set<std::pair<HostId, HostId>> refused_;
  Micros least_delay_ = 50;
  Micros most_delay_ = 1'500;
  uint64_t delivered_bytes_ = 0;
};

}  // namespace onggi::sim
