// A node as small as the sentinels' side of the protocol needs it: promises, leases, promotions, a log of numbers. It
// follows N1, N2, N9, L1, L2, L6, F1, F4 by the letter, so that what goes wrong in a test is the sentinels' doing.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/messages.h"

namespace onggi::test {

struct Record {
  Epoch epoch;
  uint64_t write = 0;  // 0: an epoch-start
  bool operator==(const Record&) const = default;
};

struct FakeNode {
  std::string name;  // the slot: an address; the id changes when it is wiped
  Address address;
  NodeId id;
  std::string secret;
  RunId run;
  bool up = true;
  bool stopped = false;  // SIGSTOP
  bool sure = true, can_lead = true, wants_handover = false, managed = true;
  std::string id_file = "the first";
  uint32_t priority = 100;
  uint32_t lives = 0, wipes = 0;

  // durable
  Epoch promise;
  SentinelId promised_to;
  ClusterId cluster;
  std::vector<Record> log;
  std::set<Epoch> was_master_in;

  // of this run
  bool is_master = false;
  bool fenced = false;
  Epoch master_epoch;
  Configuration configuration;
  std::map<SentinelId, Instant> leases;
  std::map<SentinelId, Epoch> stored;
  bool hears_master = false, following_master = false, in_step = false;
  std::set<NodeId> followers, holders;
  std::optional<Instant> paused_until;
  NodeId pause_target;

  void start();  // a new run
  void wipe();   // the folder is lost: a new id at the next start
  Position position() const;
  bool writable(Instant now) const;
  bool paused(Instant now) const { return paused_until && now < *paused_until; }
  bool accepts_writes(Instant now) const { return up && writable(now) && !paused(now); }
  NodeStatus status(Instant now) const;

  // The answer, if there is one at once.
  std::optional<Message> handle(const Message& message, Instant now);
  std::optional<CatchUp> wants_tail;  // C8

 private:
  void become_master(const Promote& promote);
  void step_down();
};

}  // namespace onggi::test
