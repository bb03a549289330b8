// The arithmetic of configurations: who counts, how many are needed, what may follow what. Pure functions.
#pragma once

#include <vector>

#include "common/messages.h"

namespace onggi {

inline size_t majority_of(size_t n) {
  return n / 2 + 1;
}

// F: how many sure answers to a fence make certain that every acknowledged write is among them.
size_t fence_quorum(size_t members, uint32_t write_acks);

const Member* find_member(const Configuration& configuration, const NodeId& id);
bool has_sentinel(const Configuration& configuration, const SentinelId& id);

// M2: whether the members or k differ, so that a new configuration has to wait for its epoch-start to be held.
bool same_membership(const Configuration& a, const Configuration& b);

// M2: of the members other than the master, how many must hold the epoch-start.
size_t start_holders_needed(const Configuration& configuration);

// M2: the master's report says that enough of the configuration's other members hold its epoch-start.
bool start_is_held(const Configuration& configuration, const NodeStatus& master);

// W3: newer, of the same cluster, and sound in itself. M2 is another question.
bool may_follow(const Configuration& stored, const Configuration& next);

// Bounds a configuration that came from outside: sizes, ids, the master among the members.
bool plausible(const Configuration& configuration);

}  // namespace onggi
