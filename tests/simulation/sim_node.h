// A node process of the simulation: the shipping Node on a disk, a tier and a network in memory. Does what
// node/driver/server.cpp and the watcher do, in virtual time.
#pragma once

#include <deque>
#include <memory>

#include "node/driver/copy_files.h"
#include "node/node.h"
#include "storage/memory_disk.h"
#include "storage/memory_tier.h"
#include "tests/simulation/process.h"
#include "tests/simulation/sim_state.h"

namespace onggi::sim {

class Watcher;

class SimNode final : public Process {
 public:
  static constexpr Micros kUsualDisk = 3'000;  // the longest that a job takes

  SimNode(World& world, HostId host, std::string name, Address address, Durability durability);

  ~SimNode() override;

  void start() override;
  void power_cut();  // the host goes: what was not synced may be lost; no watcher is left to tell
  void wipe();       // the data folder is emptied (the process must be dead)
  void stop();       // SIGTERM
  void set_slow_disk(Micros most) { slow_disk_ = most; }
  void set_disk_room(uint64_t bytes);  // UINT64_MAX: plenty; a node that could not start for want of it starts

  // No event has come since it started.
  bool take_just_started() { return std::exchange(just_started_, false); }
  Micros lost_bytes_at() const { return lost_bytes_at_; }
  // For checkers: takes a key out of the tier if only that has it.
  void warm(const std::string& key);
  Node* node() { return data_ ? data_->node.get() : nullptr; }
  const RunId& run() const { return run_; }
  const NodeId& id() const { return id_; }  // the last that it had
  // Not told of where it is reached, it is known by the address at which it answers.
  void announce_nothing() { announces_ = false; }
  void fail_syncs(bool fail);  // a node that could not start starts when it is over
  // A bit of the newest log segment (or of the tier) turns; the process must be dead. False: there is none.
  bool flip_bit(Random& random, bool in_tier);
  // From its next start on part of its tier can't be read; until mend_tier(), repair() or a full copy.
  void spoil_tier(Random& random);
  void mend_tier();
  bool spoilt() const { return spoilt_.has_value(); }
  void repair();                                           // the operator gives it an empty folder
  const std::string& failure() const { return failure_; }  // it could not start: why

 private:
  struct Data {
    std::unique_ptr<Log> log;
    std::unique_ptr<MemoryTier> tier;
    std::unique_ptr<Store> store;
    std::unique_ptr<Node> node;
  };
  class NoStopwatch final : public Stopwatch {
   public:
    uint64_t nanoseconds() const override { return 0; }
  };
  // Jobs of one worker: in order, one at a time.
  struct Jobs {
    std::deque<std::function<void()>> queue;
    bool busy = false;
  };

  void accepted(WireId wire, Address remote, Address local) override;
  void received(WireId wire, std::string_view bytes) override;
  void closed(WireId wire) override;
  void connected(uint64_t attempt, std::optional<WireId> wire, bool refused) override;
  void died() override;
  void woken() override;

  bool open_data();
  void cannot_start(const Error& error);
  void end_of_batch();
  void carry_out(NodeEffects effects);
  void feed(ConnId id, bool fresh);
  void drop(ConnId id);
  void post(Jobs& jobs, std::function<void()> job);
  void run_next(Jobs& jobs);
  void disk_is_well();
  void run_tier(TierTask task);
  void run_copy(CopyTask task);
  void tell_sentinels();
  Micros disk_delay();

  struct Wire {
    WireId wire = 0;
    std::string input;
    bool closing = false;
  };

  Config config_;
  MemoryDisk disk_;
  SimState state_;
  Random random_;
  NoStopwatch stopwatch_;
  std::optional<DataDir> folder_;
  std::unique_ptr<CopyFiles> copies_;
  std::map<CopyId, std::string> checkpoints_;
  std::unique_ptr<Data> data_;
  uint64_t copies_adopted_ = 0;
  uint64_t data_number_ = 0;  // goes up when a full copy replaces the data in a life
  std::map<ConnId, Wire> wires_;
  std::map<WireId, ConnId> conns_;
  Jobs sync_jobs_;
  Jobs tier_jobs_;
  Jobs read_jobs_;
  Jobs copy_jobs_;
  std::string secret_;
  RunId run_;
  std::string boot_;
  NodeId id_;
  std::vector<Address> told_;  // the watcher's targets
  bool announces_ = true;
  bool in_batch_ = false;
  bool just_started_ = false;
  bool bad_bytes_ = false;  // some turned on its disk
  std::optional<uint16_t> spoilt_;
  bool lacked_records_ = false;  // when it was asked last
  std::string log_directory_;
  std::string tier_directory_;
  Micros lost_bytes_at_ = -1;
  bool power_lost_ = false;
  Micros slot_delay_ = 0;
  Micros slow_disk_ = kUsualDisk;
  std::string failure_;
  bool disk_is_full_ = false;
  bool syncs_fail_ = false;
  bool cannot_start_yet_ = false;
  std::vector<std::unique_ptr<Watcher>> watchers_;  // of lives that ended
};

}  // namespace onggi::sim
