// A client: finds the master through the sentinels, writes its own keys, remembers what it was told. Retries as client
// libraries do; a write that got no answer is remembered as one that may have happened, and is not repeated.
#pragma once

#include <vector>

#include "common/resp/reader.h"
#include "tests/simulation/history_of_clients.h"
#include "tests/simulation/process.h"
#include "tests/simulation/run.h"

namespace onggi::sim {

class SimClient final : public Process {
 public:
  SimClient(World& world, HostId host, std::string name, std::vector<Address> sentinels, const Shape& shape);

  void start() override;
  void finish() { finishing_ = true; }  // no new requests
  const ClientHistory& history() const { return history_; }

 private:
  enum class Doing : uint8_t { kNothing, kAskingSentinel, kConnecting, kWaiting, kIdle };

  void accepted(WireId, Address, Address) override {}
  void received(WireId wire, std::string_view bytes) override;
  void closed(WireId wire) override;
  void connected(uint64_t attempt, std::optional<WireId> wire, bool refused) override;
  void died() override {}
  void woken() override {}

  void look_for_master();
  void request();
  void answered(const Reply& reply);
  void refused(const std::string& why);
  void executed(bool covered);
  void lost(const std::string& why);
  void send(std::initializer_list<std::string> words);
  void next_after(Micros delay);

  struct Request {
    enum class Kind : uint8_t { kRegister, kCounter, kSession, kTouch, kRead } kind = Kind::kRead;
    std::string key;
    uint64_t value = 0;
    bool waits = false;     // a WAIT follows
    bool executed = false;  // and its write was answered
  };

  std::vector<Address> sentinels_;
  uint32_t write_acks_;
  Micros most_thought_;
  Micros hurries_until_ = 0;
  uint32_t enough_;  // of replicas, for a WAIT to cover a write (P1)
  Doing doing_ = Doing::kNothing;
  uint64_t attempt_ = 0;
  WireId wire_ = 0;
  ReplyReader reader_;
  Request current_;
  uint64_t next_value_ = 1;
  uint64_t request_number_ = 0;
  bool finishing_ = false;
  ClientHistory history_;
};

}  // namespace onggi::sim
