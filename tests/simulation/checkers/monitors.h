// The rules that must hold at every moment, each in a file of its own.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/simulation/checkers/look.h"

namespace onggi::sim {

// P2, H1: at most one node accepts writes at a moment, and none when another is promoted. F4: in an epoch only one is
// ever promoted, in only one of its runs.
class OneWriter final : public Monitor {
 public:
  void look(const Look& look, Failures& failures) override;

 private:
  std::map<uint64_t, std::pair<std::string, RunId>> promoted_;
};

// P1, in the log: who is master has everything that a master before it was allowed to acknowledge.
class CompleteLeader final : public Monitor {
 public:
  void look(const Look& look, Failures& failures) override;

 private:
  struct Committed {
    EpochStart epoch;
    uint64_t offset = 0;
    std::string by;
  };
  Committed committed_;
  uint64_t last_epoch_ = 0;
};

// N3: what a master releases is held by k other members at that moment, or was by those who died or lost bytes since
// it was written: their acknowledgements may have been under way.
class HeldByEnough final : public Monitor {
 public:
  void look(const Look& look, Failures& failures) override;

 private:
  struct Reign {
    uint64_t epoch = 0;
    uint64_t released = 0;
    std::vector<std::pair<uint64_t, int64_t>> ends;  // of its log, and since when
  };
  std::map<std::string, Reign> reigns_;  // by master
};

// L3, L4, L6: no lease lives on when a majority has gone to a later epoch, nor begins before the majority stored the
// epoch's configuration; and who is elected because the master is down has waited for its lease.
class LeasesInTheirEpoch final : public Monitor {
 public:
  void look(const Look& look, Failures& failures) override;
  void hear(const Said& said, const Look& look, Failures& failures) override;

 private:
  // By sentinel, and of one that lost its folder as it was then: it will grant nothing under that id any more.
  std::map<SentinelId, std::pair<uint64_t, int64_t>> epochs_;  // its epoch, since when
  std::map<SentinelId, uint64_t> stored_;                      // the newest configuration that it stored
};

// E2, E3, M1: a vote is durable before it leaves, once an epoch; nobody is promoted whose leader had no majority of the
// epoch's sentinels, and of those before them.
class Votes final : public Monitor {
 public:
  void look(const Look& look, Failures& failures) override;
  void hear(const Said& said, const Look& look, Failures& failures) override;

 private:
  using Sentinels = std::set<SentinelId>;
  bool elected(uint64_t epoch, const Sentinels& sentinels) const;
  std::map<uint64_t, std::map<SentinelId, std::string>> votes_;  // epoch -> sentinel -> candidate
  std::map<uint64_t, Sentinels> stored_;                         // of the configurations that somebody stored
  std::set<uint64_t> promoted_;
};

// M1: an epoch has one configuration, whoever is asked, and it differs from one before it by one change: of one member,
// or of one sentinel.
class OneChangeAnEpoch final : public Monitor {
 public:
  void look(const Look& look, Failures& failures) override;

 private:
  void meet(const std::string& who, const Configuration& configuration, Failures& failures);
  std::map<std::string, uint64_t> seen_;  // by who knows it: the epoch that was looked at last
  std::map<uint64_t, Configuration> known_;
};

// Promises (N1), epochs of sentinels and votes never go back; nobody has records beyond its promise.
class EpochsNeverGoBack final : public Monitor {
 public:
  void look(const Look& look, Failures& failures) override;

 private:
  std::map<NodeId, uint64_t> promises_;
  std::map<SentinelId, std::pair<uint64_t, uint64_t>> sentinels_;
};

// F5: a master that may write has its epoch-start on the disk.
class StartIsDurable final : public Monitor {
 public:
  void look(const Look& look, Failures& failures) override;
};

// N2, P7: a managed node starts as a follower of nobody.
class StartsAsFollower final : public Monitor {
 public:
  void look(const Look& look, Failures& failures) override;
};

// H2: a master doesn't hold writes for hand-overs longer than the pause of a few lasts, one begun upon the other.
class PausesEnd final : public Monitor {
 public:
  void look(const Look& look, Failures& failures) override;

 private:
  std::map<std::string, int64_t> since_;  // by who is paused
};

// M2: a configuration with other members is stored only when enough of the others hold its epoch-start.
class MembersHoldTheStart final : public Monitor {
 public:
  void look(const Look& look, Failures& failures) override;

 private:
  struct Seen {
    uint32_t write_acks = 0;
    std::set<NodeId> members;
    auto operator<=>(const Seen&) const = default;
  };
  bool changes(const SentinelLook& by, const Seen& next) const;
  uint64_t newest_ = 0;  // that any sentinel stored: the first to store an epoch is looked at
  std::map<SentinelId, uint64_t> epochs_;
  std::map<SentinelId, Seen> by_whom_;  // what each stored last
  std::set<Seen> ever_;
};

std::vector<std::unique_ptr<Monitor>> all_monitors();

}  // namespace onggi::sim
