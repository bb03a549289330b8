// What monitors look at: every process of a cluster at one moment, as plain facts.
//
// Pointers are valid during the look alone: who needs something later copies it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/messages.h"

namespace onggi::sim {

struct NodeLook {
  std::string name;
  bool alive = false;
  bool just_started = false;   // nothing happened in this life yet
  int64_t lost_bytes_at = -1;  // to a power cut, a wiped folder or bad bytes, the last time; us
  NodeId id;
  RunId run;
  bool is_master = false;
  bool stopped = false;  // by SIGSTOP
  bool paused = false;   // it holds writes for a hand-over (H2)
  bool leased = false;   // master with a lease: it may write
  uint64_t epoch = 0;    // of which it is master, or whose master it follows
  uint64_t promise = 0;
  Position end;  // of its log
  uint64_t written = 0;
  uint64_t synced = 0;
  uint64_t released = 0;  // master: replies up to here may leave
  uint64_t covered = 0;   // master: up to here no failover may lose anything (P1)
  const History* history = nullptr;
  const Configuration* configuration = nullptr;
};

struct SentinelLook {
  std::string name;
  bool alive = false;
  SentinelId id;
  uint64_t epoch = 0;  // durable, all of it
  uint64_t vote_epoch = 0;
  SentinelId vote;
  const Configuration* stored = nullptr;
};

struct Look {
  int64_t now = 0;  // us
  std::vector<NodeLook> nodes;
  std::vector<SentinelLook> sentinels;
};

// Something that a process said in its log.
struct Said {
  int64_t now = 0;
  std::string who;
  std::string what;
};

using Failures = std::vector<std::string>;

// A rule that must hold at every moment. It says what it found broken, in words; nothing: the rule held.
class Monitor {
 public:
  virtual ~Monitor() = default;
  virtual void look(const Look&, Failures&) {}
  virtual void hear(const Said&, const Look&, Failures&) {}
};

inline size_t majority(size_t of) {
  return of / 2 + 1;
}

// Whether a log with this history and end holds all up to `offset` as epoch `of` wrote it.
inline bool holds(const History& history, uint64_t end, const EpochStart& of, uint64_t offset) {
  for (size_t i = 0; i < history.size(); i++) {
    if (history[i].epoch != of.epoch || history[i].branch != of.branch) continue;
    const uint64_t next = i + 1 < history.size() ? history[i + 1].offset.value : end;
    return next >= offset && end >= offset;
  }
  return false;
}

}  // namespace onggi::sim
