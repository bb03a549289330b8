// What is known of the cluster at one moment: made of replies, shown by render.h. Pure.
//
// Every field that a process did not tell is absent, never guessed: an absent one is shown as '-'.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/resp/reader.h"
#include "common/types.h"

namespace onggi {

// What INFO said: field by field.
using InfoFields = std::map<std::string, std::string>;
InfoFields parse_info(const std::string& text);

// A SENTINEL map (MASTER, REPLICAS' and SENTINELS' elements), RESP2 or RESP3.
InfoFields parse_fields(const Reply& reply);

struct NodeView {
  Address address;
  std::string unreachable;  // why, if it is
  InfoFields info;

  bool is_master() const;
  std::string state() const;  // "writable", "no lease", "in sync", "syncing", "link down", "unreachable" ...
  std::optional<std::string> field(const std::string& name) const;
  std::optional<uint64_t> offset() const;
};

struct SentinelView {
  Address address;
  std::string unreachable;
  std::optional<Address> master;  // what it tells clients
  InfoFields fields;              // SENTINEL MASTER
};

struct ClusterView {
  std::string name;
  std::vector<NodeView> nodes;          // by address
  std::vector<SentinelView> sentinels;  // by address

  const NodeView* master() const;
  bool any_sentinel_answers() const;
  // Bytes that this replica is behind the master, by the master's own account; by the two offsets if it gives none.
  std::optional<uint64_t> lag(const NodeView& replica) const;
};

// Why the cluster can't be called ready, empty if it can: a master that accepts writes, named by the sentinels, and
// `nodes` nodes (0: all that are known) of which every other one is in sync.
std::string why_not_ready(const ClusterView& view, size_t nodes);

// What the sentinels say stands against a promotion, and the command that goes on without it; each once.
std::vector<std::string> stuck(const ClusterView& view);

// What stays the same while nothing happens but traffic: roles, epochs, links; for "print when it changes".
std::string signature(const ClusterView& view);

}  // namespace onggi
