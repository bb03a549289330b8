// A client: finds the master through the sentinels, writes its own keys, remembers what it was told. Retries as client
// libraries do; a write that got no answer is remembered as one that may have happened, and is not repeated.
#pragma once

#include <vector>

#include "chaos/checkers/history.h"
#include "common/resp/reader.h"
#include "tests/simulation/process.h"
#include "tests/simulation/run.h"

namespace onggi::sim {

using checkers::Action;
using checkers::Family;
using checkers::Operation;
using checkers::Operations;

constexpr int kKeysOfAKind = 4;

class SimClient final : public Process {
 public:
  using Sentinels = std::function<std::vector<Address>()>;  // as they are now: client libraries ask each for the others

  SimClient(World& world, HostId host, std::string name, Sentinels sentinels, const Shape& shape, Operations& history);

  void start() override;
  void finish() { finishing_ = true; }  // no new requests
  uint64_t acknowledged() const { return acknowledged_; }
  uint64_t refusals() const { return refusals_; }

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
  void ask_for(uint64_t draw);
  void begin(Family family, Action action, std::string key, int64_t ttl_ms = 0);
  Operation* current() { return current_ ? &history_[*current_] : nullptr; }
  void answered(const Reply& reply);
  void refused(const std::string& why);
  void executed(const Reply& reply);
  void over(const Reply& reply);
  void lost(const std::string& why);
  void send(std::initializer_list<std::string> words);
  void next_after(Micros delay);

  Sentinels sentinels_;
  uint32_t write_acks_;
  Micros most_thought_;
  Micros hurries_until_ = 0;
  uint32_t enough_;  // of replicas, for a WAIT to cover a write (P1)
  Doing doing_ = Doing::kNothing;
  uint64_t attempt_ = 0;
  WireId wire_ = 0;
  ReplyReader reader_;
  Operations& history_;            // of all clients
  std::optional<size_t> current_;  // in it; nothing: a request that no checker reads
  bool waits_ = false;             // a WAIT follows
  bool executed_ = false;          // and its write was answered
  uint64_t leased_ = 0;            // the epoch whose lease the asked node had when it was asked
  Address node_;
  uint64_t request_number_ = 0;
  uint64_t acknowledged_ = 0;
  uint64_t refusals_ = 0;
  bool finishing_ = false;
};

}  // namespace onggi::sim
