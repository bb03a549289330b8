#include "tests/simulation/sim_node.h"

#include "common/codec.h"
#include "common/run_id.h"
#include "node/driver/tier_jobs.h"

namespace onggi::sim {

namespace {
constexpr int kAttemptBits = 40;
constexpr Micros kNoticeDelay = 2'000;  // from a death to its watcher's first word
constexpr Micros kWarmUpSlot = 100;     // one life in 64 gets warm within seconds
constexpr Micros kColdSlot = 50'000;    // the others live with keys that only the tier has
}  // namespace

// Tells sentinels of a death, each until it has answered; lives on its own when the node is gone.
class Watcher final : public Party {
 public:
  Watcher(World& world, HostId host, std::string bytes, std::vector<Address> targets)
      : world_(world), host_(host), bytes_(std::move(bytes)), targets_(std::move(targets)) {
    world_.network.set_party(host_, {"watcher", static_cast<uint16_t>(host_)}, this);
    for (size_t i = 0; i < targets_.size(); i++) world_.network.connect(host_, i, targets_[i]);
  }
  // Its machine lost power.
  void goes() {
    gone_ = true;
    world_.network.set_party(host_, {"watcher", static_cast<uint16_t>(host_)}, nullptr);
  }
  void accepted(WireId, Address, Address) override {}
  void received(WireId wire, std::string_view) override {
    heard_.insert(attempts_.at(wire));
    world_.network.close(wire);
  }
  void closed(WireId wire) override { again(attempts_.at(wire)); }
  void connected(uint64_t attempt, std::optional<WireId> wire, bool) override {
    if (!wire) return again(attempt);
    attempts_[*wire] = attempt;
    world_.network.send(*wire, bytes_);
  }

 private:
  static constexpr int kMostTries = 600;
  void again(uint64_t attempt) {
    if (gone_ || heard_.contains(attempt) || ++tries_ > kMostTries) return;
    world_.timeline.after(50'000, [this, attempt] {
      if (!gone_) world_.network.connect(host_, attempt, targets_[attempt]);
    });
  }
  World& world_;
  HostId host_;
  std::string bytes_;
  std::vector<Address> targets_;
  std::map<WireId, uint64_t> attempts_;
  std::set<uint64_t> heard_;
  int tries_ = 0;
  bool gone_ = false;
};

SimNode::SimNode(World& world, HostId host, std::string name, Address address, Durability durability)
    : Process(world, host, std::move(name), std::move(address)), random_(world.random.next()) {
  config_.dir = "/data";
  config_.managed = true;
  config_.protected_mode = false;  // hosts of their own
  config_.port = this->address().port;
  config_.databases = 2;
  config_.durability = durability;
  config_.shutdown_timeout = 1;
  config_.log_segment_size = 8 << 10;
  config_.repl_backlog_size = 16 << 10;
  config_.log_memory_tail = 8 << 10;
  config_.tier_lag_ms = 300;
  config_.tier_lag_bytes = 4 << 10;
  config_.tier_flush_bytes = 8 << 10;
  boot_ = random_.hex(32);
}

SimNode::~SimNode() = default;

void SimNode::start() {
  if (alive() || retired()) return;
  secret_ = random_.hex(64);
  run_ = run_id_of(secret_);
  slot_delay_ = world_.random.below(64) == 0 ? kWarmUpSlot : kColdSlot;
  set_alive();
  say("starts, run " + run_.hex.substr(0, 6));
  auto folder = DataDir::open(disk_, config_.dir);
  if (!folder) return cannot_start(folder.error());
  folder_.emplace(std::move(*folder));
  log_directory_ = folder_->log_directory();
  tier_directory_ = folder_->tier_directory();
  copies_ = std::make_unique<CopyFiles>(disk_, *folder_);
  just_started_ = true;
  if (open_data()) end_of_batch();
}

void SimNode::cannot_start(const Error& error) {
  say("can't start: " + error.message);
  if (disk_is_full_ || syncs_fail_) {
    cannot_start_yet_ = true;
    later(0, [this] { kill(); });
  } else if (bad_bytes_) {  // the operator gives it an empty folder
    world_.timeline.after(200'000, [this] { repair(); });
  } else {
    failure_ = error.message;
  }
  touch();
}

bool SimNode::open_data() {
  auto data = std::make_unique<Data>();
  const auto fail = [this](const Error& error) {
    cannot_start(error);
    return false;
  };
  auto tier = MemoryTier::open(disk_, folder_->tier_directory());
  if (!tier) return fail(tier.error());
  data->tier = std::move(*tier);
  data->tier->spoil(spoilt_);
  auto log = Log::open(disk_, {folder_->log_directory(), config_.log_segment_size, config_.repl_backlog_size,
                               config_.log_memory_tail, data->tier->durable().offset});
  if (!log) return fail(log.error());
  data->log = std::move(*log);
  const TierMeta meta = data->tier->meta();
  if (data->log->end() < meta.position) return fail({"the tier is beyond the log's end"});
  StoreOptions options;
  options.databases = config_.databases;
  data->store = std::make_unique<Store>(*data->log, options, meta);
  const Address announced{announces_ ? address().host : "", address().port};
  auto node = Node::start(NodeParts{config_, *data->log, *data->store, *data->tier, state_, random_, stopwatch_, run_,
                                    boot_, announced, disk_, copies_adopted_, boot_},
                          clocks());
  if (!node) return fail(node.error());
  data->node = std::move(*node);
  data_ = std::move(data);
  id_ = data_->node->role().id();
  return true;
}

void SimNode::died() {
  wires_.clear();
  conns_.clear();
  sync_jobs_ = tier_jobs_ = read_jobs_ = copy_jobs_ = {};
  checkpoints_.clear();
  data_.reset();
  copies_.reset();
  folder_.reset();
  disk_.kill();
  if (!power_lost_) tell_sentinels();
}

void SimNode::power_cut() {
  say("loses power");
  lost_bytes_at_ = world_.timeline.now();
  power_lost_ = true;
  kill();
  power_lost_ = false;
  for (auto& watcher : watchers_) watcher->goes();
  disk_.crash(random_);
  boot_ = random_.hex(32);
}

void SimNode::wipe() {
  say("its folder is wiped");
  lost_bytes_at_ = world_.timeline.now();
  disk_.wipe(config_.dir);
  state_.wipe();
  bad_bytes_ = false;
  spoilt_.reset();
}

void SimNode::repair() {
  kill();
  wipe();
  start();
}

void SimNode::spoil_tier(Random& random) {
  say("part of its tier can't be read any more");
  lost_bytes_at_ = world_.timeline.now();
  spoilt_ = static_cast<uint16_t>(random.below(MemoryTier::kSpoiltOf));
}

void SimNode::mend_tier() {
  if (!spoilt_) return;
  say("its tier can be read again");
  spoilt_.reset();
  if (data_) data_->tier->spoil(std::nullopt);
}

bool SimNode::flip_bit(Random& random, bool in_tier) {
  const std::string& directory = in_tier ? tier_directory_ : log_directory_;
  auto files = disk_.list(directory);
  if (!files || files->empty()) return false;
  const std::string path = directory + "/" + (*files)[random.below(files->size())];
  const std::string contents = disk_.contents(path);
  if (contents.empty()) return false;
  say("a bit turns in " + path);
  lost_bytes_at_ = world_.timeline.now();
  bad_bytes_ = true;
  disk_.flip_bit(path, random.below(contents.size() * 8));
  return true;
}

void SimNode::stop() {
  if (!alive() || !data_) return;
  say("SIGTERM");
  data_->node->stop(clocks());
  end_of_batch();
}

void SimNode::warm(const std::string& key) {
  Store& store = *data_->store;
  if (store.residency(0, key) == Residency::kInMemory) return;
  const auto value = data_->tier->get(store.id(0), slot_of(key), key);
  if (value) store.loaded(0, key, *value);
}

void SimNode::set_disk_room(uint64_t bytes) {
  disk_.fill_up(bytes);
  disk_is_full_ = bytes != UINT64_MAX;
  disk_is_well();
}

void SimNode::fail_syncs(bool fail) {
  disk_.fail_syncs(fail);
  syncs_fail_ = fail;
  disk_is_well();
}

void SimNode::disk_is_well() {
  if (!disk_is_full_ && !syncs_fail_ && std::exchange(cannot_start_yet_, false)) start();
}

void SimNode::tell_sentinels() {
  if (told_.empty()) return;
  const std::string bytes = frame(Message(RunDead{id_, run_, secret_}));
  // The watcher outlives this life of the node, and shares the cuts of its host through the same links.
  world_.timeline.after(kNoticeDelay, [this, bytes, targets = told_] {
    watchers_.push_back(std::make_unique<Watcher>(world_, watcher_host(host(), watchers_.size()), bytes, targets));
  });
}

// ---- the network

void SimNode::accepted(WireId wire, Address remote, Address local) {
  if (!data_) return world_.network.close(wire);
  const auto id = data_->node->accepted(clocks(), std::move(remote), std::move(local));
  if (!id) return world_.network.close(wire);
  wires_[*id].wire = wire;
  conns_[wire] = *id;
  end_of_batch();
}

void SimNode::received(WireId wire, std::string_view bytes) {
  auto found = conns_.find(wire);
  if (found == conns_.end() || !data_) return;
  const ConnId id = found->second;
  wires_.at(id).input.append(bytes);
  feed(id, true);
  end_of_batch();
}

void SimNode::feed(ConnId id, bool fresh) {
  auto found = wires_.find(id);
  if (found == wires_.end()) return;
  const size_t consumed = data_->node->receive(clocks(), id, found->second.input, fresh);
  found = wires_.find(id);
  if (found != wires_.end()) found->second.input.erase(0, consumed);
}

void SimNode::closed(WireId wire) {
  auto found = conns_.find(wire);
  if (found == conns_.end()) return;
  const ConnId id = found->second;
  conns_.erase(found);
  wires_.erase(id);
  if (!data_) return;
  data_->node->closed(clocks(), id);
  end_of_batch();
}

void SimNode::connected(uint64_t attempt, std::optional<WireId> wire, bool refused) {
  // One that was begun for data that a full copy has replaced is nobody's.
  if (!data_ || attempt >> kAttemptBits != data_number_) return wire ? world_.network.close(*wire) : void();
  const ConnId id{attempt & ((uint64_t{1} << kAttemptBits) - 1)};
  if (!wire) {
    data_->node->connect_failed(clocks(), id, refused);
  } else {
    wires_[id].wire = *wire;
    conns_[*wire] = id;
    data_->node->connected(clocks(), id);
  }
  end_of_batch();
}

void SimNode::drop(ConnId id) {
  auto found = wires_.find(id);
  if (found == wires_.end()) return;
  world_.network.close(found->second.wire);
  conns_.erase(found->second.wire);
  wires_.erase(found);
}

// ---- the loop

void SimNode::woken() {
  if (!data_) return;
  data_->node->tick(clocks());
  end_of_batch();
}

void SimNode::end_of_batch() {
  if (!data_ || in_batch_) return;
  in_batch_ = true;
  touch();
  for (int round = 0; round < 64 && data_; round++) {
    data_->node->write_log(clocks());
    data_->node->end_of_batch(clocks());
    NodeEffects effects = data_->node->drain();
    const bool again = !effects.resume.empty();
    carry_out(std::move(effects));
    if (!again) break;
  }
  in_batch_ = false;
  // Only what is damaged may fail to fit: else tier and log are not what they must be.
  if (data_ && data_->node->role().lacks_records() && !lacked_records_ && !spoilt_)
    failure_ = "its log can't be applied to its tier";
  lacked_records_ = data_ && data_->node->role().lacks_records();
  if (data_) wake_at(data_->node->next_deadline());
}

void SimNode::carry_out(NodeEffects effects) {
  for (const LogLine& line : effects.log) say(line.text);
  if (effects.watcher_targets) told_ = *effects.watcher_targets;
  if (effects.sync) {
    post(sync_jobs_, [this, task = std::move(*effects.sync)] {
      Result<void> result;
      for (const auto& file : task.files) {
        if (result) result = file->sync();
      }
      if (data_) data_->node->log_synced(clocks(), task, result);
    });
  }
  for (TierTask& task : effects.tier) run_tier(std::move(task));
  for (CopyTask& task : effects.copy) run_copy(std::move(task));
  for (auto& [id, target] : effects.connect)
    world_.network.connect(host(), data_number_ << kAttemptBits | id.value, target);
  for (ConnId id : effects.send) {
    auto found = wires_.find(id);
    if (found == wires_.end()) continue;
    world_.network.send(found->second.wire, data_->node->take_output(id));
    if (data_->node->is_link(id)) data_->node->drained(clocks(), id, 0);
  }
  for (ConnId id : effects.close_after_send) drop(id);
  for (ConnId id : effects.close) drop(id);
  for (ConnId id : effects.resume) feed(id, false);
  if (effects.exit) {
    say("exits with " + std::to_string(*effects.exit));
    later(0, [this] { kill(); });
  }
}

// ---- workers

Micros SimNode::disk_delay() {
  return 20 + static_cast<Micros>(world_.random.below(static_cast<uint64_t>(slow_disk_)));
}

void SimNode::post(Jobs& jobs, std::function<void()> job) {
  jobs.queue.push_back(std::move(job));
  if (!jobs.busy) run_next(jobs);
}

void SimNode::run_next(Jobs& jobs) {
  if (jobs.queue.empty()) return;
  jobs.busy = true;
  later(disk_delay(), [this, &jobs, data = data_number_] {
    if (data != data_number_) return;  // a full copy took the place of what the job was for
    auto job = std::move(jobs.queue.front());
    jobs.queue.pop_front();
    jobs.busy = false;
    job();
    end_of_batch();
    if (!jobs.busy) run_next(jobs);
  });
}

void SimNode::run_tier(TierTask task) {
  const bool reads = std::holds_alternative<LoadTask>(task.work) || std::holds_alternative<SlotLoadTask>(task.work);
  std::string checkpoint;
  if (auto* asked = std::get_if<CheckpointTask>(&task.work)) {
    auto directory = folder_->checkpoint_directory(std::to_string(asked->id));
    if (directory) checkpoint = checkpoints_[CopyId{asked->id}] = *directory;
  }
  auto shared = std::make_shared<TierTask>(std::move(task));
  const auto job = [this, shared, checkpoint] {
    if (data_) data_->node->tier_finished(clocks(), run_tier_job(*data_->tier, std::move(*shared), checkpoint));
  };
  if (std::holds_alternative<SlotLoadTask>(shared->work)) {  // mostly warm-up: 16384 of them after each start
    later(slot_delay_, [this, job, data = data_number_] {
      if (data != data_number_) return;
      job();
      end_of_batch();
    });
  } else {
    post(reads ? read_jobs_ : tier_jobs_, job);
  }
}

void SimNode::run_copy(CopyTask task) {
  auto shared = std::make_shared<CopyTask>(std::move(task));
  post(copy_jobs_, [this, shared] {
    if (!data_) return;
    const auto* read = std::get_if<ReadCheckpoint>(shared.get());
    std::optional<CopyResult> result =
        copies_->run(std::move(*shared), read != nullptr ? checkpoints_[read->copy] : std::string());
    if (!result) return;
    if (!std::holds_alternative<CopyInstall>(result->task) || result->error) {
      return data_->node->copy_finished(clocks(), std::move(*result));
    }
    say("adopts a full copy");
    std::vector<ConnId> all;
    for (const auto& [id, wire] : wires_) all.push_back(id);
    for (ConnId id : all) drop(id);
    data_.reset();
    data_number_++;
    tier_jobs_ = read_jobs_ = sync_jobs_ = {};
    auto adopted = folder_->adopt_copy();
    if (!adopted) {
      failure_ = adopted.error().message;
      return;
    }
    (void)folder_->remove_old();
    spoilt_.reset();
    copies_adopted_++;
    open_data();
  });
}

}  // namespace onggi::sim
