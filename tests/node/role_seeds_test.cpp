// Random stories of three nodes under kills, power cuts, cut networks, cut tails and full copies, with a sentinel that
// does exactly what it may: fence, choose the greatest of enough sure answers, promote once. There are no leases here:
// what holds, holds whatever the clocks do. Checked: P1 (what was released is in every later master), P2 (one master an
// epoch), P3 (in the end all hold the same), and that memory is what the log says. ONGGI_SEEDS=n runs so many;
// ONGGI_SEED=s one, with its trace.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <deque>
#include <iostream>

#include "tests/node/role_world.h"

using namespace onggi;
using test::TestNode;

namespace {

const std::vector<std::string> kNames = {"A", "B", "C"};

class Story {
 public:
  Story(uint64_t seed, uint32_t k) : random_(seed), k_(k) {
    for (const std::string& name : kNames) line("start " + name);
    line("cluster members=A,B,C k=" + std::to_string(k));
    elect(kNames);
  }

  void step() {
    const std::string& a = pick();
    const std::string& b = pick();
    switch (random_.below(16)) {
      case 0:
        stop(a, "kill");
        break;
      case 1:
        if (random_.below(3) == 0) stop(a, "power");
        break;
      case 2:
        stop(a, "clean");
        break;
      case 3:
      case 4:
        for (const std::string& name : kNames) start(name);
        break;
      case 5:
        if (a != b) line("block " + a + " " + b);
        break;
      case 6:
      case 7:
        heal();
        break;
      case 8:
        elect({a, b});
        break;
      case 9:
        elect(kNames);
        break;
      case 10:
        if (up(a)) line("sync " + a);
        break;
      case 11:
        if (up(a)) line("write-tier " + a + (random_.below(3) == 0 ? " all" : ""));
        break;
      case 12:
        if (up(a)) line("release " + a);
        break;
      case 13:
        if (up(a)) line("hold-writes " + a + (random_.below(2) == 0 ? " on" : " off"));
        break;
      default:
        write();
        break;
    }
    if (random_.below(3) != 0) line("run");
    if (random_.below(3) == 0) line("time " + std::to_string(random_.below(3000)));
    if (random_.below(2) == 0) follow();
    look();
  }

  // The faults end: then a master must come, and all must agree.
  void heal_and_converge() {
    calm_ = true;
    heal();
    for (const std::string& name : kNames) {
      start(name);
      line("hold-writes " + name + " off");
    }
    line("run");
    elect(kNames);
    for (int i = 0; i < 20; i++) {
      follow();
      line("time 1000");
      line("run");
    }
    look();
    REQUIRE_MESSAGE(!master_.empty(), trace());
    for (const std::string& name : kNames) {
      check(world_.node(name).log->end() == world_.node(master_).log->end(), "P3: the logs end at one place: " + name);
      check(world_.node(name).memory == world_.node(master_).memory, "P3: all hold the same: " + name);
    }
    check_kept();
  }

  std::string trace() const {
    std::string all;
    for (const std::string& text : trace_) all += text;
    return all;
  }
  size_t acknowledged() const { return acknowledged_.size(); }

 private:
  struct Pending {
    std::string payload;
    std::string node;
    int run;
    Epoch epoch;
    Offset end;
  };

  const std::string& pick() { return kNames[random_.below(kNames.size())]; }
  bool up(const std::string& name) { return world_.node(name).up(); }

  void line(const std::string& text) {
    world_.run_line(text);
    trace_.push_back("> " + text + "\n" + world_.take_trace());
    if (trace_.size() > 4000) trace_.pop_front();
  }
  void check(bool holds, const std::string& what) { REQUIRE_MESSAGE(holds, what, "\n", trace()); }

  void stop(const std::string& name, const std::string& how) {
    if (up(name)) line(how + " " + name);
  }
  void start(const std::string& name) {
    if (!up(name)) line("start " + name);
  }
  void heal() {
    line("heal A B");
    line("heal A C");
    line("heal B C");
  }

  // F1 - F4, by a leader that reaches only `reached`.
  void elect(const std::vector<std::string>& reached) {
    epoch_++;
    const std::string epoch = std::to_string(epoch_);
    struct Answer {
      std::string name;
      Position position;
      bool sure;
      int run;
    };
    std::map<std::string, Answer> answers;
    for (const std::string& name : reached) {
      if (!up(name)) continue;
      line("fence " + name + " " + epoch + " s1");
      TestNode& it = world_.node(name);
      if (it.role->promise() != Epoch{epoch_}) continue;
      const NodeStatus status = it.role->status(world_.now());
      if (status.can_lead) answers[name] = Answer{name, status.position, status.sure, it.runs};
      if (random_.below(4) == 0) line("run");
    }
    size_t sure = 0;
    const Answer* best = nullptr;
    for (const auto& [name, answer] : answers) {
      sure += answer.sure ? 1 : 0;
      if (best == nullptr || answer.position > best->position) best = &answer;
    }
    const bool all = answers.size() == kNames.size();
    if (best == nullptr || (sure < 2 && !all)) return;
    if (epoch_ == 1 && !all) return;
    if (!calm_ && random_.below(8) == 0) stop(best->name, "kill"), start(best->name);  // PROMOTE meets another run
    TestNode& it = world_.node(best->name);
    line("promote " + best->name + " " + epoch + " s1 run=" + std::to_string(best->run) +
         " at=" + std::to_string(best->position.epoch.value) + "," + std::to_string(best->position.offset.value));
    if (!it.role->is_master()) return;
    check(masters_.emplace(epoch_, best->name).second, "P2: one master an epoch");
    master_ = best->name;
    configured_ = epoch_;
    if (sure < 2) forget_what_is_lost(it);  // N4: all holders may have lost it
    check_kept();
    if (random_.below(2) == 0) follow();
  }

  void forget_what_is_lost(const TestNode& it) {
    std::erase_if(acknowledged_, [&](const std::string& payload) {
      return std::find(it.memory.begin(), it.memory.end(), payload) == it.memory.end();
    });
  }

  // P1: by the newest master, as long as it is that.
  void check_kept() {
    if (master_.empty() || !up(master_) || !world_.node(master_).role->is_master()) return;
    const auto& memory = world_.node(master_).memory;
    for (const std::string& payload : acknowledged_) {
      check(std::find(memory.begin(), memory.end(), payload) != memory.end(), "P1: acknowledged and lost: " + payload);
    }
  }

  void follow() {
    for (const std::string& name : kNames) {
      if (configured_ > 0 && up(name) && name != master_)
        line("follow " + name + " " + std::to_string(configured_) + " " + master_);
    }
  }

  void write() {
    for (const std::string& name : kNames) {  // an old master may write too
      if (!up(name) || !world_.node(name).role->is_master()) continue;
      line("lease " + name);
      TestNode& it = world_.node(name);
      if (it.role->gate(world_.now()) != WriteGate::kOpen) continue;
      const std::string payload = "w" + std::to_string(++writes_);
      line("write " + name + " " + payload);
      pending_.push_back({payload, name, it.runs, it.role->epoch(), it.log->end().offset});
    }
  }

  void look() {
    std::erase_if(pending_, [&](const Pending& write) {
      TestNode& it = world_.node(write.node);
      if (!it.up() || it.runs != write.run || !it.role->is_master() || it.role->epoch() != write.epoch) return true;
      if (k_ == 0 || it.role->released() < write.end) return false;
      acknowledged_.push_back(write.payload);
      return true;
    });
    for (const std::string& name : kNames) {
      if (!up(name)) continue;
      TestNode& it = world_.node(name);
      std::vector<std::string> logged;
      REQUIRE(it.log->visit(it.log->begin(), [&](const RecordView& record) {
        if (record.type == RecordType::kOperations) logged.emplace_back(record.payload);
        return true;
      }));
      const bool same =
          logged.size() <= it.memory.size() && std::equal(logged.rbegin(), logged.rend(), it.memory.rbegin());
      check(same, "memory is what the log says: " + name);
    }
  }

  Random random_;
  uint32_t k_;
  test::World world_;
  std::deque<std::string> trace_;
  uint64_t epoch_ = 0;
  uint64_t configured_ = 0;
  std::string master_;
  std::map<uint64_t, std::string> masters_;
  std::vector<Pending> pending_;
  std::vector<std::string> acknowledged_;
  int writes_ = 0;
  bool calm_ = false;
};

}  // namespace

TEST_CASE("seeds: what was acknowledged is in every later master, and all converge") {
  const char* one = std::getenv("ONGGI_SEED");
  const char* many = std::getenv("ONGGI_SEEDS");
  const uint64_t first = one != nullptr ? std::stoull(one) : 1;
  const uint64_t count = one != nullptr ? 1 : many != nullptr ? std::stoull(many) : 60;
  size_t acknowledged = 0;
  for (uint64_t seed = first; seed < first + count; seed++) {
    CAPTURE(seed);
    Story story(seed, 1);
    for (int i = 0; i < 150; i++) story.step();
    story.heal_and_converge();
    acknowledged += story.acknowledged();
    if (one != nullptr) std::cout << story.trace();
  }
  CHECK(acknowledged > 0);
}
