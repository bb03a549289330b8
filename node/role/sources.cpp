#include "node/role/sources.h"

#include <algorithm>

namespace onggi {

SyncReply refusal(const RoleContext& context, Epoch epoch, std::string why) {
  SyncReply reply;
  reply.kind = SyncReply::Kind::kRefused;
  reply.why = std::move(why);
  reply.id = context.id();
  reply.run = context.run;
  reply.epoch = epoch;
  reply.end = context.log.end();
  reply.cluster = context.durable().cluster;
  return reply;
}

void Sources::request(Now now, RoleContext& context, Acks& acks, ConnId conn, const SyncRequest& request, bool member,
                      const Serving& serving) {
  std::vector<ConnId> older;
  for (const auto& [other, source] : sources_) {
    if (other != conn && source.node() == request.id) older.push_back(other);
  }
  for (ConnId other : older) close(context, acks, other, "the replica connected anew");
  auto found = sources_.find(conn);
  if (found == sources_.end() && sources_.size() >= context.options.max_followers) {
    context.out.send(conn, refusal(context, serving.epoch, "too many replicas"));
    return;
  }
  if (request.must_copy) {
    const auto copies = std::count_if(sources_.begin(), sources_.end(),
                                      [&](const auto& entry) { return entry.first != conn && entry.second.copying(); });
    if (static_cast<size_t>(copies) >= context.options.max_copies) {
      context.out.send(conn, refusal(context, serving.epoch, "too many full copies at a time"));
      return;
    }
  }
  if (found == sources_.end()) found = sources_.emplace(conn, Source(conn, request, member, now)).first;
  last_copy_.value++;
  found->second.request(now, context, acks, request, serving, last_copy_);
}

void Sources::ack(Now now, RoleContext& context, Acks& acks, ConnId conn, const Ack& ack) {
  const auto found = sources_.find(conn);
  if (found == sources_.end()) return;
  Source& source = found->second;
  if (!source.ack(now, context, acks, ack)) {
    return close(context, acks, conn, "an acknowledgement that can't be");
  }
  if (!lost_.empty() && source.gets_on(context.log)) drop_place(source.node());
}

void Sources::drained(Now now, RoleContext& context, Acks& acks, ConnId conn, size_t pending) {
  const auto found = sources_.find(conn);
  if (found == sources_.end()) return;
  found->second.drained(pending);
  if (!found->second.pump(now, context)) close(context, acks, conn, "the log can't be read");
}

void Sources::pump(Now now, RoleContext& context, Acks& acks) {
  std::vector<ConnId> broken;
  for (auto& [conn, source] : sources_) {
    if (!source.pump(now, context)) broken.push_back(conn);
  }
  for (ConnId conn : broken) close(context, acks, conn, "the log can't be read");
}

void Sources::tick(Now now, RoleContext& context, Acks& acks) {
  std::vector<ConnId> silent;
  for (auto& [conn, source] : sources_) {
    if (source.silent(now, context)) {
      silent.push_back(conn);
    } else {
      source.ping(now, context);
      if (source.look_quiet(now, context)) acks.quiet(conn, true);
    }
  }
  for (LostPlace& place : lost_) {
    if (!place.until) place.until = now.instant + context.options.repl_timeout;
  }
  std::erase_if(lost_, [now](const LostPlace& place) { return now.instant >= *place.until; });
  if (context.log.failed()) lost_.clear();  // there may be room again without them
  for (ConnId conn : silent) {
    context.out.warn("a replica was silent for repl-timeout");
    close(context, acks, conn, "silent for repl-timeout");
  }
}

std::optional<Instant> Sources::next_deadline(const RoleContext& context) const {
  std::optional<Instant> first;
  for (const auto& [conn, source] : sources_) {
    const Instant deadline = source.next_deadline(context);
    if (!first || deadline < *first) first = deadline;
  }
  return first;
}

void Sources::forget(RoleContext& context, Acks& acks, ConnId conn) {
  const auto found = sources_.find(conn);
  if (found == sources_.end()) return;
  keep_place(context, found->second);
  found->second.drop_copy(context);
  acks.forget(conn);
  sources_.erase(found);
}

void Sources::keep_place(const RoleContext& context, const Source& source) {
  const std::optional<Offset> pin = source.pin();
  if (!pin || source.catch_up()) return;
  if (!source.gets_on(context.log)) return;  // the one it had before runs out
  drop_place(source.node());
  if (lost_.size() >= context.options.max_followers) lost_.erase(lost_.begin());
  lost_.push_back({source.node(), *pin, std::nullopt});
}

void Sources::drop_place(const NodeId& node) {
  std::erase_if(lost_, [&](const LostPlace& place) { return place.node == node; });
}

void Sources::close(RoleContext& context, Acks& acks, ConnId conn, const std::string& why) {
  if (!has(conn)) return;
  forget(context, acks, conn);
  context.out.close(conn, why);
}

void Sources::close_all(RoleContext& context, Acks& acks, const std::string& why) {
  while (!sources_.empty()) close(context, acks, sources_.begin()->first, why);
  lost_.clear();
}

void Sources::close_catch_ups_below(RoleContext& context, Acks& acks, Epoch epoch) {
  std::vector<ConnId> ended;
  for (const auto& [conn, source] : sources_) {
    if (source.catch_up() && source.epoch() < epoch) ended.push_back(conn);
  }
  for (ConnId conn : ended) close(context, acks, conn, "a newer epoch was promised");
}

Source* Sources::by_copy(CopyId copy) {
  for (auto& [conn, source] : sources_) {
    if (source.copy() == copy) return &source;
  }
  return nullptr;
}

void Sources::checkpoint_ready(Now now, RoleContext& context, CopyId copy, Position position, History history,
                               std::vector<CopyBegin::File> files) {
  Source* source = by_copy(copy);
  if (source == nullptr) {
    context.out.drop_checkpoints.push_back(copy);  // its follower is gone
    return;
  }
  source->checkpoint_ready(now, context, position, std::move(history), std::move(files));
}

void Sources::checkpoint_failed(RoleContext& context, Acks& acks, CopyId copy, const std::string& why) {
  context.out.error("a checkpoint for a full copy failed: " + why);
  if (Source* source = by_copy(copy)) close(context, acks, source->conn(), "the checkpoint failed");
}

void Sources::chunk_read(Now now, RoleContext& context, Acks& acks, CopyId copy, uint32_t file, uint64_t at,
                         const Result<std::string>& bytes) {
  Source* source = by_copy(copy);
  if (source == nullptr) return;
  if (!source->chunk_read(now, context, file, at, bytes)) {
    close(context, acks, source->conn(), "the checkpoint can't be read");
  }
}

Offset Sources::floor(Offset otherwise) const {
  Offset lowest = otherwise;
  for (const auto& [conn, source] : sources_) {
    if (const std::optional<Offset> pin = source.pin()) lowest = std::min(lowest, *pin);
  }
  for (const LostPlace& place : lost_) lowest = std::min(lowest, place.pin);
  return lowest;
}

std::vector<ReplicaInfo> Sources::infos(Now now, const Acks& acks) const {
  std::vector<ReplicaInfo> infos;
  for (const auto& [conn, source] : sources_) infos.push_back(source.info(now, acks));
  return infos;
}

}  // namespace onggi
