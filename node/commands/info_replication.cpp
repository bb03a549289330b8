// INFO's sections about roles, the log and the tier: Redis's fields for its tools, Onggi's own for its operators.
#include "node/commands/info.h"

#include <algorithm>

#include "node/commands/names.h"

namespace onggi {

namespace {

std::string_view state_name(ReplicaInfo::State state) {
  switch (state) {
    case ReplicaInfo::State::kWaitCopy:
      return "wait_bgsave";
    case ReplicaInfo::State::kSendCopy:
      return "send_bulk";
    case ReplicaInfo::State::kOnline:
      return "online";
  }
  return "online";
}

void write_master_link(InfoWriter& out, const InfoSource& from) {
  const Role& role = from.services.role;
  const std::optional<MasterLink> link = role.master_link(from.now);
  const std::optional<Address> known = role.master_address();
  const Address master = link ? link->address : known.value_or(Address{});
  const uint64_t end = from.services.node.process().log_end.offset.value;
  const bool up = link && link->up();
  out.field("master_host", master.host);
  out.field("master_port", master.port);
  out.field("master_link_status", up ? "up" : "down");
  out.field("master_last_io_seconds_ago", link ? link->last_io_s : -1);
  out.field("master_sync_in_progress", link && link->copy_in_progress ? 1 : 0);
  out.field("slave_read_repl_offset", end);
  out.field("slave_repl_offset", end);
  if (link && link->copy_in_progress) {
    const uint64_t left = link->copy_total > link->copy_bytes ? link->copy_total - link->copy_bytes : 0;
    out.field("master_sync_total_bytes", link->copy_total);
    out.field("master_sync_read_bytes", link->copy_bytes);
    out.field("master_sync_left_bytes", left);
    out.decimal("master_sync_perc", link->copy_total == 0 ? 0
                                                          : 100.0 * static_cast<double>(link->copy_bytes) /
                                                                static_cast<double>(link->copy_total));
    out.field("master_sync_last_io_seconds_ago", link->last_io_s);
  }
  if (!up) out.field("master_link_down_since_seconds", link ? link->down_since_s : -1);
  if (link && !link->refused.empty()) out.field("master_link_refused", link->refused);
  out.field("slave_priority", from.services.config.replica_priority);
  out.field("slave_read_only", 1);
  out.field("replica_announced", 1);
}

std::string_view gate_name(WriteGate gate, const Role& role) {
  switch (gate) {
    case WriteGate::kOpen:
      return "open";
    case WriteGate::kHoldLease:
      return "held-no-lease";
    case WriteGate::kHoldReplicas:
      return "held-no-replicas";
    case WriteGate::kHoldDisk:
      return role.managed() ? "held-disk-fails" : "refused-disk-fails";
    case WriteGate::kHoldPause:
      return "held-hand-over";
    case WriteGate::kReadonly:
      return "read-only";
  }
  return "read-only";
}

}  // namespace

void info_replication(InfoWriter& out, const InfoSource& from) {
  const Role& role = from.services.role;
  const ProcessDescription process = from.services.node.process();
  const bool master = shown_role(from.services, from.now) == ShownRole::kMaster;
  out.section("Replication");
  out.field("role", master ? "master" : "slave");
  if (!master) write_master_link(out, from);
  const std::vector<ReplicaInfo> replicas = role.replicas(from.now);
  out.field("connected_slaves", replicas.size());
  for (size_t i = 0; i < replicas.size(); i++) {
    const ReplicaInfo& replica = replicas[i];
    out.field("slave" + std::to_string(i),
              "ip=" + replica.address.host + ",port=" + std::to_string(replica.address.port) +
                  ",state=" + std::string(state_name(replica.state)) +
                  ",offset=" + std::to_string(replica.acked.value) + ",lag=" + std::to_string(replica.lag_s));
  }
  const IdText history = role.cluster() ? role.cluster().hex : role.id().hex;
  out.field("master_failover_state", role.paused(from.now) ? "waiting-for-sync" : "no-failover");
  out.field("master_replid", history);
  out.field("master_replid2", std::string(40, '0'));
  out.field("master_repl_offset", process.log_end.offset.value);
  out.field("second_repl_offset", -1);
  out.field("repl_backlog_active", 1);
  out.field("repl_backlog_size", from.services.config.repl_backlog_size);
  out.field("repl_backlog_first_byte_offset", process.log_begin.value);
  out.field("repl_backlog_histlen", process.log_end.offset.value - process.log_begin.value);
}

void info_onggi(InfoWriter& out, const InfoSource& from) {
  const Role& role = from.services.role;
  const RoleCounters& counters = role.counters();
  const WriteGate gate = role.gate(from.now);
  const bool master = role.is_master();
  out.section("Onggi");
  out.field("node_id", role.id().hex);
  out.field("run_id", from.services.node.process().run.hex);
  out.field("cluster_id", role.cluster().hex);
  out.field("managed", role.managed() ? 1 : 0);
  out.field("epoch", role.epoch().value);
  out.field("promise", role.promise().value);
  out.field("promoted", master ? 1 : 0);
  out.field("writable", master && role.lease_valid(from.now) ? 1 : 0);
  out.field("write_gate", gate_name(gate, role));
  out.field("fenced", role.promise() > role.epoch() ? 1 : 0);
  out.field("reads_may_be_stale", shown_role(from.services, from.now) == ShownRole::kMaster ? 0 : 1);
  out.field("sure", role.sure() ? 1 : 0);
  out.field("lease_left_ms", std::max<int64_t>(0, role.lease_left(from.now).count() / 1000));
  out.field("write_acks", role.required_acks());
  out.field("members", role.configuration().members.size());
  out.field("members_following", role.following());
  out.field("tails_cut", counters.tails_cut);
  out.field("records_cut", counters.records_cut);
  out.field("copies_received", counters.copies_received + from.services.node.process().copies_adopted);
  out.field("promotions", counters.promotions);
  out.field("demotions", counters.demotions);
  out.field("state_save_errors", counters.state_save_errors);
  size_t member = 0;
  for (const ReplicaInfo& replica : role.replicas(from.now)) {
    out.field("replica" + std::to_string(member++), "id=" + replica.id.hex + ",address=" + to_string(replica.address) +
                                                        ",member=" + (replica.member ? "1" : "0") +
                                                        ",following=" + (replica.following ? "1" : "0") +
                                                        ",written=" + std::to_string(replica.acked.value) +
                                                        ",synced=" + std::to_string(replica.synced.value));
  }
}

void info_log(InfoWriter& out, const InfoSource& from) {
  out.section("Log");
  out.field("durability", find_directive("durability")->get(from.services.config));
  for (const auto& [name, value] : from.services.node.persistence_info()) out.field(name, value);
}

void info_tier(InfoWriter& out, const InfoSource& from) {
  out.section("Tier");
  for (const auto& [name, value] : from.services.node.tier_info()) out.field(name, value);
}

}  // namespace onggi
