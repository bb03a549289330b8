// What processes say to each other, besides clients' RESP: plain structs, cereal-encoded (common/codec.h).
//
// Every message travels as the one internal command, a RESP array of two bulk strings: "ONGGI" and the encoded
// bytes. The same frame is used in both directions of a connection. The first byte of the payload is the index in
// `Message`. StreamChunk alone is hand-encoded, since it carries the hot stream.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "common/types.h"

namespace onggi {

// A member node of the cluster. `address` is an attribute that may change; `id` is the identity.
struct Member {
  NodeId id;
  Address address;
  bool operator==(const Member&) const = default;
  template <class A>
  void serialize(A& a) {
    a(id, address);
  }
};

struct SentinelPeer {
  SentinelId id;
  Address address;
  bool operator==(const SentinelPeer&) const = default;
  template <class A>
  void serialize(A& a) {
    a(id, address);
  }
};

// What binds a whole cluster in one epoch, whatever a process's own settings. Epoch 0: none yet.
struct Configuration {
  Epoch epoch;
  ClusterId cluster;
  NodeId master;
  std::vector<Member> members;  // the nodes that count for N, k and fencing
  std::vector<SentinelPeer> sentinels;
  uint32_t write_acks = 0;  // k
  uint32_t lease_ms = 600;
  bool operator==(const Configuration&) const = default;
  template <class A>
  void serialize(A& a) {
    a(epoch, cluster, master, members, sentinels, write_acks, lease_ms);
  }
};

// Made by a master's answer to a heartbeat, echoed by the next: the lease runs from `made`, on the master's clock.
struct LeaseToken {
  RunId run;
  Epoch epoch;
  Instant made;
  template <class A>
  void serialize(A& a) {
    a(run, epoch, made);
  }
};

// The start of an epoch (or of an unmanaged master's run) in a log: its first record lies at `offset`.
struct EpochStart {
  Epoch epoch;
  BranchId branch;
  Offset offset;
  bool operator==(const EpochStart&) const = default;
  template <class A>
  void serialize(A& a) {
    a(epoch, branch, offset);
  }
};

// Every epoch that a log has seen, oldest first; kept for ever.
using History = std::vector<EpochStart>;

// ---- sentinel -> node, and the node's answers

// N9: what a node says of itself, made by the engine's own step.
struct NodeStatus {
  NodeId id;
  RunId run;
  Address address;  // as the node announces itself
  bool managed = true;
  bool is_master = false;  // promoted in master_epoch and not fenced since
  bool writable = false;   // is_master and has a lease (H2's pause changes nothing)
  bool fenced = false;     // promised more than the epoch it was master of or follows
  Epoch promise;
  SentinelId promised_to;
  Epoch master_epoch;           // the epoch it is master of, or whose master it follows
  Configuration configuration;  // the newest it knows
  Position position;            // end of its log
  bool sure = true;             // N4
  bool can_lead = true;         // disk, memory, priority
  uint32_t priority = 100;
  bool wants_handover = false;      // a master that got SIGTERM, or whose disk fails
  std::optional<LeaseToken> token;  // fresh in every answer of a master
  ClusterId cluster;
  std::vector<NodeId> following;  // on a master: members that follow (connected, compared, epoch-start acknowledged)
  std::vector<NodeId> holding_start;  // on a master: members that acknowledged its epoch-start
  bool hears_master = false;          // a follower whose link to the master is up and alive
  bool following_master = false;      // a follower whose histories were compared
  bool in_step = false;               // a follower that reached the end its master had at connect
  std::string id_file;                // L4: host's boot, device and inode of the file that holds the id, and is locked
  std::string version;
  template <class A>
  void serialize(A& a) {
    a(id, run, address, managed, is_master, writable, fenced, promise, promised_to, master_epoch, configuration,
      position, sure, can_lead, priority, wants_handover, token, cluster, following, holding_start, hears_master,
      following_master, in_step, id_file, version);
  }
};

struct Heartbeat {
  SentinelId sender;
  Address sender_address;
  uint64_t sequence = 0;
  Epoch epoch;                           // the sentinel's own
  Epoch stored;                          // the configuration epoch it stored durably
  std::optional<LeaseToken> echo;        // grants the lease
  std::vector<Address> watcher_targets;  // sentinels to be told of this node's death
  template <class A>
  void serialize(A& a) {
    a(sender, sender_address, sequence, epoch, stored, echo, watcher_targets);
  }
};

struct HeartbeatAnswer {
  uint64_t sequence = 0;
  NodeStatus status;
  template <class A>
  void serialize(A& a) {
    a(sequence, status);
  }
};

// F1. Asks for the promise of `epoch` to `leader`.
struct Fence {
  Epoch epoch;
  SentinelId leader;
  bool planned = false;  // to a master that lives: soon it or another is master, its clients may wait for that (H3)
  template <class A>
  void serialize(A& a) {
    a(epoch, leader, planned);
  }
};

struct FenceAnswer {
  Epoch epoch;
  bool promised = false;  // false: it promised more, or the same epoch to another; status.promise says
  NodeStatus status;
  template <class A>
  void serialize(A& a) {
    a(epoch, promised, status);
  }
};

// C8. To a fenced node that will be promoted in `epoch`: first copy the log up to `until` from `source`.
struct CatchUp {
  Epoch epoch;
  SentinelId leader;
  NodeId source;
  Address source_address;
  Position until;
  template <class A>
  void serialize(A& a) {
    a(epoch, leader, source, source_address, until);
  }
};

// F4. Obeyed only by run `run` of the node, if it promised exactly the configuration's epoch to `leader`, was not
// master in it, and its log ends at `position`.
struct Promote {
  SentinelId leader;
  RunId run;
  Position position;
  Configuration configuration;
  template <class A>
  void serialize(A& a) {
    a(leader, run, position, configuration);
  }
};

struct PromoteAnswer {
  Epoch epoch;
  bool promoted = false;
  std::string why;  // when not
  NodeStatus status;
  template <class A>
  void serialize(A& a) {
    a(epoch, promoted, why, status);
  }
};

// F6. The configuration, to a node that does not follow its master yet. Ignored below the promise (N1).
struct Follow {
  Configuration configuration;
  template <class A>
  void serialize(A& a) {
    a(configuration);
  }
};

// H2. Asks the master to pause writes for hold-ms so that `target` can reach its end; answered when paused.
struct Pause {
  uint64_t handover = 0;  // names this attempt
  NodeId target;
  template <class A>
  void serialize(A& a) {
    a(handover, target);
  }
};

struct PauseAnswer {
  uint64_t handover = 0;
  bool reached = false;  // the target has the paused master's position
  Position position;
  std::string why;  // when not reached
  template <class A>
  void serialize(A& a) {
    a(handover, reached, position, why);
  }
};

// A sentinel to a node: your connection's user asked to hand over (see NodeStatus::wants_handover), it was refused:
// why.
struct HandoverRefused {
  std::string why;
  template <class A>
  void serialize(A& a) {
    a(why);
  }
};

// ---- watcher -> sentinel, sentinel -> sentinel

// L4. Proof of death: `secret` hashes to `run` (common/run_id.h).
struct RunDead {
  NodeId node;
  RunId run;
  std::string secret;
  template <class A>
  void serialize(A& a) {
    a(node, run, secret);
  }
};

struct RunDeadHeard {
  RunId run;
  template <class A>
  void serialize(A& a) {
    a(run);
  }
};

struct SentinelHeartbeat {
  SentinelId sender;
  RunId run;
  Address address;
  uint64_t sequence = 0;
  bool answer = false;      // an answer is not answered
  Epoch epoch;              // its own: the highest it voted in or learned
  Epoch stored;             // of the configuration it stored
  NodeId master_seen_down;  // the configured master it finds down; empty: it does not
  bool majority_contact = false;
  bool forced_sentinels = false;               // the operator typed FORCE-SENTINELS at it
  std::optional<Configuration> configuration;  // when the receiver is known to have an older one
  template <class A>
  void serialize(A& a) {
    a(sender, run, address, sequence, answer, epoch, stored, master_seen_down, majority_contact, forced_sentinels,
      configuration);
  }
};

// E1, E2. With `poll`, binds nobody and raises nobody's epoch: "would you?".
struct VoteRequest {
  Epoch epoch;
  SentinelId candidate;
  Epoch stored;        // the candidate's configuration
  NodeId planned_for;  // a planned vote names the master it will fence; empty: the voter must find the master down
  bool poll = false;
  template <class A>
  void serialize(A& a) {
    a(epoch, candidate, stored, planned_for, poll);
  }
};

struct VoteReply {
  Epoch epoch;  // of the request
  SentinelId voter;
  bool poll = false;
  bool granted = false;
  bool waits_for_lease = false;  // not granted yet: will be sent when the leases it granted ran out
  Epoch voter_epoch;
  Epoch highest_promise;        // that the voter heard of
  Configuration configuration;  // the voter's: the newest wins
  std::string why;              // when not granted
  template <class A>
  void serialize(A& a) {
    a(epoch, voter, poll, granted, waits_for_lease, voter_epoch, highest_promise, configuration, why);
  }
};

// F6. Asks a sentinel to store a configuration; answered by a SentinelHeartbeat with its `stored`.
struct Publish {
  Configuration configuration;
  std::string event;  // why there is a new one, for the log and for subscribers
  template <class A>
  void serialize(A& a) {
    a(configuration, event);
  }
};

// ---- node <-> node: replication

// The first message of a follower to the master it was told to follow.
struct SyncRequest {
  NodeId id;
  RunId run;
  Address address;
  ClusterId cluster;
  Epoch promise;       // N1: a master that hears of a higher one than its own epoch steps down
  Epoch master_epoch;  // of the master that it means to follow
  Position position;
  History history;
  bool catch_up = false;   // C8: a fenced node copying a tail from a node that is not master
  bool must_copy = false;  // its own log can't go on: asks for a full copy
  std::string user;        // masterauth, masteruser
  std::string password;
  template <class A>
  void serialize(A& a) {
    a(id, run, address, cluster, promise, master_epoch, position, history, catch_up, must_copy, user, password);
  }
};

struct SyncReply {
  enum class Kind : uint8_t { kRefused, kContinue, kFullCopy };
  Kind kind = Kind::kRefused;
  std::string why;  // refused: said in the log and in INFO
  NodeId id;
  RunId run;
  Epoch epoch;      // of which the answering node is master
  Position common;  // the last common point: the follower cuts after it, the stream goes on from it
  Position end;     // of the master at this moment (N4: sure once reached)
  History history;  // of the master
  ClusterId cluster;
  Configuration configuration;
  template <class A>
  void serialize(A& a) {
    a(kind, why, id, run, epoch, common, end, history, cluster, configuration);
  }
};

// N3. What the follower handed to the page cache, fsynced and applied, of the stream of a master of `epoch`.
struct Ack {
  Epoch epoch;  // of the master whose stream it is
  Position written;
  Position synced;
  template <class A>
  void serialize(A& a) {
    a(epoch, written, synced);
  }
};

// Raw log bytes at `from`. Hand-encoded: type byte, epoch (8 bytes, little endian), from (8 bytes), master's wall
// clock in ms (8 bytes), bytes. Empty bytes: a sign of life, sent each repl-ping interval; if
// `from` is not 0 the log ends there.
struct StreamChunk {
  Epoch epoch;
  Offset from;
  WallTime master_wall;
  std::string bytes;
};

// N6. A full copy: a checkpoint's files, then kCopyEnd, then the stream from `position`.
struct CopyBegin {
  Position position;
  History history;
  struct File {
    std::string name;
    uint64_t size = 0;
    template <class A>
    void serialize(A& a) {
      a(name, size);
    }
  };
  std::vector<File> files;
  template <class A>
  void serialize(A& a) {
    a(position, history, files);
  }
};

struct CopyChunk {
  uint32_t file = 0;
  uint64_t at = 0;
  std::string bytes;
  template <class A>
  void serialize(A& a) {
    a(file, at, bytes);
  }
};

struct CopyEnd {
  uint64_t checksum = 0;  // XXH3 over all bytes in order
  template <class A>
  void serialize(A& a) {
    a(checksum);
  }
};

using Message =
    std::variant<Heartbeat, HeartbeatAnswer, Fence, FenceAnswer, CatchUp, Promote, PromoteAnswer, Follow, Pause,
                 PauseAnswer, HandoverRefused, RunDead, RunDeadHeard, SentinelHeartbeat, VoteRequest, VoteReply,
                 Publish, SyncRequest, SyncReply, Ack, StreamChunk, CopyBegin, CopyChunk, CopyEnd>;

}  // namespace onggi
