// The field maps of SENTINEL MASTER, REPLICAS and SENTINELS, with the names that client libraries read.
#pragma once

#include <string>
#include <vector>

#include "common/resp/writer.h"
#include "sentinel/config.h"
#include "sentinel/view.h"

namespace onggi {

// The nodes that are not the configured master, and answered at least once or are members.
std::vector<const NodeView*> replicas_of(const SentinelView& view);
const NodeView* master_of(const SentinelView& view);

void write_master(ReplyWriter& reply, const SentinelView& view, const SentinelConfig& config);
void write_replica(ReplyWriter& reply, const SentinelView& view, const NodeView& node);
void write_sentinel(ReplyWriter& reply, const SentinelView& view, const SentinelPeerView& peer);

// A node's last answer, for people.
std::string describe(const NodeStatus& status);

}  // namespace onggi
