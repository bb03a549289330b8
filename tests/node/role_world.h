// Several roles on a network in memory, driven by lines of text: what scenario files (tests/scenarios/node) run in.
//
// A node here is a Role, a log on a disk that forgets what was not synced, a state store, and a "memory" that is the
// list of payloads applied. Sentinels are names whose messages the scenario sends by hand. Time stands still but for
// `time`. Everything that happens is written to a trace. The words of the language are in
// tests/scenarios/node/README.md.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/random.h"
#include "node/role/role.h"
#include "storage/memory_disk.h"

namespace onggi::test {

class MemoryState : public StateStore {
 public:
  std::optional<std::string> load() override { return state_; }
  Result<void> save(std::string_view state) override {
    if (fails) return Error{"no space left"};
    state_ = std::string(state);
    return {};
  }
  bool fails = false;

 private:
  std::optional<std::string> state_;
};

class World;

struct TestNode : StreamSink {
  Result<void> apply(const RecordView& record, WallTime) override {
    if (record.type == RecordType::kOperations) memory.emplace_back(record.payload);
    return {};
  }

  explicit TestNode(std::string n, uint64_t seed) : name(std::move(n)), random(seed) {}
  std::string name;
  Random random;
  std::unique_ptr<MemoryDisk> disk = std::make_unique<MemoryDisk>();
  std::unique_ptr<MemoryState> state = std::make_unique<MemoryState>();
  ConnIds conns;
  RoleOptions options;
  std::unique_ptr<Log> log;
  std::unique_ptr<Role> role;
  std::vector<std::string> memory;
  std::vector<std::string> tier;  // what of memory is in the tier
  Offset tier_at;
  int runs = 0;
  int boots = 1;
  bool holds_writes = false;  // write_out() is not called
  std::string copy;           // being received
  std::optional<RoleEffects::CopyOpen> copy_open;
  std::map<CopyId, std::string> copies;  // being sent
  bool up() const { return role != nullptr; }
};

class World {
 public:
  // One line of a scenario; appends to the trace. An unknown word is a failed test.
  void run_line(const std::string& line);
  std::string take_trace();
  TestNode& node(const std::string& name);
  Now now() const { return {instant_, WallTime{1'000'000 + instant_.us / 1000}}; }

 private:
  struct End {
    std::string peer;  // a node's or a sentinel's name
    ConnId peer_conn;  // 0: a sentinel
  };
  struct Flight {
    std::string from;
    std::string to;
    ConnId conn;                     // at the receiver
    std::optional<Message> message;  // none: the connection closed
  };
  using Words = std::vector<std::string>;

  // ---- words (role_world_words.cpp)
  void sentinel_word(const Words& words);
  void node_word(const Words& words);
  void show(const std::string& name);
  void show_replicas(const std::string& name);
  void give_lease(const std::string& name);
  void write(const std::string& name, const std::string& payload, bool ask);
  Configuration configuration(Epoch epoch, const std::string& master);

  // ---- life of nodes
  void start(const Words& words);
  void stop(const std::string& name, const std::string& how);
  void flow();  // delivers until nothing is under way
  void pass_time(int64_t ms);
  void deliver(const Flight& flight);
  void end_batch(TestNode& node);
  void drain(TestNode& node);
  void data_effects(TestNode& node, RoleEffects& effects);
  void link_effects(TestNode& node, RoleEffects& effects);
  void copy_effects(TestNode& node, RoleEffects& effects);
  Result<void> replay(TestNode& node);
  void write_tier(TestNode& node, Offset upto);
  Result<void> install(TestNode& node);
  void connect(TestNode& node, ConnId conn, const Address& address);
  void close(TestNode& node, ConnId conn);
  void from_sentinel(const std::string& sentinel, const std::string& node, Message message);
  void heard(const std::string& node, const std::string& sentinel, const Message& message);

  // ---- words of the trace (role_world_trace.cpp)
  void say(const std::string& text) { trace_ += text + "\n"; }
  std::string name_of(const NodeId& id) const;
  std::string describe(const Message& message) const;
  std::string describe(const NodeStatus& status) const;

  bool blocked(const std::string& a, const std::string& b) const { return blocked_.contains(a + b); }

  Instant instant_{10'000'000};
  std::map<std::string, std::unique_ptr<TestNode>> nodes_;
  std::map<std::pair<std::string, uint64_t>, End> ends_;
  std::deque<Flight> flights_;
  std::set<std::string> blocked_;
  std::map<std::string, LeaseToken> tokens_;  // of a node's last answer, or kept under a name
  std::map<std::string, NodeId> ids_;         // as of the last start
  std::map<std::string, std::string> moved_;  // an address leads to another node
  std::vector<std::string> members_;
  std::vector<std::string> sentinels_ = {"s1", "s2", "s3"};
  uint32_t k_ = 0;
  std::string cluster_ = "c1";
  bool quiet_ = false;
  std::string trace_;
};

std::string words_of(Position position);

}  // namespace onggi::test
