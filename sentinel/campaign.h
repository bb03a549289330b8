// Why a leader is wanted, and what it shall do: the same from the first poll to the last message of a failover.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/messages.h"
#include "sentinel/events.h"

namespace onggi {

struct Campaign {
  enum class Kind {
    kFirst,           // F7: no configuration exists
    kDown,            // W2
    kIsolated,        // W4: a planned vote; the master is neither counted nor chosen
    kHandover,        // H1, H2
    kReconfigure,     // M1: members, k, lease or sentinels; the master stays if it can
    kForcePromote,    // the operator's word, waives F
    kForceSentinels,  // the operator's word: the survivors become the sentinels
  };
  Kind kind = Kind::kDown;
  Epoch base;                                          // the stored configuration's when this was wanted
  NodeId planned_for;                                  // the master whose fence is promised with a planned vote (H1)
  NodeId target;                                       // of a hand-over or a forced promotion
  std::optional<std::vector<Member>> members;          // kReconfigure: the new ones
  std::optional<std::vector<SentinelPeer>> sentinels;  // kReconfigure: the new ones
  std::optional<std::vector<SentinelPeer>> later;      // put off: the election says why
  std::optional<uint32_t> write_acks;
  std::optional<uint32_t> lease_ms;
  std::vector<ReplyToken> tokens;  // operators who wait for the end
  std::string what;                // for the log: "the master is down: it refuses connections"

  // Such a change holds for the configuration that it was made from, and for no other.
  bool changes_members() const { return members || sentinels || later; }
  bool planned() const { return static_cast<bool>(planned_for); }
};

}  // namespace onggi
