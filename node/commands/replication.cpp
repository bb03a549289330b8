// The commands about who follows whom, and about waiting for those who do.
//
// They only ask: the role decides, and on a managed node the sentinels do. Onggi's replicas speak their own protocol
// (one log, compared by epoch), so Redis's replication commands are refused with that word.
#include <algorithm>
#include <limits>

#include "node/commands/names.h"
#include "node/commands/words.h"
#include "node/services.h"

namespace onggi {

namespace {

// ---- ROLE
std::string_view link_state_name(MasterLink::State state) {
  switch (state) {
    case MasterLink::State::kConnect:
      return "connect";
    case MasterLink::State::kConnecting:
      return "connecting";
    case MasterLink::State::kSync:
      return "sync";
    case MasterLink::State::kConnected:
      return "connected";
  }
  return "connect";
}

void write_master_role(Call& call) {
  const std::vector<ReplicaInfo> replicas = call.services.role.replicas(call.now);
  size_t online = 0;
  for (const ReplicaInfo& replica : replicas) online += replica.state == ReplicaInfo::State::kOnline ? 1 : 0;
  call.reply.array_header(3);
  call.reply.bulk("master");
  call.reply.integer(static_cast<int64_t>(call.services.node.process().log_end.offset.value));
  call.reply.array_header(online);
  for (const ReplicaInfo& replica : replicas) {
    if (replica.state != ReplicaInfo::State::kOnline) continue;
    call.reply.array_header(3);
    call.reply.bulk(replica.address.host);
    call.reply.bulk_integer(replica.address.port);
    call.reply.bulk_integer(static_cast<int64_t>(replica.acked.value));
  }
}

void write_replica_role(Call& call) {
  const std::optional<MasterLink> link = call.services.role.master_link(call.now);
  const Address master = link ? link->address : call.services.role.master_address().value_or(Address{});
  call.reply.array_header(5);
  call.reply.bulk("slave");
  call.reply.bulk(master.host);
  call.reply.integer(master.port);
  call.reply.bulk(link_state_name(link ? link->state : MasterLink::State::kConnect));
  call.reply.integer(link && link->up() ? static_cast<int64_t>(link->offset.value) : -1);
}

Outcome role_command(Call& call) {
  if (shown_role(call.services, call.now) == ShownRole::kMaster) {
    write_master_role(call);
  } else {
    write_replica_role(call);
  }
  return Outcome::kDone;
}

// ---- REPLICAOF
Outcome replicaof(Call& call) {
  if (is_word(call[1], "no") && is_word(call[2], "one")) {
    const Result<void> done = call.services.node.replica_of(std::nullopt);
    return done ? reply_ok(call) : reply_error(call, "ERR " + done.error().message);
  }
  const auto port = parse_int64(call[2]);
  if (!port || *port < 0 || *port > 65535) return reply_error(call, "ERR Invalid master port");
  Address master{std::string(call[1]), static_cast<uint16_t>(*port)};
  const auto link = call.services.role.master_link(call.now);
  if (!call.services.role.managed() && link && link->address == master) {
    call.reply.simple_string("OK Already connected to specified master");
    return Outcome::kDone;
  }
  const Result<void> done = call.services.node.replica_of(std::move(master));
  return done ? reply_ok(call) : reply_error(call, "ERR " + done.error().message);
}

// ---- WAIT, WAITAOF
struct Timeout {
  milliseconds value{0};
  std::string_view error;
};

Timeout to_timeout(std::string_view text) {
  const auto value = parse_int64(text);
  if (!value) return {.error = "ERR timeout is not an integer or out of range"};
  if (*value < 0) return {.error = "ERR timeout is negative"};
  constexpr int64_t kMost = int64_t{1} << 52;  // microseconds: more would overflow instants
  if (*value > kMost / 1000) return {.error = "ERR timeout is out of range"};
  return {.value = milliseconds(*value)};
}

// A count that more replicas than could ever be can't reach.
uint32_t to_count(int64_t value) {
  return static_cast<uint32_t>(std::clamp<int64_t>(value, 0, std::numeric_limits<uint32_t>::max()));
}

Outcome wait(Call& call) {
  if (!call.services.role.is_master()) {
    return reply_error(call,
                       "ERR WAIT cannot be used with replica instances. Please also note that since Redis 4.0 if a "
                       "replica is configured to be writable (which is not the default) writes to replicas are just "
                       "local and are not propagated.");
  }
  const auto replicas = parse_int64(call[1]);
  if (!replicas) return reply_error(call, kNotAnInteger);
  const Timeout timeout = to_timeout(call[2]);
  if (!timeout.error.empty()) return reply_error(call, timeout.error);
  const Offset offset = call.session.last_write;
  const size_t acked = call.services.role.acked(offset);
  if (*replicas <= static_cast<int64_t>(acked)) {
    call.reply.integer(static_cast<int64_t>(acked));
    return Outcome::kDone;
  }
  call.services.node.wait(call.session, {.offset = offset, .replicas = to_count(*replicas)}, timeout.value);
  return Outcome::kBlocked;
}

Outcome waitaof(Call& call) {
  const auto local = parse_int64(call[1]);
  if (!local || *local < 0 || *local > 1) {
    return reply_error(call, "ERR value is out of range, must be between 0 and 1");
  }
  const auto replicas = parse_int64(call[2]);
  if (!replicas || *replicas < 0) return reply_error(call, "ERR value is out of range, must be positive");
  const Timeout timeout = to_timeout(call[3]);
  if (!timeout.error.empty()) return reply_error(call, timeout.error);
  if (!call.services.role.is_master()) {
    return reply_error(
        call,
        "ERR WAITAOF cannot be used with replica instances. Please also note that writes to replicas are "
        "just local and are not propagated.");
  }
  const Offset offset = call.session.last_write;
  const bool synced = call.services.node.log_synced() >= offset;
  const size_t acked = call.services.role.synced_by(offset);
  if (*replicas <= static_cast<int64_t>(acked) && (*local == 0 || synced)) {
    call.reply.array_header(2);
    call.reply.integer(synced ? 1 : 0);
    call.reply.integer(static_cast<int64_t>(acked));
    return Outcome::kDone;
  }
  call.services.node.wait(
      call.session,
      {.offset = offset, .replicas = to_count(*replicas), .local = static_cast<uint32_t>(*local), .aof = true},
      timeout.value);
  return Outcome::kBlocked;
}

// ---- FAILOVER
struct FailoverWish {
  bool abort = false;
  bool to = false;
  bool force = false;
  bool timeout = false;
};

// nullopt: wrong; `error` says what if it is not the syntax.
std::optional<FailoverWish> failover_wish(std::span<const std::string_view> words, std::string_view& error) {
  FailoverWish wish;
  for (size_t i = 0; i < words.size(); i++) {
    const size_t more = words.size() - 1 - i;
    if (is_word(words[i], "abort") && words.size() == 1) {
      wish.abort = true;
    } else if (is_word(words[i], "timeout") && more >= 1 && !wish.timeout) {
      wish.timeout = true;
      const auto ms = parse_int64(words[++i]);
      if (!ms) error = kNotAnInteger;
      if (ms && *ms <= 0) error = "ERR FAILOVER timeout must be greater than 0";
      if (!error.empty()) return std::nullopt;
    } else if (is_word(words[i], "to") && more >= 2 && !wish.to) {
      wish.to = true;
      i += 2;
    } else if (is_word(words[i], "force") && !wish.force) {
      wish.force = true;
    } else {
      return std::nullopt;
    }
  }
  return wish;
}

Outcome failover(Call& call) {
  std::string_view error = "";
  const auto wish = failover_wish(call.args.subspan(1), error);
  if (!wish) return reply_error(call, error.empty() ? kSyntaxError : error);
  if (wish->abort) return reply_error(call, "ERR No failover in progress.");
  if (wish->to || wish->force) {
    return reply_error(call, "ERR the sentinels choose who is next: use FAILOVER, or SENTINEL FAILOVER at a sentinel");
  }
  const Result<void> asked = call.services.node.hand_over();
  return asked ? reply_ok(call) : reply_error(call, "ERR " + asked.error().message);
}

Outcome own_protocol(Call& call) {
  return reply_error(call,
                     "ERR Onggi's replicas speak their own protocol: a Redis server can't follow this node, nor this "
                     "node a Redis server");
}

constexpr uint32_t kOperator = kAdmin | kNoScript | kStale;
constexpr uint32_t kSyncFlags = kAdmin | kNoScript | kNoAsyncLoading | kNoMulti;
constexpr std::string_view kDangerous = "@admin @slow @dangerous";
constexpr std::string_view kRefused = "Is refused: Onggi's replicas speak their own protocol.";

constexpr CommandSpec kRows[] = {
    {.name = "failover",
     .arity = -1,
     .flags = kOperator,
     .categories = kDangerous,
     .group = "server",
     .since = "6.2.0",
     .complexity = "O(1)",
     .summary = "Asks the sentinels to hand mastership to a replica.",
     .syntax = "[TO host port [FORCE]] [ABORT] [TIMEOUT milliseconds]",
     .handler = failover},
    {.name = "psync",
     .arity = -3,
     .flags = kSyncFlags,
     .categories = kDangerous,
     .group = "server",
     .since = "2.8.0",
     .complexity = "O(1)",
     .summary = kRefused,
     .syntax = "replicationid offset",
     .handler = own_protocol},
    {.name = "replconf",
     .arity = -1,
     .flags = kAdmin | kNoScript | kLoading | kStale | kAllowBusy,
     .categories = kDangerous,
     .group = "server",
     .since = "3.0.0",
     .complexity = "O(1)",
     .summary = kRefused,
     .handler = own_protocol},
    {.name = "replicaof",
     .arity = 3,
     .flags = kOperator | kNoAsyncLoading,
     .categories = kDangerous,
     .group = "server",
     .since = "5.0.0",
     .complexity = "O(1)",
     .summary = "Makes an unmanaged node follow another, or nobody.",
     .syntax = "host port",
     .handler = replicaof},
    {.name = "role",
     .arity = 1,
     .flags = kNoScript | kLoading | kStale | kFast,
     .categories = "@admin @fast @dangerous",
     .group = "server",
     .since = "2.8.12",
     .complexity = "O(1)",
     .summary = "Tells whether the node is master, and who follows; or whom it follows.",
     .handler = role_command},
    {.name = "slaveof",
     .arity = 3,
     .flags = kOperator | kNoAsyncLoading,
     .categories = kDangerous,
     .group = "server",
     .since = "1.0.0",
     .complexity = "O(1)",
     .summary = "The older name of REPLICAOF.",
     .syntax = "host port",
     .handler = replicaof},
    {.name = "sync",
     .arity = 1,
     .flags = kSyncFlags,
     .categories = kDangerous,
     .group = "server",
     .since = "1.0.0",
     .complexity = "O(1)",
     .summary = kRefused,
     .handler = own_protocol},
    {.name = "wait",
     .arity = 3,
     .flags = kNoScript,
     .categories = "@slow @connection",
     .group = "generic",
     .since = "3.0.0",
     .complexity = "O(1)",
     .summary = "Waits until so many replicas have this connection's writes.",
     .syntax = "numreplicas timeout",
     .handler = wait},
    {.name = "waitaof",
     .arity = 4,
     .flags = kNoScript,
     .categories = "@slow @connection",
     .group = "generic",
     .since = "7.2.0",
     .complexity = "O(1)",
     .summary = "Waits until this connection's writes are on the disks of so many.",
     .syntax = "numlocal numreplicas timeout",
     .handler = waitaof},
};

}  // namespace

std::span<const CommandSpec> replication_commands() {
  return kRows;
}

}  // namespace onggi
