// What commands may ask of the node besides its store. Handed to every call; nothing here is global.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"
#include "common/types.h"
#include "node/clients.h"
#include "node/command.h"
#include "node/config.h"
#include "node/role/role.h"
#include "node/stats.h"

namespace onggi {

// What INFO and ROLE tell of the process and of its log.
struct ProcessDescription {
  RunId run;
  Offset log_begin;
  Position log_end;
  uint64_t id = 0;  // of the process
  std::string executable;
  std::string config_file;
  std::string os;
  uint64_t system_memory_bytes = 0;
  uint64_t cpu_user_us = 0;
  uint64_t cpu_system_us = 0;
  uint64_t copies_adopted = 0;  // full copies that took the place of earlier data in this process
};

// Things that happen outside of the engine's step. Implemented by the node; commands only ask.
class NodeControl {
 public:
  virtual ~NodeControl() = default;
  // SAVE, BGSAVE: a tier checkpoint: everything up to now in the tier, flushed. Blocks `session` until done, if given.
  virtual void save(Session* session) = 0;
  // REPLICAOF; nullopt: NO ONE. An error says why not (a managed node).
  virtual Result<void> replica_of(std::optional<Address> master) = 0;
  // SHUTDOWN. `save` false: leaves the tier behind; the log has everything all the same.
  enum class ShutdownMode : uint8_t { kDefault, kNoSave, kNow };
  virtual void shutdown(ShutdownMode mode) = 0;
  virtual bool abort_shutdown() = 0;
  // FAILOVER: asks the sentinels for a hand-over.
  virtual Result<void> hand_over() = 0;
  // WAIT, WAITAOF: blocks the session; its reply comes when the readers passed, or at the timeout (0: none).
  virtual void wait(Session& session, const WaitState& what, milliseconds timeout) = 0;
  // DEBUG SLEEP: the whole engine stands still.
  virtual void sleep(Session& session, microseconds duration) = 0;
  // Closes a client's connection, after what was written to it has left.
  virtual void close(Session& session) = 0;
  // INFO's sections about disk: name=value pairs.
  virtual std::vector<std::pair<std::string, std::string>> persistence_info() const = 0;
  virtual std::vector<std::pair<std::string, std::string>> tier_info() const = 0;
  virtual Position tier_position() const = 0;
  virtual WallTime last_save() const = 0;
  virtual bool save_in_progress() const = 0;
  virtual Offset log_synced() const = 0;
  virtual uint64_t resident_bytes() const = 0;  // RSS, read by the driver
  virtual std::optional<Address> master_address() const = 0;
  // CONFIG SET changed something that the role is told of (passwords, priority, durability ...).
  virtual void reconfigured() = 0;
  virtual ProcessDescription process() const { return {}; }
};

struct Services {
  Config& config;
  Stats& stats;
  Clients& clients;
  const CommandTable& commands;
  Role& role;
  NodeControl& node;
  const Store& store;
};

}  // namespace onggi
