// The follower's decisions: whether to go on, to cut, to copy, or to refuse (PROTOCOL N1, N5, N6).
#include <algorithm>

#include "node/cut_tails.h"
#include "node/role/follower.h"
#include "storage/history.h"

namespace onggi {
namespace {

constexpr seconds kStopped{
    10};  // N5: it stops and says so; it looks again now and then, for the operator may have acted

std::string words(Position position) {
  return "(" + std::to_string(position.epoch.value) + ", " + std::to_string(position.offset.value) + ")";
}

// Nothing that anybody wrote: no records, or only the starts of epochs that came to nothing (a first master that died
// before anybody followed it).
bool empty(const Log& log) {
  if (log.end().offset == Offset{}) return true;
  if (log.begin() > Offset{}) return false;
  bool written = false;
  const Result<void> read = log.visit(Offset{}, [&](const RecordView& record) {
    written = record.type != RecordType::kEpochStart;
    return !written;
  });
  return read && !written;
}

}  // namespace

void Follower::reply(Now now, RoleContext& context, const SyncReply& reply) {
  last_heard_ = now.instant;
  if (phase_ != Phase::kAsked) return fail(now, context, "a reply that nobody asked for");
  if (reply.kind == SyncReply::Kind::kRefused) return fail(now, context, "it refuses: " + reply.why);
  if (const auto why = objection(context, reply)) return fail(now, context, *why);
  if (!promise_and_adopt(context, reply)) return fail(now, context, "the promise can't be made durable");
  const Log& log = context.log;
  const std::optional<Position> common = last_common(log.history(), log.end(), reply.history, reply.end);
  if (reply.kind == SyncReply::Kind::kFullCopy) return consider_copy(now, context, reply, common);
  if (!common || *common != reply.common) return fail(now, context, "the common point is not where it says");
  go_on(now, context, reply, *common);
}

// Why this answer can't be followed at all.
std::optional<std::string> Follower::objection(RoleContext& context, const SyncReply& reply) const {
  const DurableState& durable = context.durable();
  if (reply.id == durable.id) return "that is this very node";
  if (target_->node && reply.id != target_->node) return "another node answers at that address";
  if (lacks_records_ && reply.kind != SyncReply::Kind::kFullCopy) return "it grants no full copy";
  if (!context.options.managed) return std::nullopt;
  if (durable.cluster && reply.cluster && durable.cluster != reply.cluster) return "it belongs to another cluster";
  if (catching_up()) {
    if (reply.epoch == target_->epoch && reply.epoch == durable.promise) return std::nullopt;
    return "it serves another epoch than the one to catch up in";
  }
  if (reply.epoch < durable.promise) {
    return "it is master of epoch " + std::to_string(reply.epoch.value) + ", and epoch " +
           std::to_string(durable.promise.value) + " was promised";
  }
  return std::nullopt;
}

// N1: the promise is durable before anything else is done with what this master says.
bool Follower::promise_and_adopt(RoleContext& context, const SyncReply& reply) {
  if (!context.saved(context.promise.swear_by_following(reply.epoch))) return false;
  const bool names_it = reply.configuration.master == reply.id && reply.configuration.epoch == reply.epoch;
  if (!context.options.managed || catching_up() || !names_it) return true;
  return context.saved(context.promise.adopt(reply.configuration));
}

void Follower::go_on(Now now, RoleContext& context, const SyncReply& reply, Position common) {
  if (common.offset == context.log.end().offset) return start_streaming(now, context, reply);
  // Its history must not be less than ours (unmanaged nodes rewind to whatever their master is, as in Redis).
  if (context.options.managed && reply.end < context.log.end()) {
    return fail(now, context, "its history " + words(reply.end) + " is less than ours " + words(context.log.end()),
                kStopped);
  }
  if (context.tier_reached > common.offset) {
    context.out.warn("the tier is past the common point " + words(common) + ": a full copy is needed");
    return consider_copy(now, context, reply, common);
  }
  cut(now, context, common);
}

void Follower::cut(Now now, RoleContext& context, Position common) {
  if (!save_tail(now, context, common)) return;
  const Result<void> truncated = context.log.truncate(common);
  if (!truncated) return fail(now, context, "the tail can't be cut: " + truncated.error().message, kStopped);
  (void)context.saved(context.promise.note_log());
  context.out.rewind = RoleEffects::Rewind{common};
  rebuilding_ = true;
  phase_ = Phase::kRewinding;
  phase_since_ = now.instant;
}

// N5: what is given up is kept in a file of its own, counted and logged.
bool Follower::save_tail(Now now, RoleContext& context, Position common) {
  const Position end = context.log.end();
  if (saved_tail_ == end) return true;
  const Offset from = std::max(common.offset, context.log.begin());
  CutTail tail;
  tail.from = Position{common.epoch, from};
  tail.end = end;
  tail.path = context.options.tail_directory + "/" + cut_tail_name(end, from, now.wall);
  const Result<void> saved = context.log.save_tail(from, tail.path);
  if (!saved) {
    fail(now, context, "the own tail can't be saved: " + saved.error().message, kStopped);
    return false;
  }
  (void)context.log.visit(from, [&](const RecordView& record) {
    if (record.type == RecordType::kOperations) tail.records++;
    return true;
  });
  context.counters.tails_cut++;
  context.counters.records_cut += tail.records;
  context.out.warn("diverged: " + std::to_string(tail.records) + " records from " + words(tail.from) + " to " +
                   words(tail.end) + " are given up, and kept in " + tail.path);
  context.out.cut_tails.push_back(tail);
  saved_tail_ = end;
  return true;
}

void Follower::consider_copy(Now now, RoleContext& context, const SyncReply& reply, std::optional<Position> common) {
  const Log& log = context.log;
  if (catching_up()) return fail(now, context, "the missing tail can't be had without a full copy");
  const bool nothing = empty(log);
  if (!nothing && !operator_word_) {
    if (!common)
      return fail(now, context, "its history has nothing in common with ours; nothing was given up", kStopped);
    if (reply.end < log.end()) {
      return fail(now, context,
                  "a full copy of a lesser history " + words(reply.end) + " is not taken; ours is " + words(log.end()),
                  kStopped);
    }
  }
  const bool diverged = !nothing && (!common || common->offset < log.end().offset);
  if (diverged && !save_tail(now, context, common.value_or(Position{}))) return;
  if (must_copy_ && reply.kind == SyncReply::Kind::kFullCopy) {
    phase_ = Phase::kCopying;  // it was asked for, and is granted
    phase_since_ = now.instant;
    return;
  }
  must_copy_ = true;
  ask(now, context);
}

void Follower::start_streaming(Now now, RoleContext& context, const SyncReply& reply) {
  context.log.drop_partial();
  phase_ = Phase::kStreaming;
  phase_since_ = now.instant;
  link_epoch_ = reply.epoch;
  target_end_ = reply.end;
  in_step_ = false;
  acked_ = Ack{};
  operator_word_ = false;
  must_copy_ = false;
  saved_tail_.reset();
  refused_.clear();
  backoff_ = kFirstBackoff;
  context.out.info("following " + to_string(target_->address) + " in epoch " + std::to_string(reply.epoch.value) +
                   " from " + words(context.log.end()));
  if (catching_up()) {
    if (context.log.end().offset >= target_->until->offset) finish_catch_up(context);
    return;
  }
  acknowledge(now, context, true);
}

void Follower::rewound(Now now, RoleContext& context, const Result<void>& result) {
  rebuilding_ = false;
  lacks_records_ = !result;
  if (!result) {
    context.out.error("memory can't be made of the tier and the log: " + result.error().message +
                      "; a full copy is needed");
    if (catching_up()) stop(context, "memory lacks records");
  }
  if (!target_) return;
  if (phase_ == Phase::kRewinding) ask(now, context);
}

void Follower::copy_begin(Now now, RoleContext& context, const CopyBegin& begin) {
  last_heard_ = now.instant;
  if (phase_ != Phase::kCopying || copy_) return fail(now, context, "a full copy that nobody asked for");
  Result<CopyReceiver> receiver = CopyReceiver::begin(begin);
  if (!receiver) return fail(now, context, "a bad full copy: " + receiver.error().message);
  copy_ = std::move(*receiver);
  context.out.info("full copy from " + to_string(target_->address) + ": " + std::to_string(copy_->total()) +
                   " bytes at " + words(begin.position));
  context.out.copy_open = RoleEffects::CopyOpen{begin.position, begin.history, begin.files};
}

void Follower::copy_chunk(Now now, RoleContext& context, CopyChunk&& chunk) {
  last_heard_ = now.instant;
  if (phase_ != Phase::kCopying || !copy_) return fail(now, context, "a piece of no full copy");
  const Result<void> taken = copy_->chunk(chunk);
  if (!taken) return fail(now, context, "a bad full copy: " + taken.error().message);
  context.out.copy_writes.push_back({chunk.file, chunk.at, std::move(chunk.bytes)});
}

void Follower::copy_end(Now now, RoleContext& context, const CopyEnd& end) {
  last_heard_ = now.instant;
  if (phase_ != Phase::kCopying || !copy_) return fail(now, context, "the end of no full copy");
  const Result<void> whole = copy_->end(end);
  if (!whole) return fail(now, context, "a bad full copy: " + whole.error().message);
  // Until the stream has brought it where it was, it holds less than it acknowledged (N4).
  if (copy_->what().position < context.log.end() && !context.saved(context.promise.set_sure(false))) {
    return fail(now, context, "the state can't be saved before a copy is swapped in");
  }
  rebuilding_ = true;
  phase_ = Phase::kInstalling;
  phase_since_ = now.instant;
  context.out.copy_install = true;
}

void Follower::copy_installed(Now now, RoleContext& context, const Result<void>& result) {
  rebuilding_ = false;
  if (!target_ || phase_ != Phase::kInstalling) return;
  const Position position = copy_->what().position;
  copy_.reset();
  if (!result) return fail(now, context, "the full copy can't be swapped in: " + result.error().message);
  if (context.log.end() != position) return fail(now, context, "the log is not where the full copy ends");
  context.counters.copies_received++;
  context.tier_reached = position.offset;
  must_copy_ = lacks_records_ = false;
  (void)context.saved(context.promise.note_log());
  ask(now, context);
}

}  // namespace onggi
