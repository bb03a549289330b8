// Real sentinels and fake nodes in one process, one clock and one seed. Messages are delayed, links break, processes
// die, stop and restart; after every event the promises are checked. Everything that matters is written to a trace.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <queue>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "sentinel/sentinel.h"
#include "tests/sentinel/fake_node.h"

namespace onggi::test {

class MemoryStore : public StateStore {
 public:
  std::optional<std::string> load() override { return text; }
  Result<void> save(std::string_view state) override {
    if (fails) return Error{"no space left"};
    text = std::string(state);
    return {};
  }
  std::optional<std::string> text;
  bool fails = false;
};

struct ClusterOptions {
  size_t nodes = 3, sentinels = 3;
  size_t spare_nodes = 0, spare_sentinels = 0;  // the next names: not started, and in nobody's configuration
  uint32_t write_acks = 1;
  uint64_t seed = 1;
  Duration least_delay = milliseconds(1), most_delay = milliseconds(1);
  bool trace_messages = true;
};

class Cluster {
 public:
  explicit Cluster(ClusterOptions options);

  void run_for(Duration duration);
  // False if it doesn't come true within `at_most`.
  bool run_until(const std::function<bool()>& condition, Duration at_most);

  // Names: nodes are A, B, C...; sentinels are S1, S2, S3...
  void kill(const std::string& name);         // kill -9, without a word
  void kill_proven(const std::string& name);  // ... and the watcher tells the sentinels
  void restart(const std::string& name);
  bool alive(const std::string& name);
  void wipe(const std::string& name);  // the folder is lost: a new id at the next start
  void move(const std::string& name);  // another address at the next start
  Address address(const std::string& name);
  bool has_moved(const std::string& node) { return address(node).port != kNodePort; }
  std::vector<std::string> names() const;
  void stop(const std::string& name, bool stopped);  // SIGSTOP, SIGCONT
  void cut(const std::string& a, const std::string& b) { cuts_.insert(pair(a, b)); }
  void heal(const std::string& a, const std::string& b) { cuts_.erase(pair(a, b)); }
  void reject(const std::string& a, const std::string& b);  // a firewall resets what is between them, and refuses (B3)
  void heal_all() {
    cuts_.clear();
    rejects_.clear();
  }
  void command(const std::string& sentinel, const SentinelEvent& event);

  FakeNode& node(const std::string& name);
  SentinelView view(const std::string& sentinel) const;
  MemoryStore& store(const std::string& sentinel);
  uint64_t wakes(const std::string& sentinel) { return process(sentinel)->wakes; }  // as its deadlines passed
  FakeNode* writable_master();
  const std::vector<std::string>& broken() const { return broken_; }  // promises that were broken
  std::vector<std::string> take_trace() { return std::exchange(trace_, {}); }
  Instant now() const { return now_; }
  Random& random() { return random_; }
  uint64_t acknowledged() const { return acknowledged_.size(); }

 private:
  static constexpr uint16_t kNodePort = 7001, kSentinelPort = 27001;
  struct Process {  // a sentinel
    std::string name;
    Address address;
    MemoryStore store;
    std::unique_ptr<Random> random;
    std::unique_ptr<Sentinel> sentinel;  // null: dead
    bool stopped = false;
    uint64_t life = 0, wipes = 0, wakes = 0;
  };
  struct Conn {
    std::string from, to;
    LinkId from_link, to_link;
    Instant from_clear, to_clear;  // messages of one direction keep their order
    bool open = true;
    bool stuck = false;  // a message was lost in a cut: nothing comes through any more
  };
  struct Event {
    Instant at;
    uint64_t order;
    std::function<void()> action;
    bool operator<(const Event& other) const { return std::tie(other.at, other.order) < std::tie(at, order); }
  };

  static std::pair<std::string, std::string> pair(const std::string& a, const std::string& b) {
    return a < b ? std::pair(a, b) : std::pair(b, a);
  }
  bool is_cut(const std::string& a, const std::string& b) const { return cuts_.contains(pair(a, b)); }
  void at(Instant when, std::function<void()> action);
  Duration delay();
  Now both_clocks() const { return {now_, {now_.us / 1000}}; }
  void start_sentinel(Process& p);
  void feed(Process& p, const SentinelEvent& event);
  void execute(Process& p);
  void connect(Process& p, const Address& address);
  void send(size_t conn, const std::string& sender, const Message& message);
  void deliver(size_t conn, const std::string& to, const Message& message);
  void close_all_of(const std::string& name);
  void close(size_t conn, const std::string& by);
  void replication_turn();
  void replicate();
  void write();
  void check();
  void tick_sentinels();
  void note(const std::string& text);
  void note_message(const std::string& from, const std::string& to, const Message& message);
  Process* process(const std::string& name);

  ClusterOptions options_;
  Random random_;
  Instant now_{1000000};
  uint64_t order_ = 0, links_ = 0, writes_ = 0;
  std::priority_queue<Event> events_;
  std::vector<std::unique_ptr<FakeNode>> nodes_;
  std::vector<std::unique_ptr<Process>> sentinels_;
  std::vector<Conn> conns_;  // closed ones stay: an index is a name
  std::map<LinkId, size_t> conn_of_;
  std::set<std::pair<std::string, std::string>> cuts_, rejects_;
  std::set<uint64_t> acknowledged_;
  std::map<Epoch, NodeId> master_of_;
  std::string writable_note_;
  std::vector<std::string> broken_, trace_;
};

}  // namespace onggi::test
