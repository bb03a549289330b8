// What the role wants done by the node. The order of the fields, and within each the order of its elements, is the
// order of execution; what had to be durable first (the promise, an epoch-start, a cut) was stored before the effects
// could be drained. The node drains after every call that is not a query, before it runs any command.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/log_line.h"
#include "common/messages.h"
#include "common/types.h"

namespace onggi {

using CopyId = Strong<struct CopyTag>;  // one full copy being sent

// Where ids of connections come from: the node's own counter, shared with the accepting driver.
struct ConnIds {
  uint64_t last = 0;
  ConnId take() { return {++last}; }
};

// N5: the log's own tail after `from` was saved to `path` and (unless a full copy will replace all) cut away. Memory
// still shows it until the Rewind that follows. The node names the keys in its log while it can.
struct CutTail {
  Position from;
  Position end;
  std::string path;
  uint64_t records = 0;
};

// No longer master. Replies still held are never sent; connections of clients close, but if it was planned, only once
// another master is known: this node may be promoted again, and then it goes on as if nothing had been.
struct Demoted {
  Epoch epoch;                // of which it was master
  bool close_clients = true;  // false: REPLICAOF typed at an unmanaged master leaves its clients alone, as in Redis
  bool planned = false;       // H3: held commands wait for `new_master`, and are forwarded there
};

struct RoleEffects {
  struct Send {
    ConnId conn;
    Message message;
  };
  struct Connect {  // answered by connected() or connect_failed()
    ConnId conn;
    Address address;
  };
  struct Close {  // not answered by closed()
    ConnId conn;
    std::string why;
  };
  // Memory goes back to `to`, which is the log's end now: drop it, open the tier (at or before `to`), replay the log up
  // to its end; then rewound(). Executed at once, no command runs in between.
  struct Rewind {
    Position to;
  };
  // ---- a full copy being received (N6): files are written beside the old data
  struct CopyOpen {
    Position position;
    History history;
    std::vector<CopyBegin::File> files;
  };
  struct CopyWrite {
    uint32_t file = 0;
    uint64_t at = 0;
    std::string bytes;
  };
  // ---- a full copy being sent
  struct StartCheckpoint {  // answered by checkpoint_ready() or checkpoint_failed()
    CopyId copy;
  };
  struct ReadChunk {  // answered by chunk_read()
    CopyId copy;
    uint32_t file = 0;
    uint64_t at = 0;
    size_t size = 0;
  };

  std::optional<Demoted> demoted;
  std::vector<CutTail> cut_tails;
  std::optional<Rewind> rewind;
  bool copy_drop = false;  // forget a copy that was begun: remove its files
  std::optional<CopyOpen> copy_open;
  std::vector<CopyWrite> copy_writes;
  bool copy_install = false;          // swap it in whole, log.reset() included; then copy_installed(). At once.
  std::optional<Epoch> promoted;      // master of this epoch from now on; writes open with the lease
  std::optional<Address> new_master;  // H3: where to forward what a planned demotion left held
  std::vector<Close> closes;
  std::vector<Connect> connects;
  std::vector<Send> sends;
  std::vector<CopyId> drop_checkpoints;  // sent or given up: remove its files
  std::vector<StartCheckpoint> start_checkpoints;
  std::vector<ReadChunk> read_chunks;
  std::optional<std::vector<Address>> watcher_targets;  // L4: whom the watcher tells of this process's death
  std::optional<std::string> handover_refused;          // why the hand-over that was asked for doesn't happen
  std::vector<LogLine> log;

  void send(ConnId conn, Message message) { sends.push_back({conn, std::move(message)}); }
  void close(ConnId conn, std::string why) { closes.push_back({conn, std::move(why)}); }
  void info(std::string text) { log.push_back({LogLine::Level::kInfo, std::move(text)}); }
  void warn(std::string text) { log.push_back({LogLine::Level::kWarning, std::move(text)}); }
  void error(std::string text) { log.push_back({LogLine::Level::kError, std::move(text)}); }
};

}  // namespace onggi
