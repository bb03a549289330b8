// A whole node without I/O, for tests of commands: the shipping Node over a log and a tier in memory. What the node
// wants done is done at once.
#pragma once

#include <doctest/doctest.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "node/driver/tier_jobs.h"
#include "node/node.h"
#include "storage/encoding.h"
#include "storage/memory_disk.h"

namespace onggi {

class BenchTier : public Tier {
 public:
  TierMeta meta() const override { return meta_; }
  Position durable() const override { return durable_; }
  Result<std::optional<std::string>> get(DbId db, uint16_t slot, std::string_view key) const override {
    if (broken || unreadable_slot == slot) return Error{"a broken disk"};
    const auto found = values_.find({db.value, slot, std::string(key)});
    if (found == values_.end()) return std::optional<std::string>();
    return std::optional<std::string>(found->second);
  }
  Result<void> scan_slot(DbId db, uint16_t slot,
                         const std::function<bool(std::string_view, std::string_view)>& visit) const override {
    if (broken || unreadable_slot == slot) return Error{"a broken disk"};
    slots_read++;
    for (const auto& [key, value] : values_) {
      if (std::get<0>(key) == db.value && std::get<1>(key) == slot && !visit(std::get<2>(key), value)) break;
    }
    return {};
  }
  Result<void> write(const TierBatch& batch) override {
    if (full) return Error{"no space left"};
    for (const auto& key : batch.deletes) values_.erase({key.db.value, key.slot, key.key});
    for (const auto& touch : batch.touches) {
      const auto found = values_.find({touch.key.db.value, touch.key.slot, touch.key.key});
      if (found != values_.end()) put_i64(found->second.data(), touch.expire_at.ms);
    }
    for (const auto& put : batch.puts) values_[{put.key.db.value, put.key.slot, put.key.key}] = put.value;
    meta_ = batch.meta;
    return {};
  }
  Result<void> flush() override {
    if (unflushable) return Error{"no space left"};
    durable_ = meta_.position;
    return {};
  }
  Result<std::vector<CheckpointFile>> checkpoint(const std::string&) override { return std::vector<CheckpointFile>(); }
  std::vector<std::pair<std::string, std::string>> stats() const override { return {}; }

  size_t size() const { return values_.size(); }
  void spoil(std::string_view key) {
    for (auto& [name, value] : values_) {
      if (std::get<2>(name) == key) value = "bad";
    }
  }

  bool broken = false;  // nothing can be read any more
  std::optional<uint16_t> unreadable_slot;
  bool full = false;
  bool unflushable = false;
  mutable size_t slots_read = 0;

 private:
  std::map<std::tuple<uint64_t, uint16_t, std::string>, std::string> values_;
  TierMeta meta_;
  Position durable_;
};

class BenchState : public StateStore {
 public:
  std::optional<std::string> load() override { return state_; }
  Result<void> save(std::string_view state) override {
    state_ = std::string(state);
    return {};
  }

 private:
  std::optional<std::string> state_;
};

class NodeBench {
 public:
  explicit NodeBench(Config given = {}, StoreOptions store = {}, uint64_t seed = 42)
      : config(std::move(given)), store_options_(store), random_(seed) {
    store_options_.databases = config.databases;
    REQUIRE(start());
    connect();
  }

  // A kill and a new start. What was saved is in the tier alone, and can't be read any more.
  void start_again_with_broken_tier() { REQUIRE(try_to_start_again_with_broken_tier()); }
  Result<void> try_to_start_again_with_broken_tier() {
    tier.broken = true;
    return start_again();
  }
  [[nodiscard]] Result<void> start_again() {
    node.reset();
    store_.reset();
    log_.reset();
    return start();
  }

  // A new connection; the ones before stay open.
  ConnId connect() {
    const auto id =
        node->accepted(now, {"127.0.0.1", static_cast<uint16_t>(50000 + connections_++)}, {"127.0.0.1", 7001});
    REQUIRE(id);
    current = *id;
    return *id;
  }

  // The bytes that came back to an inline command, or since the last one: on the current connection, or another.
  std::string ask(std::string_view command) { return ask(current, command); }
  std::string ask(ConnId who, std::string_view command) {
    if (!command.empty()) feed(who, std::string(command) + "\r\n");
    settle();
    std::string reply = output_[who];
    output_[who].clear();
    return reply;
  }

  // Raw bytes on the current connection.
  void send(const std::string& bytes) {
    feed(current, bytes);
    settle();
  }

  void pass(milliseconds time) {
    now.instant = now.instant + time;
    now.wall.ms += time.count();
    node->tick(now);
    settle();
  }

  // Does what the node wants done until it wants nothing more.
  void settle() {
    constexpr int kRounds = 20'000;  // a warm-up is more than 16384
    for (int round = 0; round < kRounds; round++) {
      node->write_log(now);
      node->end_of_batch(now);
      if (!carry_out(node->drain())) return;
    }
    FAIL("the node does not come to rest");
  }

  void syncs_fail() { disk_.fail_syncs(true); }
  void disk_full(bool full) { disk_.fill_up(full ? 0 : UINT64_MAX); }
  bool closed(ConnId who) const { return closed_.contains(who); }

  bool exited = false;
  bool syncs_wait = false;  // while the test says so, the disk is at it
  size_t syncs = 0;
  size_t log_lines = 0;
  std::vector<std::pair<ConnId, Address>> connects;  // that the node wanted made; the test says how it went
  Config config;
  Now now{{1'000'000'000}, {1'700'000'000'000}};
  std::unique_ptr<Node> node;
  BenchTier tier;
  ConnId current;

 private:
  struct StillWatch : Stopwatch {
    uint64_t nanoseconds() const override { return 0; }
  };

  Result<void> start() {
    auto opened = Log::open(disk_, {.directory = "log", .known_synced = tier.durable().offset});
    REQUIRE(opened);
    log_ = std::move(*opened);
    store_ = std::make_unique<Store>(*log_, store_options_, tier.meta());
    auto started = Node::start({.config = config,
                                .log = *log_,
                                .store = *store_,
                                .tier = tier,
                                .state = state_,
                                .random = random_,
                                .stopwatch = stopwatch_,
                                .run = {std::string(40, 'a')},
                                .boot_id = "boot",
                                .own = {"127.0.0.1", 7001},
                                .disk = disk_},
                               now);
    if (!started) return started.error();
    node = std::move(*started);
    settle();
    return {};
  }

  // What the node doesn't take at once it is given again, with what follows.
  void feed(ConnId who, const std::string& bytes) {
    std::string& pending = pending_[who];
    pending += bytes;
    pending.erase(0, node->receive(now, who, pending, !bytes.empty()));
  }

  bool carry_out(NodeEffects effects) {
    bool more = false;
    log_lines += effects.log.size();
    if (effects.sync) waiting_syncs_.push_back(std::move(*effects.sync));
    if (!syncs_wait && !waiting_syncs_.empty()) {
      carry_out_syncs();
      more = true;
    }
    for (TierTask& task : effects.tier) {
      node->tier_finished(now, run_tier_job(tier, std::move(task), "checkpoint"));
      more = true;
    }
    exited = exited || effects.exit.has_value();
    connects.insert(connects.end(), effects.connect.begin(), effects.connect.end());
    for (ConnId id : effects.send) {
      const std::string bytes = node->take_output(id);
      if (!closed(id)) output_[id] += bytes;
    }
    for (ConnId id : effects.close_after_send) closed_[id] = true;
    for (ConnId id : effects.close) closed_[id] = true;
    for (ConnId id : effects.resume) {
      feed(id, "");
      more = true;
    }
    return more;
  }

  void carry_out_syncs() {
    for (auto& sync : std::exchange(waiting_syncs_, {})) {
      syncs++;
      Result<void> synced;
      for (auto& file : sync.files) synced = file->sync();
      node->log_synced(now, sync, synced);
    }
  }

  StoreOptions store_options_;
  MemoryDisk disk_;
  BenchState state_;
  Random random_;
  StillWatch stopwatch_;
  std::unique_ptr<Log> log_;
  std::unique_ptr<Store> store_;
  std::map<ConnId, std::string> pending_;
  std::map<ConnId, std::string> output_;
  std::map<ConnId, bool> closed_;
  std::vector<SyncTask> waiting_syncs_;
  size_t connections_ = 0;
};

}  // namespace onggi
