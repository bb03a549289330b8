// Everything that can happen to a sentinel: what its driver tells `Sentinel::step`.
//
// Links: the driver names each connection, inbound ones too, with a LinkId that it never uses again. Each Connect
// effect is answered by one LinkUp, or by one LinkDown with LinkId 0; the driver gives up a connect itself after
// kConnectTimeout. A link that the core closed (Close effect) may or may not be reported down: both are fine.
#pragma once

#include <optional>
#include <string>
#include <variant>

#include "common/messages.h"
#include "common/types.h"

namespace onggi {

using LinkId = Strong<struct LinkTag>;
using ReplyToken = Strong<struct ReplyTokenTag>;  // names a waiting operator's command; the driver makes it

inline constexpr milliseconds kConnectTimeout{500};

struct Tick {};  // time passed: `next_deadline()` is reached

struct LinkUp {
  Address address;  // as in the Connect effect
  LinkId link;
};

struct LinkDown {
  enum class Why { kRefused, kClosed, kTimeout };
  LinkId link;      // 0: the connect to `address` failed
  Address address;  // of the Connect effect; without meaning for an inbound link
  Why why = Why::kClosed;
};

struct MessageFrom {
  LinkId link;  // an own or an inbound one: answers go back the same way
  Message message;
};

// ---- the operator's commands; each is answered by one OperatorReply, perhaps after many steps

struct FailoverCommand {  // SENTINEL FAILOVER: planned hand-over (H1-H3), or a failover of a master that is down
  ReplyToken token;
};

struct ForcePromoteCommand {  // SENTINEL FORCE-PROMOTE id: waives F, not votes or fence
  ReplyToken token;
  NodeId id;
};

struct ForceSentinelsCommand {  // SENTINEL FORCE-SENTINELS: who answers, and was told the same, become the sentinels
  ReplyToken token;
};

struct ReconfigureCommand {  // SENTINEL SET: through a new epoch (M1)
  ReplyToken token;
  std::optional<uint32_t> write_acks;
  std::optional<uint32_t> lease_ms;
};

struct SetLocalCommand {  // SENTINEL SET of what is a sentinel's own
  ReplyToken token;
  std::optional<milliseconds> down_after;
  std::optional<milliseconds> failover_timeout;
  std::optional<uint32_t> failover_min_nodes;
};

struct WatchCommand {  // SENTINEL ADD-NODE, ADD-SENTINEL: who answers there joins by itself once it may (M1)
  ReplyToken token;
  enum class What { kNode, kSentinel } what = What::kNode;
  Address address;
};

struct RemoveCommand {  // SENTINEL REMOVE-NODE, REMOVE-SENTINEL: one that is gone for good, through a new epoch (M1)
  ReplyToken token;
  WatchCommand::What what = WatchCommand::What::kNode;
  std::string id;  // empty: by its address
  Address address;
};

struct ResetCommand {  // SENTINEL RESET: forgets what was seen of nodes and sentinels, not what is durable
  ReplyToken token;
};

using SentinelEvent =
    std::variant<Tick, LinkUp, LinkDown, MessageFrom, FailoverCommand, ForcePromoteCommand, ForceSentinelsCommand,
                 ReconfigureCommand, SetLocalCommand, WatchCommand, RemoveCommand, ResetCommand>;

}  // namespace onggi
