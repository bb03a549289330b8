// How soon the cluster answers when all was well and one thing goes wrong, in virtual time (P4, P7):
//
// - nodes that were just started answer reads of any key, also of keys that only the tier has, long before they are
//   warm;
// - a master is lost, everybody else is well: a client that asks the sentinels as client libraries do has its first
//   write acknowledged within the time to find out, the time that leases run, and one election.
#pragma once

#include <optional>
#include <set>
#include <string>

#include "tests/simulation/cluster.h"
#include "tests/simulation/operator.h"

namespace onggi::sim {

class FirstAnswers {
 public:
  FirstAnswers(World& world, Cluster& cluster, const Shape& shape, uint64_t seed);

  // ---- reads, asked of every node at once
  static constexpr Micros kReadsWithin = 500'000;
  void ask_for_reads();
  bool reads_answered() const { return open_reads_ == 0 && wrong_.empty(); }

  // ---- a master is lost; false: this cluster can't do without one (its members, write-acks)
  bool lose_the_master();
  void hear(const std::string& what);
  Micros writes_within() const { return bound_; }
  bool write_acknowledged() const { return acknowledged_at_.has_value(); }
  Micros took() const { return acknowledged_at_.value_or(0) - lost_at_; }
  const std::string& how() const { return how_; }  // it was lost
  const std::string& wrong() const { return wrong_; }

 private:
  void ask_again();
  void look_for_master();
  void write_to(const Address& node);

  World& world_;
  Cluster& cluster_;
  Shape shape_;
  Random random_;
  Operator client_;
  size_t open_reads_ = 0;
  std::string wrong_;
  std::string how_;
  Micros bound_ = 0;
  int draws_ = 0;  // elections that nobody won
  Micros lost_at_ = 0;
  std::optional<Micros> acknowledged_at_;
};

}  // namespace onggi::sim
