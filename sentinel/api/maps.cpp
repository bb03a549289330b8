#include "sentinel/api/maps.h"

namespace onggi {

namespace {

using Fields = std::vector<std::pair<std::string_view, std::string>>;

std::string ms(Duration duration) {
  return std::to_string(std::chrono::duration_cast<milliseconds>(duration).count());
}
std::string number(uint64_t value) {
  return std::to_string(value);
}

void write_fields(ReplyWriter& reply, const Fields& fields) {
  reply.map_header(fields.size());
  for (const auto& [name, value] : fields) {
    reply.bulk(name);
    reply.bulk(value);
  }
}

void add_flag(std::string& flags, bool on, std::string_view name) {
  if (on) flags += "," + std::string(name);
}

void add_node(Fields& fields, const NodeView& node, const std::string& name) {
  fields.emplace_back("name", name);
  fields.emplace_back("ip", node.address.host);
  fields.emplace_back("port", number(node.address.port));
  fields.emplace_back("runid", node.id.hex);
}

void add_ages(Fields& fields, Duration sent, Duration answered) {
  fields.emplace_back("link-pending-commands", "0");
  fields.emplace_back("link-refcount", "1");
  fields.emplace_back("last-ping-sent", sent < answered ? ms(sent) : "0");
  fields.emplace_back("last-ok-ping-reply", ms(answered));
  fields.emplace_back("last-ping-reply", ms(answered));
}

// The node's own word on its state, beyond Redis's fields.
void add_status(Fields& fields, const NodeView& node) {
  if (!node.status) return;
  const NodeStatus& status = *node.status;
  fields.emplace_back("onggi-node-id", status.id.hex);
  fields.emplace_back("onggi-promise", number(status.promise.value));
  fields.emplace_back("onggi-epoch", number(status.position.epoch.value));
  fields.emplace_back("onggi-offset", number(status.position.offset.value));
  fields.emplace_back("onggi-writable", status.writable ? "1" : "0");
  fields.emplace_back("onggi-sure", status.sure ? "1" : "0");
  fields.emplace_back("onggi-in-step", status.in_step || status.is_master ? "1" : "0");
}

}  // namespace

std::vector<const NodeView*> replicas_of(const SentinelView& view) {
  std::vector<const NodeView*> found;
  for (const NodeView& node : view.nodes) {
    if (!node.is_master && (node.status || node.member)) found.push_back(&node);
  }
  return found;
}

const NodeView* master_of(const SentinelView& view) {
  for (const NodeView& node : view.nodes) {
    if (node.is_master) return &node;
  }
  return nullptr;
}

void write_master(ReplyWriter& reply, const SentinelView& view, const SentinelConfig& config) {
  static const NodeView nobody;
  const NodeView* node = master_of(view);
  NodeView shown = node != nullptr ? *node : nobody;
  if (node == nullptr) shown.address = config.options.preferred_master;
  std::string flags = "master";
  add_flag(flags, view.master_down || !view.master_address, "s_down");
  add_flag(flags, view.majority_finds_down || !view.master_address, "o_down");
  add_flag(flags, !shown.linked, "disconnected");
  add_flag(flags, view.failover_state != "none", "failover_in_progress");
  size_t known_sentinels = 0;
  for (const SentinelPeerView& peer : view.sentinels) known_sentinels += peer.id ? 1 : 0;
  Fields fields;
  add_node(fields, shown, view.master_name);
  fields.emplace_back("flags", flags);
  add_ages(fields, shown.last_sent_age, shown.last_answer_age);
  if (view.master_down) {
    fields.emplace_back("s-down-time", ms(view.master_down_age));
    if (view.majority_finds_down) fields.emplace_back("o-down-time", ms(view.master_down_age));
  }
  fields.emplace_back("down-after-milliseconds", ms(view.down_after));
  fields.emplace_back("info-refresh", ms(shown.last_answer_age));
  fields.emplace_back("role-reported", shown.status && !shown.status->writable ? "slave" : "master");
  fields.emplace_back("role-reported-time", ms(shown.role_age));
  fields.emplace_back("config-epoch", number(view.configuration.epoch.value));
  fields.emplace_back("num-slaves", number(replicas_of(view).size()));
  fields.emplace_back("num-other-sentinels", number(known_sentinels));
  fields.emplace_back("quorum", number(config.quorum));
  fields.emplace_back("failover-timeout", ms(view.failover_timeout));
  fields.emplace_back("parallel-syncs", number(config.parallel_syncs));
  if (view.failover_state != "none") fields.emplace_back("failover-state", view.failover_state);
  fields.emplace_back("onggi-current-epoch", number(view.epoch.value));
  fields.emplace_back("onggi-write-acks", number(view.configuration.write_acks));
  fields.emplace_back("onggi-lease-ms", number(view.configuration.lease_ms));
  fields.emplace_back("onggi-fence-needed", number(view.fence_needed));
  fields.emplace_back("onggi-sure-answering", number(view.sure_answering));
  if (shown.lease_left) fields.emplace_back("onggi-lease-left-ms", ms(*shown.lease_left));
  std::string reasons;
  for (const std::string& reason : view.stuck) reasons += (reasons.empty() ? "" : "; ") + reason;
  if (!reasons.empty()) fields.emplace_back("onggi-stuck", reasons);
  add_status(fields, shown);
  write_fields(reply, fields);
}

void write_replica(ReplyWriter& reply, const SentinelView& view, const NodeView& node) {
  std::string flags = "slave";
  add_flag(flags, node.down, "s_down");
  add_flag(flags, !node.linked, "disconnected");
  const bool linked = node.status && node.status->hears_master;
  const NodeView* master = master_of(view);
  Fields fields;
  add_node(fields, node, to_string(node.address));
  fields.emplace_back("flags", flags);
  add_ages(fields, node.last_sent_age, node.last_answer_age);
  if (node.down) fields.emplace_back("s-down-time", ms(node.down_age));
  fields.emplace_back("down-after-milliseconds", ms(view.down_after));
  fields.emplace_back("info-refresh", ms(node.last_answer_age));
  fields.emplace_back("role-reported", node.status && node.status->writable ? "master" : "slave");
  fields.emplace_back("role-reported-time", ms(node.role_age));
  fields.emplace_back("master-link-down-time", linked ? "0" : ms(node.role_age));
  fields.emplace_back("master-link-status", linked ? "ok" : "err");
  fields.emplace_back("master-host", master != nullptr ? master->address.host : "?");
  fields.emplace_back("master-port", number(master != nullptr ? master->address.port : 0));
  fields.emplace_back("slave-priority", number(node.status ? node.status->priority : 100));
  fields.emplace_back("slave-repl-offset", number(node.status ? node.status->position.offset.value : 0));
  fields.emplace_back("replica-announced", "1");
  fields.emplace_back("onggi-member", node.member ? "1" : "0");
  add_status(fields, node);
  write_fields(reply, fields);
}

void write_sentinel(ReplyWriter& reply, const SentinelView& view, const SentinelPeerView& peer) {
  std::string flags = "sentinel";
  add_flag(flags, peer.down, "s_down");
  add_flag(flags, !peer.linked, "disconnected");
  add_flag(flags, peer.finds_master_down, "master_down");
  Fields fields;
  fields.emplace_back("name", peer.id.hex);
  fields.emplace_back("ip", peer.address.host);
  fields.emplace_back("port", number(peer.address.port));
  fields.emplace_back("runid", peer.id.hex);
  fields.emplace_back("flags", flags);
  add_ages(fields, peer.last_sent_age, peer.last_answer_age);
  if (peer.down) fields.emplace_back("s-down-time", ms(peer.down_age));
  fields.emplace_back("down-after-milliseconds", ms(view.down_after));
  fields.emplace_back("last-hello-message", ms(peer.last_answer_age));
  fields.emplace_back("voted-leader", peer.voted_leader ? peer.voted_leader.hex : "?");
  fields.emplace_back("voted-leader-epoch", number(peer.voted_epoch.value));
  fields.emplace_back("onggi-epoch", number(peer.epoch.value));
  fields.emplace_back("onggi-config-epoch", number(peer.stored.value));
  fields.emplace_back("onggi-member", peer.member ? "1" : "0");
  write_fields(reply, fields);
}

std::string describe(const NodeStatus& status) {
  return "role:" + std::string(status.writable ? "master" : "slave") + "\r\nrun_id:" + status.run.hex +
         "\r\nonggi_node_id:" + status.id.hex + "\r\nonggi_promise:" + number(status.promise.value) +
         "\r\nonggi_epoch:" + number(status.position.epoch.value) +
         "\r\nmaster_repl_offset:" + number(status.position.offset.value) +
         "\r\nonggi_sure:" + (status.sure ? "1" : "0") + "\r\nonggi_can_lead:" + (status.can_lead ? "1" : "0") + "\r\n";
}

}  // namespace onggi
