// A whole node without I/O, for fuzz targets: the shipping Node over a log and a tier in memory. What it wants done is
// done at once; it can be killed, and starts again from what its disk has.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "node/driver/tier_jobs.h"
#include "node/node.h"
#include "storage/memory_disk.h"
#include "storage/memory_tier.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/state_in_memory.h"

namespace onggi::fuzz {

class NodeBox {
 public:
  explicit NodeBox(Config given) : config(std::move(given)) { start(); }

  // As kill -9, and a new start; connections are gone.
  void kill_and_start() {
    node.reset();
    store_.reset();
    log_.reset();
    tier_.reset();
    disk_.kill();
    pending_.clear();
    output_.clear();
    start();
  }

  ConnId connect() {
    const auto id = node->accepted(now, {"127.0.0.1", 50000}, {"127.0.0.1", 7001});
    require(static_cast<bool>(id), "a client is let in");
    pending_[*id];
    return *id;
  }
  // Bytes on a connection; what the node doesn't take at once it is given again, with what follows.
  void feed(ConnId who, std::string_view bytes) {
    const auto found = pending_.find(who);
    if (found == pending_.end()) return;  // closed
    found->second += bytes;
    const size_t taken = node->receive(now, who, found->second, !bytes.empty());
    require(taken <= found->second.size(), "no more is taken than there is");
    found->second.erase(0, taken);
  }
  // What came back since the last time; to a client's command, `wait` for it.
  std::string replies(ConnId who, bool wait = false) {
    settle();
    for (int round = 0; wait && open(who) && output_[who].empty(); round++) {
      require(round < kMostRounds, "a command is answered");
      settle();
    }
    return std::exchange(output_[who], {});
  }
  bool open(ConnId who) const { return pending_.contains(who); }
  void close(ConnId who) {
    if (pending_.erase(who) > 0) node->closed(now, who);
  }

  void pass(milliseconds time) {
    now.instant = now.instant + time;
    now.wall.ms += time.count();
    node->tick(now);
    settle();
  }

  // Does what the node wants done until it wants nothing more, or for a while: warming up takes a round a slot.
  void settle() {
    constexpr int kRounds = 20;
    for (int round = 0; round < kRounds; round++) {
      node->write_log(now);
      node->end_of_batch(now);
      if (!carry_out(node->drain())) return;
    }
  }

  // The digest of a keyspace made of the log's records alone.
  std::string digest_of_log() const {
    MemoryDisk disk;
    auto log = Log::open(disk, {.directory = "log"});
    require(static_cast<bool>(log), "an empty log opens");
    Store store(**log, StoreOptions{.databases = config.databases});
    store.set_now(now.wall);
    const Result<void> read = log_->visit({}, [&](const RecordView& record) {
      const auto applied =
          store.apply(record, [](DbId, uint16_t, std::string_view) { return std::optional<std::string>(); });
      require(static_cast<bool>(applied), "a record that was written can be applied");
      return true;
    });
    require(static_cast<bool>(read), "the log can be read from its beginning");
    return store.digest();
  }

  Config config;
  Now now{{1'000'000'000}, {1'700'000'000'000}};
  std::unique_ptr<Node> node;
  std::vector<std::pair<ConnId, Address>> connects;  // that the node wanted made; the target says how it went
  bool exited = false;

 private:
  static constexpr int kMostRounds = 10000;
  struct StillWatch : Stopwatch {
    uint64_t nanoseconds() const override { return 0; }
  };

  void start() {
    auto tier = MemoryTier::open(disk_, "tier");
    require(static_cast<bool>(tier), "the tier opens");
    tier_ = std::move(*tier);
    auto log = Log::open(disk_, {.directory = "log", .known_synced = tier_->durable().offset});
    require(static_cast<bool>(log), "the log opens");
    log_ = std::move(*log);
    StoreOptions options{.databases = config.databases};
    options.hash_max_packed_entries = config.hash_max_listpack_entries;
    store_ = std::make_unique<Store>(*log_, options, tier_->meta());
    auto started = Node::start({.config = config,
                                .log = *log_,
                                .store = *store_,
                                .tier = *tier_,
                                .state = state_,
                                .random = random_,
                                .stopwatch = stopwatch_,
                                .run = {std::string(40, 'a')},
                                .boot_id = "boot",
                                .own = {"127.0.0.1", 7001},
                                .disk = disk_},
                               now);
    require(static_cast<bool>(started), "the node starts");
    node = std::move(*started);
    settle();
  }

  bool carry_out(NodeEffects effects) {
    bool more = false;
    if (effects.sync) {
      Result<void> synced;
      for (auto& file : effects.sync->files) synced = file->sync();
      node->log_synced(now, *effects.sync, synced);
      more = true;
    }
    for (TierTask& task : effects.tier) {
      node->tier_finished(now, run_tier_job(*tier_, std::move(task), "checkpoint"));
      more = true;
    }
    for (CopyTask& task : effects.copy) more = copied(std::move(task)) || more;
    exited = exited || effects.exit.has_value();
    connects.insert(connects.end(), effects.connect.begin(), effects.connect.end());
    for (auto& [id, address] : effects.connect) pending_[id];
    for (ConnId id : effects.send) {
      const std::string bytes = node->take_output(id);
      if (open(id)) output_[id] += bytes;
      if (node->is_link(id)) node->drained(now, id, 0);
    }
    for (ConnId id : effects.close_after_send) pending_.erase(id);
    for (ConnId id : effects.close) pending_.erase(id);
    for (ConnId id : effects.resume) {
      feed(id, "");
      more = true;
    }
    return more;
  }

  // Full copies: files can't be read here, and a copy that arrives can't be installed.
  bool copied(CopyTask task) {
    CopyResult result{.task = std::move(task), .error = Error{"no files here"}, .bytes = {}};
    const bool answered = std::holds_alternative<ReadCheckpoint>(result.task) ||
                          std::holds_alternative<CopyInstall>(result.task) ||
                          std::holds_alternative<RoleEffects::CopyWrite>(result.task);
    if (answered) node->copy_finished(now, std::move(result));
    return answered;
  }

  MemoryDisk disk_;
  StateInMemory state_;
  Random random_{42};
  StillWatch stopwatch_;
  std::unique_ptr<MemoryTier> tier_;
  std::unique_ptr<Log> log_;
  std::unique_ptr<Store> store_;
  std::map<ConnId, std::string> pending_;  // of open connections: bytes not taken yet
  std::map<ConnId, std::string> output_;
};

}  // namespace onggi::fuzz
