// The node's program around its core: sockets, threads, files. Carries out what Node wants done; decides nothing.
//
// Threads: the loop's (engine), one that syncs the log, one that writes the tier, one that reads it, one for the files
// of full copies. Each worker's result comes back through the loop.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "common/log.h"
#include "common/net/clock.h"
#include "common/net/connections.h"
#include "common/net/event_loop.h"
#include "common/net/listener.h"
#include "common/slot_file.h"
#include "node/driver/copy_files.h"
#include "node/driver/watcher.h"
#include "node/driver/worker.h"
#include "node/node.h"
#include "storage/data_dir.h"
#include "storage/posix_disk.h"
#include "storage/rocks_tier.h"

namespace onggi {

class Server final : private net::LoopOwner, private net::ListenerOwner, private net::ConnectionsOwner {
 public:
  Server(Config config, Watched watched, std::shared_ptr<spdlog::logger> logger);
  ~Server() override;

  // Opens the data folder and listens. The first request can be answered when it returns.
  Result<void> start();
  // Until the node wants to end; its exit status.
  int run();

 private:
  // Everything that stands on one generation of the data folder.
  struct Data {
    std::unique_ptr<Log> log;
    std::shared_ptr<RocksTier> tier;  // shared with jobs under way
    std::unique_ptr<Store> store;
    std::unique_ptr<Node> node;
    uint64_t generation = 0;  // results of an earlier one are dropped
  };

  Result<void> open_data();
  Result<void> adopt_copy();

  void on_deadline() override;
  void on_signal(int signal) override;
  void end_of_batch() override;
  void on_accept(net::Socket socket) override;
  void on_input(ConnId id, net::Connection& connection) override;
  void on_closed(ConnId id) override;
  void on_drained(ConnId id) override;
  void on_connected(ConnId id) override;
  void on_connect_failed(ConnId id, const net::ConnectFailure& failure) override;

  void carry_out(NodeEffects effects);
  void feed(ConnId id, net::Connection& connection, bool fresh);
  void send(ConnId id);
  void connect(ConnId id, const Address& address);
  void run_sync(SyncTask task);
  void run_tier(TierTask task);
  void run_copy(CopyTask task);
  void read_facts();

  Config config_;
  Watched watched_;
  std::shared_ptr<spdlog::logger> logger_;
  net::EventLoop loop_;
  net::Listener listener_;
  net::Connections connections_;
  PosixDisk disk_;
  std::unique_ptr<SlotFile> state_;
  std::optional<DataDir> folder_;
  std::unique_ptr<Random> random_;
  std::unique_ptr<Stopwatch> stopwatch_;
  std::string boot_id_;
  Data data_;
  std::unique_ptr<CopyFiles> copies_;
  std::map<CopyId, std::string> checkpoints_;  // their folders
  Instant next_facts_;
  uint64_t copies_adopted_ = 0;
  bool logs_as_master_ = false;
  std::optional<int> exit_;
  // Last: they finish their jobs before the rest goes.
  std::unique_ptr<Worker> sync_worker_;
  std::unique_ptr<Worker> tier_worker_;
  std::unique_ptr<Worker> read_worker_;
  std::unique_ptr<Worker> copy_worker_;
};

}  // namespace onggi
