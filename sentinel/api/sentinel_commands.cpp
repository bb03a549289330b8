// SENTINEL's subcommands, with Redis Sentinel's replies; answers come from a view of the core.
#include <algorithm>
#include <string>

#include "common/config_file.h"
#include "common/glob.h"
#include "common/text.h"
#include "sentinel/api/command.h"
#include "sentinel/api/maps.h"

namespace onggi {

namespace {

constexpr std::string_view kNoSuchMaster = "ERR No such master with that name";

// The subcommands that name a master: refuses any other name.
bool knows(ApiCall& call) {
  if (call.args[2] == call.app.config().options.master_name) return true;
  call.reply.error(kNoSuchMaster);
  return false;
}

void masters(ApiCall& call) {
  call.reply.array_header(1);
  write_master(call.reply, call.app.view(), call.app.config());
}

void master(ApiCall& call) {
  if (knows(call)) write_master(call.reply, call.app.view(), call.app.config());
}

void replicas(ApiCall& call) {
  if (!knows(call)) return;
  const SentinelView view = call.app.view();
  const auto found = replicas_of(view);
  call.reply.array_header(found.size());
  for (const NodeView* node : found) write_replica(call.reply, view, *node);
}

void sentinels(ApiCall& call) {
  if (!knows(call)) return;
  const SentinelView view = call.app.view();
  // Who was removed, or lost its folder, is still watched at its configured address, and no sentinel any more.
  const auto known = [](const SentinelPeerView& peer) { return peer.id && (peer.member || !peer.down); };
  call.reply.array_header(static_cast<size_t>(std::count_if(view.sentinels.begin(), view.sentinels.end(), known)));
  for (const SentinelPeerView& peer : view.sentinels) {
    if (known(peer)) write_sentinel(call.reply, view, peer);
  }
}

void get_master_addr(ApiCall& call) {
  const auto address = call.app.view().master_address;
  if (call.args[2] != call.app.config().options.master_name || !address) return call.reply.null_array();
  call.reply.array_header(2);
  call.reply.bulk(address->host);
  call.reply.bulk(std::to_string(address->port));
}

void is_master_down(ApiCall& call) {
  const SentinelView view = call.app.view();
  call.reply.array_header(3);
  call.reply.integer(view.master_down ? 1 : 0);
  call.reply.bulk("*");  // votes are cast among Onggi's sentinels alone
  call.reply.integer(0);
}

void myid(ApiCall& call) {
  call.reply.bulk(call.app.view().id.hex);
}

void ckquorum(ApiCall& call) {
  if (!knows(call)) return;
  const SentinelView view = call.app.view();
  const std::string usable = std::to_string(view.usable_voters);
  if (view.usable_voters >= view.majority) {
    return call.reply.simple_string("OK " + usable +
                                    " usable Sentinels. Quorum and failover authorization can be reached");
  }
  call.reply.error("NOQUORUM " + usable + " usable Sentinels. Not enough available Sentinels to reach the majority (" +
                   std::to_string(view.majority) + " of " + std::to_string(view.voters) + ") and authorize a failover");
}

void failover(ApiCall& call) {
  if (!knows(call)) return;
  const ReplyToken token = call.app.next_token();
  call.app.ask(call.session, FailoverCommand{token}, token);
}

void reset(ApiCall& call) {
  const bool matched = glob_match(call.args[2], call.app.config().options.master_name);
  if (!matched) return call.reply.integer(0);
  const ReplyToken token = call.app.next_token();
  call.app.ask(call.session, ResetCommand{token}, token);
}

Result<void> collect_setting(std::string_view name, std::string_view value, ReconfigureCommand& cluster,
                             SetLocalCommand& local) {
  const auto number = [&](int64_t least, int64_t most) { return parse_integer(value, least, most); };
  const auto store = [](const Result<int64_t>& parsed, auto apply) -> Result<void> {
    if (!parsed) return parsed.error();
    apply(*parsed);
    return {};
  };
  const std::string option = lower(name);
  if (option == "write-acks") {
    return store(number(0, 100), [&](int64_t v) { cluster.write_acks = static_cast<uint32_t>(v); });
  }
  if (option == "lease-ms") {
    return store(number(50, 60'000), [&](int64_t v) { cluster.lease_ms = static_cast<uint32_t>(v); });
  }
  if (option == "down-after-milliseconds") {
    return store(number(50, 3'600'000), [&](int64_t v) { local.down_after = milliseconds(v); });
  }
  if (option == "failover-timeout") {
    return store(number(100, 3'600'000), [&](int64_t v) { local.failover_timeout = milliseconds(v); });
  }
  if (option == "failover-min-nodes") {
    return store(number(0, 100), [&](int64_t v) { local.failover_min_nodes = static_cast<uint32_t>(v); });
  }
  if (option == "quorum" || option == "parallel-syncs") return store(number(1, 1000), [](int64_t) {});
  return Error{"Unknown option or number of arguments for SENTINEL SET '" + std::string(name) + "'"};
}

void set(ApiCall& call) {
  if (!knows(call)) return;
  ReconfigureCommand cluster;
  SetLocalCommand local;
  for (size_t i = 3; i + 1 < call.args.size(); i += 2) {
    auto stored = collect_setting(call.args[i], call.args[i + 1], cluster, local);
    if (!stored) return call.reply.error("ERR " + stored.error().message);
  }
  if (call.args.size() % 2 == 0) return call.reply.error("ERR wrong number of arguments for 'sentinel|set' command");
  const bool changes_cluster = cluster.write_acks || cluster.lease_ms;
  const bool changes_self = local.down_after || local.failover_timeout || local.failover_min_nodes;
  if (changes_cluster && changes_self) {
    return call.reply.error(
        "ERR write-acks and lease-ms belong to the whole cluster and go through a new epoch: set them in a command of "
        "their own");
  }
  if (!changes_cluster && !changes_self) return call.reply.ok();
  const ReplyToken token = call.app.next_token();
  if (changes_cluster) {
    cluster.token = token;
    call.app.ask(call.session, cluster, token);
  } else {
    local.token = token;
    call.app.ask(call.session, local, token);
  }
}

void refuse_monitor(ApiCall& call) {
  call.reply.error(
      "ERR which cluster a sentinel watches is said by its configuration file; nodes and sentinels come and go by "
      "SENTINEL ADD-NODE, REMOVE-NODE, ADD-SENTINEL and REMOVE-SENTINEL");
}

std::optional<Address> address_in(ApiCall& call) {
  const auto port = parse_integer(call.args[4], 1, 65535);
  if (!port) {
    call.reply.error("ERR Invalid port '" + std::string(call.args[4]) + "'");
    return std::nullopt;
  }
  return Address{std::string(call.args[3]), static_cast<uint16_t>(*port)};
}

template <WatchCommand::What kWhat>
void add(ApiCall& call) {
  if (!knows(call)) return;
  const auto address = address_in(call);
  if (!address) return;
  const ReplyToken token = call.app.next_token();
  call.app.ask(call.session, WatchCommand{token, kWhat, *address}, token);
}

template <WatchCommand::What kWhat>
void remove(ApiCall& call) {
  if (!knows(call)) return;
  RemoveCommand command{{}, kWhat, lower(call.args[3]), {}};
  if (call.args.size() > 4) {
    const auto address = address_in(call);
    if (!address) return;
    command.id.clear();
    command.address = *address;
  }
  command.token = call.app.next_token();
  call.app.ask(call.session, command, command.token);
}

void flushconfig(ApiCall& call) {
  call.reply.ok();
}  // state is on disk before anything depends on it

void info_cache(ApiCall& call) {
  const SentinelView view = call.app.view();
  call.reply.array_header(2 * view.nodes.size());
  for (const NodeView& node : view.nodes) {
    call.reply.bulk(to_string(node.address));
    call.reply.array_header(2);
    call.reply.integer(std::chrono::duration_cast<milliseconds>(node.last_answer_age).count());
    call.reply.bulk(node.status ? describe(*node.status) : "");
  }
}

void pending_scripts(ApiCall& call) {
  call.reply.array_header(0);
}

void config(ApiCall& call) {
  if (!equals_ignore_case(call.args[2], "get") || call.args.size() < 4) {
    return call.reply.error("ERR a sentinel's configuration is read only: change its file, or use SENTINEL SET");
  }
  const SentinelConfig& config = call.app.config();
  const std::vector<std::pair<std::string, std::string>> all = {{"announce-ip", config.announce_ip},
                                                                {"announce-port", std::to_string(config.announce_port)},
                                                                {"resolve-hostnames", "yes"},
                                                                {"announce-hostnames", "no"},
                                                                {"sentinel-user", ""},
                                                                {"loglevel", config.loglevel}};
  std::vector<std::pair<std::string, std::string>> chosen;
  for (const auto& pair : all) {
    if (glob_match(call.args[3], pair.first, GlobCase::kIgnore)) chosen.push_back(pair);
  }
  call.reply.map_header(chosen.size());
  for (const auto& [name, value] : chosen) {
    call.reply.bulk(name);
    call.reply.bulk(value);
  }
}

void force_promote(ApiCall& call) {
  const ReplyToken token = call.app.next_token();
  call.app.ask(call.session, ForcePromoteCommand{token, NodeId{lower(call.args[2])}}, token);
}

void force_sentinels(ApiCall& call) {
  const ReplyToken token = call.app.next_token();
  call.app.ask(call.session, ForceSentinelsCommand{token}, token);
}

void stuck(ApiCall& call) {
  const SentinelView view = call.app.view();
  call.reply.array_header(view.stuck.size());
  for (const std::string& reason : view.stuck) call.reply.bulk(reason);
}

void help(ApiCall& call) {
  call.reply.array_header(1 + 2 * sentinel_commands().size());
  call.reply.simple_string("SENTINEL <subcommand> [<arg> ...]. Subcommands are:");
  for (const ApiCommand& row : sentinel_commands()) {
    call.reply.simple_string(upper(row.name) + (row.syntax.empty() ? "" : " " + std::string(row.syntax)));
    call.reply.simple_string("    " + std::string(row.summary));
  }
}

constexpr ApiCommand kCommands[] = {
    {"masters", 2, "", "The watched master, as a list of one", masters},
    {"master", 3, "<master-name>", "The master's state", master},
    {"replicas", 3, "<master-name>", "The other nodes", replicas},
    {"slaves", 3, "<master-name>", "As REPLICAS", replicas},
    {"sentinels", 3, "<master-name>", "The other sentinels", sentinels},
    {"get-master-addr-by-name", 3, "<master-name>", "Where clients find the master; nothing while nobody may be named",
     get_master_addr},
    {"is-master-down-by-addr", 6, "<ip> <port> <current-epoch> <runid>", "Whether this sentinel finds the master down",
     is_master_down},
    {"myid", 2, "", "This sentinel's id", myid},
    {"ckquorum", 3, "<master-name>", "Whether a failover could be authorized now", ckquorum},
    {"failover", 3, "<master-name>", "Hands over to another node; nothing is lost", failover},
    {"reset", 3, "<pattern>", "Forgets what was seen, not what is durable", reset},
    {"set", -5, "<master-name> <option> <value> [<option> <value> ...]",
     "write-acks, lease-ms: through a new epoch; down-after-milliseconds, failover-timeout, failover-min-nodes: here",
     set},
    {"add-node", 5, "<master-name> <host> <port>", "A new node, or a member that moved: it joins once it is in step",
     add<WatchCommand::What::kNode>},
    {"remove-node", -4, "<master-name> <node-id> | <master-name> <host> <port>", "A member that is gone for good",
     remove<WatchCommand::What::kNode>},
    {"add-sentinel", 5, "<master-name> <host> <port>", "A new sentinel: it joins once it knows the configuration",
     add<WatchCommand::What::kSentinel>},
    {"remove-sentinel", -4, "<master-name> <sentinel-id> | <master-name> <host> <port>",
     "A sentinel that is gone for good", remove<WatchCommand::What::kSentinel>},
    {"monitor", -2, "<name> <ip> <port> <quorum>", "Refused: the configuration file says it", refuse_monitor},
    {"remove", -2, "<name>", "Refused: the configuration file says it", refuse_monitor},
    {"flushconfig", 2, "", "Nothing to do: state is always on disk", flushconfig},
    {"info-cache", -2, "<master-name>", "What the nodes answered last", info_cache},
    {"pending-scripts", 2, "", "Always empty", pending_scripts},
    {"config", -3, "GET <pattern>", "Settings", config},
    {"stuck", 2, "", "Why no master can be had now, one reason a line", stuck},
    {"force-promote", 3, "<node-id>", "Goes on without the nodes that don't answer: writes may be lost", force_promote},
    {"force-sentinels", 2, "", "Typed at each survivor: makes the survivors the sentinels", force_sentinels},
    {"help", 2, "", "This text", help},
};

}  // namespace

std::span<const ApiCommand> sentinel_commands() {
  return kCommands;
}

}  // namespace onggi
