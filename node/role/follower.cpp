#include "node/role/follower.h"

#include <algorithm>
#include <array>

#include "common/defects.h"
#include "storage/history.h"

namespace onggi {
namespace {

constexpr seconds kConnectTimeout{5};
constexpr seconds kUnwritableRetry{5};

// Applies the records of a stream some at a time: the sink is shown what comes next. None after one that can't be.
class Applier {
 public:
  Applier(StreamSink& sink, WallTime master_wall) : sink_(sink), master_wall_(master_wall) {}
  // The record's bytes stay where they are until finish().
  void add(const RecordView& record) {
    group_[count_++] = record;
    if (count_ == group_.size()) apply();
  }
  // Why one could not be applied; empty: all were.
  const std::string& finish() {
    apply();
    return broken_;
  }

 private:
  void apply() {
    sink_.look_ahead({group_.data(), count_});
    for (size_t i = 0; i < count_ && broken_.empty(); i++) {
      const Result<void> applied = sink_.apply(group_[i], master_wall_);
      if (!applied) broken_ = applied.error().message;
    }
    count_ = 0;
  }

  StreamSink& sink_;
  WallTime master_wall_;
  std::array<RecordView, 16> group_;
  size_t count_ = 0;
  std::string broken_;
};

}  // namespace

void Follower::follow(Now now, RoleContext& context, FollowTarget target, bool operator_word) {
  if (target_ == target && !operator_word) return;
  stop(context, "another master");
  target_ = std::move(target);
  operator_word_ = operator_word;
  refused_.clear();
  backoff_ = kFirstBackoff;
  last_heard_.reset();
  down_since_ = now.instant;
  must_copy_ = false;
  retry_at_ = now.instant;
  if (!rebuilding_) connect(now, context);
}

void Follower::stop(RoleContext& context, const std::string& why) {
  if (!target_) return;
  if (phase_ != Phase::kWaiting) context.out.close(conn_, why);
  if (copy_ && phase_ == Phase::kCopying) context.out.copy_drop = true;
  copy_.reset();
  context.log.drop_partial();
  phase_ = Phase::kWaiting;
  in_step_ = false;
  target_.reset();
}

void Follower::connect(Now now, RoleContext& context) {
  conn_ = context.conns.take();
  phase_ = Phase::kConnecting;
  phase_since_ = now.instant;
  context.out.connects.push_back({conn_, target_->address});
}

void Follower::connected(Now now, RoleContext& context) {
  if (phase_ != Phase::kConnecting) return;
  last_heard_ = now.instant;
  ask(now, context);
}

void Follower::ask(Now now, RoleContext& context) {
  const DurableState& durable = context.durable();
  SyncRequest request;
  request.id = durable.id;
  request.run = context.run;
  request.address = context.options.announce;
  request.cluster = durable.cluster;
  // An unmanaged node swears nothing to anybody: its request never makes a master step down.
  if (context.options.managed) request.promise = durable.promise;
  request.master_epoch = target_->epoch;
  request.position = context.log.end();
  request.history = context.log.history();
  request.catch_up = catching_up();
  must_copy_ = must_copy_ || lacks_records_;
  request.must_copy = must_copy_;
  request.user = context.options.master_user;
  request.password = context.options.master_password;
  phase_ = Phase::kAsked;
  phase_since_ = now.instant;
  last_ack_at_ = now.instant;
  context.out.send(conn_, request);
}

void Follower::lost(Now now, RoleContext& context, const std::string& why) {
  if (!target_ || phase_ == Phase::kWaiting) return;
  if (phase_ == Phase::kStreaming) {
    context.out.warn("the link to the master " + to_string(target_->address) + " is lost: " + why);
  }
  if (phase_ != Phase::kConnecting) down_since_ = now.instant;
  if (copy_ && phase_ == Phase::kCopying) context.out.copy_drop = true;
  copy_.reset();
  context.log.drop_partial();
  phase_ = Phase::kWaiting;
  in_step_ = false;
  backoff_ = std::max<Duration>(backoff_, kFirstBackoff);
  retry_at_ = now.instant + backoff_ / 2 + Duration(context.random.below(backoff_.count() / 2 + 1));
  backoff_ = std::min<Duration>(backoff_ * 2, kLongestBackoff);
}

// Something is wrong with what the other side says, or with us: give up this connection and try again later.
void Follower::fail(Now now, RoleContext& context, const std::string& why, Duration at_least) {
  if (refused_ != why) context.out.error("not following " + to_string(target_->address) + ": " + why);
  refused_ = why;
  context.out.close(conn_, why);
  lost(now, context, why);
  retry_at_ = std::max(retry_at_, now.instant + at_least);
}

void Follower::chunk(Now now, RoleContext& context, const StreamChunk& chunk) {
  last_heard_ = now.instant;
  if (phase_ != Phase::kStreaming) {
    if (!chunk.bytes.empty()) fail(now, context, "a stream before the histories were compared");
    return;
  }
  if (chunk.epoch != link_epoch_) return fail(now, context, "a stream of another epoch");
  if (chunk.bytes.empty()) {
    // Its log ends here, and a record does not: the length of that one can't be right.
    const bool within_a_record = context.log.stream_next() > context.log.end().offset;
    if (chunk.from == context.log.stream_next() && within_a_record) damaged(now, context, "it ends within a record");
    return;
  }
  if (chunk.from != context.log.stream_next()) return fail(now, context, "a stream with a gap");
  if (context.log.failed() && context.log.unwritten_bytes() >= context.options.most_unwritten_bytes) {
    return fail(now, context, "the log can't be written, and memory takes no more of the stream", kUnwritableRetry);
  }
  Applier applier(context.sink, chunk.master_wall);
  const Result<void> taken =
      context.log.append_stream(chunk.bytes, [&](const RecordView& record) { applier.add(record); });
  if (const std::string& broken = applier.finish(); !broken.empty()) {
    // The log has what memory has not: memory is made anew from tier and log.
    fail(now, context, "a record can't be applied: " + broken);
    rebuilding_ = true;
    context.out.rewind = RoleEffects::Rewind{context.log.end()};
  } else if (!taken) {
    damaged(now, context, taken.error().message);
  } else if (catching_up() && context.log.end().offset >= target_->until->offset) {
    finish_catch_up(context);
  }
}

// What the other one's disk holds after the own end is not what was written. Its tier has the data all the same.
void Follower::damaged(Now now, RoleContext& context, const std::string& why) {
  must_copy_ = !catching_up();
  fail(now, context, "a bad stream: " + why + (must_copy_ ? "; a full copy is needed" : ""));
}

void Follower::finish_catch_up(RoleContext& context) {
  context.out.info("caught up with " + to_string(target_->address) + " at offset " +
                   std::to_string(context.log.end().offset.value));
  stop(context, "caught up");
}

Ack Follower::position(const RoleContext& context) const {
  const Log& log = context.log;
  const Offset synced = std::min(log.synced(), log.end().offset);
  if (has_defect(Defect::kAckUnwritten)) return {link_epoch_, log.end(), log.end()};
  const Offset written =
      context.options.durability == Durability::kDisk ? synced : std::min(log.written(), log.end().offset);
  return {link_epoch_, {epoch_at(log.history(), written), written}, {epoch_at(log.history(), synced), synced}};
}

void Follower::flushed(Now now, RoleContext& context) {
  if (phase_ == Phase::kStreaming) acknowledge(now, context, false);
}

void Follower::acknowledge(Now now, RoleContext& context, bool due) {
  if (catching_up()) return;
  const Ack ack = position(context);
  if (!in_step_ && ack.written >= target_end_) {
    // N4: everything that it may have lost has come back.
    if (!context.durable().sure && link_epoch_ >= context.durable().promise) {
      if (context.saved(context.promise.set_sure(true))) context.out.info("sure again: in step with the master");
    }
    in_step_ = was_in_step_ = true;
  }
  if (!due && ack.written == acked_.written && ack.synced == acked_.synced) return;
  acked_ = ack;
  last_ack_at_ = now.instant;
  context.out.send(conn_, ack);
}

void Follower::tick(Now now, RoleContext& context) {
  if (!target_) return;
  switch (phase_) {
    case Phase::kWaiting:
      if (!rebuilding_ && now.instant >= retry_at_) connect(now, context);
      return;
    case Phase::kConnecting:
      if (now.instant >= phase_since_ + kConnectTimeout) {
        context.out.close(conn_, "no connection in time");
        lost(now, context, "no connection in time");
      }
      return;
    default:
      break;
  }
  if (now.instant >= last_heard_.value_or(phase_since_) + context.options.repl_timeout) {
    context.out.close(conn_, "silent for repl-timeout");
    return lost(now, context, "silent for repl-timeout");
  }
  if (now.instant < last_ack_at_ + context.options.repl_ping) return;
  last_ack_at_ = now.instant;
  if (phase_ == Phase::kStreaming && !catching_up()) {
    acknowledge(now, context, true);
  } else {
    context.out.send(conn_, Ack{});  // a sign of life, of epoch 0: it counts for nothing
  }
}

std::optional<Instant> Follower::next_deadline(const RoleContext& context) const {
  if (!target_) return std::nullopt;
  if (phase_ == Phase::kWaiting) return rebuilding_ ? std::nullopt : std::optional(retry_at_);
  if (phase_ == Phase::kConnecting) return phase_since_ + kConnectTimeout;
  return std::min(last_heard_.value_or(phase_since_) + context.options.repl_timeout,
                  last_ack_at_ + context.options.repl_ping);
}

bool Follower::hears(Now now, const RoleContext& context) const {
  return compared() && last_heard_ && now.instant < *last_heard_ + context.options.alive();
}

MasterLink Follower::link(Now now, const RoleContext& context) const {
  MasterLink link;
  link.address = target_->address;
  switch (phase_) {
    case Phase::kWaiting:
      link.state = MasterLink::State::kConnect;
      break;
    case Phase::kConnecting:
      link.state = MasterLink::State::kConnecting;
      break;
    case Phase::kStreaming:
      link.state = MasterLink::State::kConnected;
      break;
    default:
      link.state = MasterLink::State::kSync;
      break;
  }
  if (last_heard_) link.last_io_s = std::chrono::duration_cast<seconds>(now.instant - *last_heard_).count();
  if (!link.up()) link.down_since_s = std::chrono::duration_cast<seconds>(now.instant - down_since_).count();
  link.copy_in_progress = phase_ == Phase::kCopying || phase_ == Phase::kInstalling;
  if (copy_) {
    link.copy_bytes = copy_->received();
    link.copy_total = copy_->total();
  }
  link.offset = context.log.end().offset;
  link.refused = refused_;
  return link;
}

}  // namespace onggi
