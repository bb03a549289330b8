// Who belongs to the cluster changes while faults strike: the operator adds, removes and moves nodes and sentinels, by
// the commands and the order that docs/operations.md names, one change of the nodes and one of the sentinels at a time;
// k goes up and down; a sentinel that lost its folder is replaced without a word. And epochs cross each other:
// hand-overs are asked for in the middle of failovers, or let go of halfway; what belongs to an epoch arrives in the
// next.
//
// What the operator is told OK about binds. A change that is refused is asked for again, at any sentinel, and sometimes
// given up, and undone. In the end none may be left half done.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "tests/simulation/cluster.h"
#include "tests/simulation/operator.h"

namespace onggi::sim {

class Changes {
 public:
  static constexpr uint32_t kFirstNumber = 200'000;  // of these faults, for who leaves some out

  struct Rules {
    std::function<bool(uint32_t number)> kept;                           // this fault is not left out
    std::function<void(uint32_t number, const std::string& what)> note;  // it struck
    std::function<bool()> all_whole;                                     // no node that lost bytes is still behind
  };

  Changes(World& world, Cluster& cluster, const Shape& shape, uint64_t seed, Rules rules);

  void begin(Micros until);
  void hear(const Process& who, const std::string& what);
  void heal() { until_ = 0; }  // nothing new; what is under way comes to its end
  // A node is to leave or to move: all the others must be whole.
  bool a_node_goes() const { return nodes_.change && nodes_.change->goes; }
  std::string unsettled() const;  // what is under way; empty: nothing
  std::vector<std::string> take_failures() { return std::exchange(failures_, {}); }

 private:
  struct Change {
    uint32_t number = 0;
    std::string what;
    Process* who = nullptr;
    bool of_node = true;
    bool joins = false;                  // at its address, with its id; else it leaves
    bool goes = false;                   // it is, or may be, away meanwhile
    std::string gone;                    // this id is not to be there in the end
    std::optional<uint32_t> write_acks;  // no process comes or goes: this is what changes
    std::string command;                 // of SENTINEL; empty: it happens by itself
    bool told_ok = false;                // asked for by REMOVE-...
    bool asking = false;
    Micros not_before = 0;  // it isn't over before
    Micros give_up_at = 0;
    std::string last_answer;
  };
  struct Lane {
    Random random;
    uint32_t next_number;
    std::optional<Change> change;
  };

  void think(Lane& lane, Micros most);
  void go_on(Lane& lane);
  void begin_one(Lane& lane);
  bool change_nodes(Random& random, Change& change);
  bool change_sentinels(Random& random, Change& change);
  void add_node(Random& random, Change& change);
  bool remove_node(Random& random, Change& change);
  void move_node(Random& random, Change& change);
  bool set_write_acks(Change& change);
  void add_sentinel(Random& random, Change& change);
  void remove_sentinel(Random& random, Change& change);
  void replace_sentinel(Random& random, Change& change);
  void move_sentinel(Random& random, Change& change);
  bool done(const Change& change) const;
  void ask(Lane& lane);
  void answered(Lane& lane, uint32_t number, const Reply* reply);
  void give_up(Change& change);
  // ---- epochs that cross each other
  void cross();
  void hand_over_in_between(Random& random);
  void let_go_of_a_hand_over(Random& random, uint32_t number);
  void late_echoes(Random& random, uint32_t number);
  void leader_is_elected(const Process& leader);
  void let_echoes_through();
  void lose_the_answer(const Process& chosen, Random& random, uint32_t number);
  void cut(HostId from, HostId to, Micros how_long);
  const Address& any_sentinel(Random& random);
  std::string id_of(const Change& change) const;
  Address new_address(Random& random, bool of_node);
  void revive(Random& random, Process& process);

  World& world_;
  Cluster& cluster_;
  Shape shape_;
  Rules rules_;
  Operator operator_;
  Lane nodes_;
  Lane sentinels_;
  Lane failovers_;
  struct LateEchoes {
    HostId leader = 0;
    HostId master = 0;
    Micros wait = 0;  // once the leader is elected
  };
  std::optional<LateEchoes> late_echoes_;
  Micros until_ = 0;
  int addresses_ = 100;
  std::vector<Address> left_;  // where nodes were, and are no more
  std::vector<std::string> failures_;
};

}  // namespace onggi::sim
