// The follower's side of replication: the link to the one node whose stream is taken (PROTOCOL N1, N3-N6, C8's
// catch-up).
//
// Invariants:
// 1. No stream is taken from a master of an epoch below the promise, nor before the promise of its epoch is durable
// (N1).
// 2. Nothing is acknowledged before the histories were compared and the own tail was cut (A5), and never more than the
//    page cache has, or the disk under `durability disk` (N3).
// 3. A tail is saved before it is cut; a full copy is taken only from a history not less than the own, and replaces the
//    old data only when whole and checked (N5, N6).
#pragma once

#include <optional>
#include <string>

#include "node/role/context.h"
#include "node/role/copy_receiver.h"

namespace onggi {

// Whom to follow, and why.
struct FollowTarget {
  Address address;
  NodeId node;                    // empty: whoever is there (unmanaged)
  Epoch epoch;                    // that it is master of, as far as known; of a catch-up: the promised one
  std::optional<Position> until;  // C8: a catch-up, up to here, from a node that is not master
  bool operator==(const FollowTarget&) const = default;
};

class Follower {
 public:
  static constexpr milliseconds kFirstBackoff{50};
  static constexpr milliseconds kLongestBackoff{1000};

  bool active() const { return target_.has_value(); }
  const std::optional<FollowTarget>& target() const { return target_; }
  // A rewind or the swap of a full copy is under way: nothing is followed, and nothing led, until the node says it is
  // over.
  bool rebuilding() const { return rebuilding_; }
  bool catching_up() const { return target_ && target_->until.has_value(); }
  // Memory could not be made of tier and log: nothing is served or led before a full copy has replaced all.
  bool lacks_records() const { return lacks_records_; }

  // `operator_word`: REPLICAOF was typed: the first comparison may give up a history that has nothing in common.
  void follow(Now now, RoleContext& context, FollowTarget target, bool operator_word);
  void stop(RoleContext& context, const std::string& why);

  // ---- inputs, for the own connection; false: not ours
  bool owns(ConnId conn) const { return active() && conn_ == conn && phase_ != Phase::kWaiting; }
  void connected(Now now, RoleContext& context);
  void lost(Now now, RoleContext& context, const std::string& why);
  // Gives up the connection because of what came on it, or of the own state; tries again later.
  void fail(Now now, RoleContext& context, const std::string& why, Duration at_least = Duration{0});
  void reply(Now now, RoleContext& context, const SyncReply& reply);
  void chunk(Now now, RoleContext& context, const StreamChunk& chunk);
  void copy_begin(Now now, RoleContext& context, const CopyBegin& begin);
  void copy_chunk(Now now, RoleContext& context, CopyChunk&& chunk);
  void copy_end(Now now, RoleContext& context, const CopyEnd& end);
  void rewound(Now now, RoleContext& context, const Result<void>& result);
  void copy_installed(Now now, RoleContext& context, const Result<void>& result);
  void flushed(Now now, RoleContext& context);  // the page cache or the disk has more: acknowledge
  void tick(Now now, RoleContext& context);
  std::optional<Instant> next_deadline(const RoleContext& context) const;

  // ---- state
  bool compared() const { return active() && phase_ == Phase::kStreaming; }
  bool in_step() const { return compared() && in_step_; }
  bool was_in_step() const { return was_in_step_; }       // with some master, in this run
  bool hears(Now now, const RoleContext& context) const;  // the link is up and alive
  Epoch epoch() const { return link_epoch_; }             // of the master whose stream is taken
  Offset acknowledged() const { return compared() ? acked_.written.offset : Offset{}; }
  MasterLink link(Now now, const RoleContext& context) const;

 private:
  enum class Phase : uint8_t {
    kWaiting,  // for the next attempt
    kConnecting,
    kAsked,      // SyncRequest is sent
    kRewinding,  // the tail is cut, memory goes back
    kCopying,    // a full copy was granted and comes
    kInstalling,
    kStreaming,
  };

  void connect(Now now, RoleContext& context);
  void ask(Now now, RoleContext& context);
  std::optional<std::string> objection(RoleContext& context, const SyncReply& reply) const;
  bool promise_and_adopt(RoleContext& context, const SyncReply& reply);
  void go_on(Now now, RoleContext& context, const SyncReply& reply, Position common);
  void cut(Now now, RoleContext& context, Position common);
  bool save_tail(Now now, RoleContext& context, Position common);
  void consider_copy(Now now, RoleContext& context, const SyncReply& reply, std::optional<Position> common);
  void start_streaming(Now now, RoleContext& context, const SyncReply& reply);
  void acknowledge(Now now, RoleContext& context, bool due);
  void damaged(Now now, RoleContext& context, const std::string& why);
  void finish_catch_up(RoleContext& context);
  Ack position(const RoleContext& context) const;

  std::optional<FollowTarget> target_;
  bool operator_word_ = false;
  Phase phase_ = Phase::kWaiting;
  bool rebuilding_ = false;
  bool lacks_records_ = false;
  ConnId conn_;
  Instant retry_at_;
  Duration backoff_{0};
  Instant phase_since_;
  std::optional<Instant> last_heard_;
  Instant last_ack_at_;
  Instant down_since_;
  bool must_copy_ = false;
  std::optional<CopyReceiver> copy_;
  Epoch link_epoch_;
  Position target_end_;  // N4: the master's end when the stream began
  bool in_step_ = false;
  bool was_in_step_ = false;
  Ack acked_;
  std::optional<Position> saved_tail_;  // the own end when a tail was saved for a copy: once is enough
  std::string refused_;
};

}  // namespace onggi
