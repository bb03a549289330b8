// A sentinel process of the simulation: the shipping SentinelApp. Does what sentinel/driver/server.cpp does.
#pragma once

#include <memory>

#include "sentinel/api/app.h"
#include "sentinel/state.h"
#include "tests/simulation/process.h"
#include "tests/simulation/sim_state.h"

namespace onggi::sim {

class SimSentinel final : public Process {
 public:
  SimSentinel(World& world, HostId host, std::string name, Address address, SentinelConfig config);

  void start() override;
  // What its configuration file says of the others.
  void name_others(std::vector<Address> nodes, std::vector<Address> sentinels);
  void wipe();  // its folder is emptied (the process must be dead)
  // What is on its disk, and whether that has changed since this was asked last.
  const SentinelState& durable();
  bool take_changed() { return std::exchange(looked_version_, state_.version()) != state_.version(); }

 private:
  void accepted(WireId wire, Address remote, Address local) override;
  void received(WireId wire, std::string_view bytes) override;
  void closed(WireId wire) override;
  void connected(uint64_t attempt, std::optional<WireId> wire, bool refused) override;
  void died() override;
  void woken() override;
  void end_of_batch();
  void feed(ConnId id);

  struct Wire {
    WireId wire = 0;
    std::string input;
  };

  SentinelConfig config_;
  SimState state_;
  SentinelState durable_;
  uint64_t durable_version_ = 0;
  uint64_t looked_version_ = 0;
  Random random_;
  std::unique_ptr<SentinelApp> app_;
  std::map<ConnId, Wire> wires_;
  std::map<WireId, ConnId> conns_;
};

}  // namespace onggi::sim
