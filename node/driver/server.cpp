#include "node/driver/server.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <limits>
#include <utility>

#include "node/driver/tier_jobs.h"
#include "storage/heap.h"

namespace onggi {

namespace {

constexpr milliseconds kFactsEvery{500};
constexpr milliseconds kConnectTimeout{1000};
constexpr uint64_t kOwnFiles = 1024;  // segments, RocksDB's tables, peers
constexpr int kRoundsOfEffects = 64;  // of one batch: what is left then waits for the next

class ThreadStopwatch final : public Stopwatch {
 public:
  uint64_t nanoseconds() const override {
    timespec t{};
    clock_gettime(CLOCK_MONOTONIC, &t);
    return static_cast<uint64_t>(t.tv_sec) * 1'000'000'000u + static_cast<uint64_t>(t.tv_nsec);
  }
};

uint64_t kernel_seed() {
  uint64_t seed = 0;
  [[maybe_unused]] const ssize_t got = getrandom(&seed, sizeof seed, 0);
  return seed;
}

std::string read_line(const char* path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

net::ConnectionLimits connection_limits(const Config& config) {
  net::ConnectionLimits limits;
  // The node closes at client-query-buffer-limit itself; this is the backstop.
  limits.input_bytes = config.client_query_buffer_limit + net::EventLoop::kScratchBytes;
  return limits;
}

}  // namespace

Server::Server(Config config, Watched watched, std::shared_ptr<spdlog::logger> logger)
    : config_(std::move(config)),
      watched_(watched),
      logger_(std::move(logger)),
      listener_(loop_, *this),
      connections_(loop_, *this),
      random_(std::make_unique<Random>(kernel_seed())),
      stopwatch_(std::make_unique<ThreadStopwatch>()),
      boot_id_(read_line("/proc/sys/kernel/random/boot_id")) {}

Server::~Server() {
  // Jobs under way refer to the rest.
  sync_worker_.reset();
  tier_worker_.reset();
  read_worker_.reset();
  copy_worker_.reset();
}

Result<void> Server::start() {
  Heap::tune_allocator();
  if (auto watched = loop_.watch_signals({SIGTERM, SIGINT, SIGHUP, SIGUSR1}); !watched) return watched;
  signal(SIGPIPE, SIG_IGN);
  // As many as it may have: CONFIG SET maxclients can ask for more than the file did.
  const uint64_t files = net::raise_descriptor_limit(std::numeric_limits<uint64_t>::max());
  // Clients must not take what the log, the tier and the peers need.
  config_.most_clients = net::clients_that_fit(files, kOwnFiles);
  if (config_.maxclients > config_.most_clients) {
    config_.maxclients = config_.most_clients;
    logger_->warn("open files are limited to {} (ulimit -n): maxclients is {}", files, config_.maxclients);
  }
  if (auto made = disk_.make_directory(config_.dir); !made) return made;
  auto state = SlotFile::open(config_.dir + "/state");
  if (!state) return state.error();
  state_ = std::move(*state);
  auto folder = DataDir::open(disk_, config_.dir);
  if (!folder) return folder.error();
  folder_.emplace(std::move(*folder));
  copies_ = std::make_unique<CopyFiles>(disk_, *folder_);
  sync_worker_ = std::make_unique<Worker>("log-sync");
  tier_worker_ = std::make_unique<Worker>("tier-write");
  read_worker_ = std::make_unique<Worker>("tier-read");
  copy_worker_ = std::make_unique<Worker>("copy");
  if (auto listening = listener_.listen(config_.bind, config_.port, static_cast<int>(config_.tcp_backlog));
      !listening) {
    return listening;
  }
  return open_data();
}

Result<void> Server::open_data() {
  Data data;
  data.generation = data_.generation + 1;
  RocksTierOptions tier_options;
  tier_options.block_cache_bytes = config_.tier_cache_bytes;
  auto tier = RocksTier::open(folder_->tier_directory(), tier_options);
  if (!tier) return tier.error();
  data.tier = std::move(*tier);
  LogOptions log_options;
  log_options.directory = folder_->log_directory();
  log_options.segment_bytes = config_.log_segment_size;
  log_options.backlog_bytes = config_.repl_backlog_size;
  log_options.memory_tail_bytes = config_.log_memory_tail;
  log_options.known_synced = data.tier->durable().offset;  // N7
  auto log = Log::open(disk_, log_options);
  if (!log) return log.error();
  data.log = std::move(*log);
  const TierMeta meta = data.tier->meta();
  if (data.log->end() < meta.position) {
    return Error{"the log in " + folder_->log_directory() + " ends at offset " +
                 std::to_string(data.log->end().offset.value) + ", before the tier's " +
                 std::to_string(meta.position.offset.value) +
                 ": records are missing. Empty the data folder, and this node fetches everything from the master"};
  }
  StoreOptions store_options;
  store_options.databases = config_.databases;
  store_options.hash_max_packed_entries = config_.hash_max_listpack_entries;
  store_options.hash_max_packed_value = config_.hash_max_listpack_value;
  store_options.hash_seed = kernel_seed();
  data.store = std::make_unique<Store>(*data.log, store_options, meta);
  const Address own{"", listener_.port()};
  auto node =
      Node::start(NodeParts{config_, *data.log, *data.store, *data.tier, *state_, *random_, *stopwatch_, watched_.run,
                            boot_id_, own, disk_, copies_adopted_,
                            boot_id_ + ":" + std::to_string(state_->device()) + ":" + std::to_string(state_->inode())},
                  net::read_clocks());
  if (!node) return node.error();
  data.node = std::move(*node);
  data_ = std::move(data);
  logger_->info("ready to accept connections on port {}, log at {} in {}", listener_.port(),
                data_.log->end().offset.value, config_.dir);
  return {};
}

// N6: the copy takes the place of this node's data, whole; the node starts over from it.
Result<void> Server::adopt_copy() {
  connections_.close_all();
  data_.node.reset();
  data_.store.reset();
  data_.log.reset();
  data_.tier.reset();
  data_.generation++;  // what is still being done was for the old one
  if (auto adopted = folder_->adopt_copy(); !adopted) return adopted;
  if (auto removed = folder_->remove_old(); !removed) logger_->warn("{}", removed.error().message);
  copies_adopted_++;
  next_facts_ = Instant{};  // the new node is told them too
  return open_data();
}

int Server::run() {
  loop_.post([this] { end_of_batch(); });
  while (!exit_) loop_.run_once(*this);
  listener_.close();
  return *exit_;
}

// ---- the loop

void Server::on_deadline() {
  if (exit_) return;
  data_.node->tick(net::read_clocks());
}

void Server::on_signal(int number) {
  if (exit_) return;
  if (number == SIGTERM || number == SIGINT) {
    logger_->info("received {}, stopping", number == SIGTERM ? "SIGTERM" : "SIGINT");
    data_.node->stop(net::read_clocks());
  }
}

void Server::end_of_batch() {
  if (exit_) return;
  // Effects may make new ones (a send that drains, a resumed command): until there are none.
  for (int round = 0; round < kRoundsOfEffects; round++) {
    const Now now = net::read_clocks();
    if (now.instant >= next_facts_) read_facts();
    data_.node->write_log(now);
    data_.node->end_of_batch(net::read_clocks());
    NodeEffects effects = data_.node->drain();
    const bool again = !effects.resume.empty();
    carry_out(std::move(effects));
    if (!again || exit_) break;
  }
  connections_.end_of_round();
  // A link that could take more goes on in the next turn: what others sent meanwhile is served in between.
  loop_.set_deadline(data_.node->has_more_to_do() ? net::read_clocks().instant : data_.node->next_deadline());
}

void Server::carry_out(NodeEffects effects) {
  for (const LogLine& line : effects.log) write_log(*logger_, line);
  if (effects.log_level) (void)set_log_level(*logger_, *effects.log_level);
  if (const bool master = data_.node->role().is_master(); master != logs_as_master_) {
    logs_as_master_ = master;
    set_log_role(*logger_, master ? 'M' : 'S');
  }
  if (effects.watcher_targets) report_to_watcher(watched_.report_fd, data_.node->role().id(), *effects.watcher_targets);
  if (effects.sync) run_sync(std::move(*effects.sync));
  for (TierTask& task : effects.tier) run_tier(std::move(task));
  for (CopyTask& task : effects.copy) run_copy(std::move(task));
  for (auto& [id, address] : effects.connect) connect(id, address);
  for (ConnId id : effects.send) send(id);
  for (ConnId id : effects.close_after_send) connections_.close_after_flush(id);
  for (ConnId id : effects.close) connections_.close(id);
  for (ConnId id : effects.resume) {
    if (net::Connection* connection = connections_.find(id)) feed(id, *connection, false);
  }
  if (effects.exit) exit_ = effects.exit;
}

void Server::send(ConnId id) {
  net::Connection* connection = connections_.find(id);
  if (connection == nullptr) return;
  std::string bytes = data_.node->take_output(id);
  if (!bytes.empty()) connection->send(bytes);
  data_.node->reuse(std::move(bytes));
  const size_t pending = connection->pending();
  if (pending > 0 || data_.node->is_link(id)) data_.node->drained(net::read_clocks(), id, pending);
}

// ---- connections

void Server::on_accept(net::Socket socket) {
  const auto id = data_.node->accepted(net::read_clocks(), socket.remote, socket.local);
  if (!id) return net::send_last_word(socket.fd, id.error().message);
  if (config_.tcp_keepalive != 0) net::set_keepalive(socket.fd.get(), config_.tcp_keepalive);
  connections_.add(*id, std::move(socket), connection_limits(config_));
}

void Server::on_input(ConnId id, net::Connection& connection) {
  feed(id, connection, true);
}

void Server::feed(ConnId id, net::Connection& connection, bool fresh) {
  const size_t consumed = data_.node->receive(net::read_clocks(), id, connection.input(), fresh);
  connection.consume(consumed);
  if (data_.node->wants_input(id, connection.input().size())) {
    connection.start_reading();
  } else {
    connection.stop_reading();
  }
}

void Server::on_closed(ConnId id) {
  data_.node->closed(net::read_clocks(), id);
}

void Server::on_drained(ConnId id) {
  data_.node->drained(net::read_clocks(), id, 0);
}

void Server::connect(ConnId id, const Address& address) {
  net::ConnectOptions options;
  options.timeout = kConnectTimeout;
  connections_.connect(id, address, options, connection_limits(config_));
}

void Server::on_connected(ConnId id) {
  data_.node->connected(net::read_clocks(), id);
}

void Server::on_connect_failed(ConnId id, const net::ConnectFailure& failure) {
  data_.node->connect_failed(net::read_clocks(), id, failure.kind == net::ConnectFailure::Kind::kRefused);
}

// ---- work for threads

void Server::run_sync(SyncTask task) {
  sync_worker_->post([this, task = std::move(task), generation = data_.generation] {
    Result<void> result;
    for (const auto& file : task.files) {
      if (result) result = file->sync();
    }
    loop_.post([this, task, result, generation] {
      if (generation == data_.generation) data_.node->log_synced(net::read_clocks(), task, result);
    });
  });
}

void Server::run_tier(TierTask task) {
  const bool reads = std::holds_alternative<LoadTask>(task.work) || std::holds_alternative<SlotLoadTask>(task.work);
  Worker& worker = reads ? *read_worker_ : *tier_worker_;
  std::string checkpoint;
  if (auto* asked = std::get_if<CheckpointTask>(&task.work)) {
    auto directory = folder_->checkpoint_directory(std::to_string(asked->id));
    if (directory) checkpoint = checkpoints_[CopyId{asked->id}] = *directory;
  }
  auto shared = std::make_shared<TierTask>(std::move(task));
  worker.post([this, shared, checkpoint, tier = data_.tier, generation = data_.generation] {
    auto result = std::make_shared<TierResult>(run_tier_job(*tier, std::move(*shared), checkpoint));
    loop_.post([this, result, generation] {
      if (generation == data_.generation) data_.node->tier_finished(net::read_clocks(), std::move(*result));
    });
  });
}

void Server::run_copy(CopyTask task) {
  auto shared = std::make_shared<CopyTask>(std::move(task));
  std::string checkpoint;
  if (auto* read = std::get_if<ReadCheckpoint>(shared.get())) checkpoint = checkpoints_[read->copy];
  copy_worker_->post([this, shared, checkpoint, generation = data_.generation] {
    std::optional<CopyResult> done = copies_->run(std::move(*shared), checkpoint);
    if (!done) return;
    auto result = std::make_shared<CopyResult>(std::move(*done));
    loop_.post([this, result, generation] {
      if (generation != data_.generation) return;
      const bool install = std::holds_alternative<CopyInstall>(result->task);
      if (!install || result->error) {
        data_.node->copy_finished(net::read_clocks(), std::move(*result));
        return;
      }
      if (auto adopted = adopt_copy(); !adopted) {
        logger_->critical("the full copy could not be opened: {}", adopted.error().message);
        listener_.close();  // there is nothing left that could answer
        exit_ = 1;
      }
    });
  });
}

void Server::read_facts() {
  next_facts_ = net::boottime_now() + kFactsEvery;
  ProcessFacts facts;
  std::ifstream statm("/proc/self/statm");
  uint64_t size = 0;
  uint64_t resident = 0;
  if (statm >> size >> resident) facts.resident_bytes = resident * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  facts.cpu_user_us =
      static_cast<uint64_t>(usage.ru_utime.tv_sec) * 1'000'000u + static_cast<uint64_t>(usage.ru_utime.tv_usec);
  facts.cpu_system_us =
      static_cast<uint64_t>(usage.ru_stime.tv_sec) * 1'000'000u + static_cast<uint64_t>(usage.ru_stime.tv_usec);
  facts.process_id = static_cast<uint64_t>(getpid());
  facts.system_memory_bytes =
      static_cast<uint64_t>(sysconf(_SC_PHYS_PAGES)) * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
  std::error_code ignored;
  facts.executable = std::filesystem::read_symlink("/proc/self/exe", ignored).string();
  utsname system{};
  if (uname(&system) == 0) {
    facts.os = std::string(system.sysname) + " " + system.release + " " + system.machine;
  }
  facts.tier = data_.tier->stats();
  data_.node->facts(std::move(facts));
}

}  // namespace onggi
