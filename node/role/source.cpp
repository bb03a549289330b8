#include "node/role/source.h"

#include <algorithm>

#include "common/defects.h"
#include "storage/history.h"

namespace onggi {

Source::Source(ConnId conn, const SyncRequest& request, bool member, Now now)
    : conn_(conn),
      node_(request.id),
      address_(request.address),
      member_(member),
      last_heard_(now.instant),
      last_sent_(now.instant) {}

void Source::request(Now now, RoleContext& context, Acks& acks, const SyncRequest& request, const Serving& serving,
                     CopyId next_copy) {
  const std::optional<Offset> held =
      pin();  // what a cut or a copy waits for stays pinned until this request is decided
  drop_copy(context);
  acks.forget(conn_);
  if (has_defect(Defect::kAckBeforeMatch)) {
    acks.follow(conn_, node_, member_);
    acks.passed(conn_, {serving.epoch, request.position, request.position});
  }
  last_heard_ = now.instant;
  quiet_ = false;
  last_sent_ = now.instant;
  serving_ = serving;
  address_ = request.address;

  const Log& log = context.log;
  SyncReply reply;
  reply.id = context.id();
  reply.run = context.run;
  reply.epoch = serving.epoch;
  reply.end = log.end();
  reply.history = log.history();
  reply.cluster = context.durable().cluster;
  reply.configuration = context.durable().configuration;

  const std::optional<Position> common = last_common(log.history(), log.end(), request.history, request.position);
  const bool has_it = common && common->offset >= log.begin() && !request.must_copy;
  if (has_it) {
    reply.kind = SyncReply::Kind::kContinue;
    reply.common = *common;
    if (common->offset == request.position.offset) {
      context.counters.sync_partial_ok++;
      state_ = Streaming{common->offset, common->offset};
      acks.follow(conn_, node_, member_);
    } else {
      state_ = Compared{common->offset};
    }
    context.out.send(conn_, reply);
    return;
  }
  if (serving.catch_up) {
    reply.kind = SyncReply::Kind::kRefused;
    reply.why = "a log to catch up from does not reach back to the common point";
    state_ = Compared{};
  } else {
    reply.kind = SyncReply::Kind::kFullCopy;
    if (common) reply.common = *common;
    if (request.must_copy) {
      start_copy(context, next_copy, request.position.offset);
    } else {
      context.counters.sync_partial_err++;
      state_ = Compared{held};
    }
  }
  context.out.send(conn_, reply);
}

void Source::start_copy(RoleContext& context, CopyId copy, Offset from) {
  context.counters.sync_full++;
  context.out.info("full copy to " + to_string(address_) + ", whose log ends at " + std::to_string(from.value) +
                   ": this one begins at " + std::to_string(context.log.begin().value) + "; a checkpoint is made");
  state_ = Preparing{copy, context.log.begin()};
  context.out.start_checkpoints.push_back({copy});
}

bool Source::ack(Now now, RoleContext& context, Acks& acks, const Ack& ack) {
  last_heard_ = now.instant;
  quiet_ = false;
  if (!std::holds_alternative<Streaming>(state_) || serving_.catch_up) return true;
  // A5: what it says it holds is compared with what it was sent, never believed beyond it.
  auto& streaming = std::get<Streaming>(state_);
  const Offset sent = streaming.next;
  if (ack.epoch != serving_.epoch) return true;
  if (ack.written.offset > sent || ack.synced.offset > sent) {
    context.out.error("the replica " + to_string(address_) + " acknowledged more than it was sent");
    return false;
  }
  if (ack.written.offset > streaming.held) {
    streaming.held = ack.written.offset;
    streaming.moved = true;
  }
  acks.quiet(conn_, false);
  acks.passed(conn_, ack);
  return true;
}

void Source::send(RoleContext& context, Message message, size_t bytes) {
  pending_ += bytes;
  context.out.send(conn_, std::move(message));
}

bool Source::pump(Now now, RoleContext& context) {
  if (auto* streaming = std::get_if<Streaming>(&state_)) return stream(now, context, *streaming);
  if (auto* copying = std::get_if<Copying>(&state_)) read_next(context, *copying);
  return true;
}

bool Source::stream(Now now, RoleContext& context, Streaming& streaming) {
  const Offset end = context.log.end().offset;
  while (streaming.next < end && pending_ < context.options.stream_high_water) {
    Result<std::string> bytes = context.log.read(streaming.next, context.options.stream_chunk_bytes);
    if (!bytes || bytes->empty()) {
      context.out.error("the log can't be read at " + std::to_string(streaming.next.value) + " for the replica " +
                        to_string(address_) + ": " + (bytes ? "nothing there" : bytes.error().message));
      return false;
    }
    const size_t size = bytes->size();
    send(context, StreamChunk{serving_.epoch, streaming.next, now.wall, std::move(*bytes)}, size);
    streaming.next = streaming.next + size;
    last_sent_ = now.instant;
  }
  return true;
}

void Source::ping(Now now, RoleContext& context) {
  if (now.instant < last_sent_ + context.options.repl_ping) return;
  const auto* streaming = std::get_if<Streaming>(&state_);
  last_sent_ = now.instant;
  // A position says that the log ends there.
  const bool all_sent = streaming != nullptr && streaming->next == context.log.end().offset;
  send(context, StreamChunk{serving_.epoch, all_sent ? streaming->next : Offset{}, now.wall, ""}, 0);
}

bool Source::look_quiet(Now now, const RoleContext& context) {
  quiet_ = now.instant >= last_heard_ + context.options.alive();
  return quiet_;
}

bool Source::silent(Now now, const RoleContext& context) const {
  return now.instant >= last_heard_ + context.options.repl_timeout;
}

Instant Source::next_deadline(const RoleContext& context) const {
  const Instant quiet = last_heard_ + context.options.alive();
  const Instant silent = last_heard_ + context.options.repl_timeout;
  return std::min(last_sent_ + context.options.repl_ping, quiet_ ? silent : quiet);
}

std::optional<CopyId> Source::copy() const {
  if (const auto* preparing = std::get_if<Preparing>(&state_)) return preparing->copy;
  if (const auto* copying = std::get_if<Copying>(&state_)) return copying->copy;
  return std::nullopt;
}

void Source::drop_copy(RoleContext& context) {
  if (const std::optional<CopyId> sent = copy()) context.out.drop_checkpoints.push_back(*sent);
}

std::optional<Offset> Source::pin() const {
  struct Visitor {
    std::optional<Offset> operator()(const Compared& s) const { return s.pin; }
    std::optional<Offset> operator()(const Streaming& s) const { return s.held; }
    std::optional<Offset> operator()(const Preparing& s) const { return s.pin; }
    std::optional<Offset> operator()(const Copying& s) const { return s.position.offset; }
    std::optional<Offset> operator()(const Copied& s) const { return s.pin; }
  };
  return std::visit(Visitor{}, state_);
}

bool Source::gets_on(const Log& log) const {
  if (const auto* streaming = std::get_if<Streaming>(&state_)) {
    return streaming->moved || streaming->held >= log.end().offset;
  }
  return !std::holds_alternative<Compared>(state_);
}

void Source::checkpoint_ready(Now now, RoleContext& context, Position position, History history,
                              std::vector<CopyBegin::File> files) {
  const auto* preparing = std::get_if<Preparing>(&state_);
  if (preparing == nullptr) return;
  const CopyId copy = preparing->copy;
  send(context, CopyBegin{position, std::move(history), files}, 0);
  last_sent_ = now.instant;
  state_ = Copying{copy, position, std::move(files)};
  read_next(context, std::get<Copying>(state_));
}

void Source::read_next(RoleContext& context, Copying& copying) {
  if (copying.reading) return;
  while (copying.file < copying.files.size() && copying.at >= copying.files[copying.file].size) {
    copying.file++;
    copying.at = 0;
  }
  if (copying.file >= copying.files.size()) {
    send(context, CopyEnd{copying.checksum.value()}, 0);
    context.out.drop_checkpoints.push_back(copying.copy);
    const Offset position = copying.position.offset;
    state_ = Copied{position};
    return;
  }
  if (pending_ >= context.options.stream_high_water) return;
  const uint64_t left = copying.files[copying.file].size - copying.at;
  const size_t size = std::min<uint64_t>(left, context.options.copy_chunk_bytes);
  copying.reading = true;
  context.out.read_chunks.push_back({copying.copy, copying.file, copying.at, size});
}

bool Source::chunk_read(Now now, RoleContext& context, uint32_t file, uint64_t at, const Result<std::string>& bytes) {
  auto* copying = std::get_if<Copying>(&state_);
  if (copying == nullptr || !copying->reading || copying->file != file || copying->at != at) return true;
  copying->reading = false;
  if (!bytes || bytes->empty() || copying->files[file].size - at < bytes->size()) {
    context.out.error("full copy to " + to_string(address_) + ": " + copying->files[file].name +
                      " can't be read: " + (bytes ? "its size changed" : bytes.error().message));
    return false;
  }
  copying->checksum.add(*bytes);
  copying->at += bytes->size();
  last_sent_ = now.instant;
  send(context, CopyChunk{file, at, *bytes}, bytes->size());
  read_next(context, *copying);
  return true;
}

ReplicaInfo Source::info(Now now, const Acks& acks) const {
  ReplicaInfo info;
  info.id = node_;
  info.address = address_;
  info.member = member_;
  if (std::holds_alternative<Preparing>(state_)) info.state = ReplicaInfo::State::kWaitCopy;
  if (std::holds_alternative<Copying>(state_) || std::holds_alternative<Copied>(state_)) {
    info.state = ReplicaInfo::State::kSendCopy;
  }
  info.acked = acks.written(conn_);
  info.synced = acks.synced(conn_);
  info.following = acks.follows(conn_);
  info.lag_s = std::chrono::duration_cast<seconds>(now.instant - last_heard_).count();
  return info;
}

}  // namespace onggi
