// One client's connection as the engine sees it: who it is, what it asked, what waits to be sent.
//
// Owned by the engine's thread. Output leaves in order: what follows a held reply waits behind it.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>

#include "common/resp/parser.h"
#include "common/types.h"
#include "storage/pins.h"

namespace onggi {

// Why the next command of a connection is not taken up yet.
enum class Blocked : uint8_t {
  kNo,
  kHeld,     // a write held for a lease, for replicas or for a hand-over (PROTOCOL L1, N8, H2)
  kLoad,     // a key that only the tier has is being read
  kWait,     // WAIT, WAITAOF
  kSleep,    // DEBUG SLEEP
  kForward,  // a held command was forwarded to the new master (H3)
};

enum class ReplyMode : uint8_t { kOn, kOff, kSkip, kSkipNext };

// A reply (or several of one batch) that waits until readers passed an offset. Ranges are of Session::output.
struct HeldReply {
  size_t begin = 0;
  size_t end = 0;
  Offset offset;
  Instant deadline;
};

struct WaitState {
  Offset offset;
  uint32_t replicas = 0;
  uint32_t local = 0;  // WAITAOF: 1 when the own disk counts too
  bool aof = false;
  bool unblocked_by_error = false;  // CLIENT UNBLOCK id ERROR
};

// A client that doesn't read its replies is not served on: so many bytes may wait for it, and the reply that went
// beyond. (client-output-buffer-limit closes it, if it is set lower; Redis lets memory grow instead.)
inline constexpr size_t kMostUnreadOutput = 32 << 20;
// H3: so many bytes of its commands may be on their way to the new master's socket, and the command that went beyond.
inline constexpr size_t kMostForwardWaiting = 1 << 20;

struct Session {
  ConnId id;
  uint64_t client_id = 0;
  Address remote;
  Address local;
  std::string name;
  std::string library_name;
  std::string library_version;
  std::string user = "default";
  bool authenticated = false;
  bool internal = false;  // it spoke the internal command: a sentinel, a replica
  int resp = 2;
  uint32_t db = 0;
  Instant connected_at;
  Instant last_command_at;
  Instant arrived_at;  // of the newest bytes that came behind no held command: holding and -NOACK count from here
  std::string_view last_command;  // "client|list"; empty: none yet
  bool no_evict = false;
  ReplyMode reply_mode = ReplyMode::kOn;
  uint64_t commands = 0;
  size_t input_pending = 0;  // bytes received and not taken up yet
  Offset last_write;         // WAIT waits for it

  RequestParser parser;
  std::string output;          // replies not handed to the driver yet
  std::deque<HeldReply> held;  // oldest first; the first one stops the output at its begin
  Blocked blocked = Blocked::kNo;
  Instant blocked_since;
  uint32_t loads = 0;                      // tier reads that the next command waits for
  PinSet pins;                             // what it was given meanwhile
  size_t keys_pinned = 0;                  // its first ones
  std::optional<uint64_t> evicted_before;  // it needs every key: Stats::evicted_keys when it began to wait
  std::optional<Instant> blocked_until;
  std::optional<Instant> over_soft_limit_since;  // client-output-buffer-limit
  WaitState wait;
  size_t unsent = 0;           // bytes that left the node and that the client's socket didn't take yet
  bool output_full = false;    // its next command waits until it has read replies
  size_t forward_waiting = 0;  // H3: bytes of its commands that the new master's socket didn't take yet
  size_t counted_bytes = 0;    // of memory, as Clients counts it
  bool reserved = false;       // it has a place above maxclients (common/reserve.h): one word to say who it is
  bool close_after_flush = false;
  bool forwarding = false;  // H3: its commands go to the new master, unexecuted here
  bool touched = false;     // may have output: looked at at the end of the batch

  // H3: no reply of its own is held here; and it wants all replies, for which ones it doesn't nobody could tell.
  bool can_be_relayed() const { return held.empty() && reply_mode == ReplyMode::kOn; }

  // The next command waits for no reads any more: it ran, or won't.
  void end_loads() {
    pins.clear();
    keys_pinned = 0;
    evicted_before.reset();
  }
};

}  // namespace onggi
