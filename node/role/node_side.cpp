// What nodes say to each other: who may be served as a follower (PROTOCOL N1, A5, C8), and what comes from the master.
#include "node/role/core.h"

namespace onggi {

void RoleCore::message(Now now, ConnId conn, Message&& message) {
  if (follower_.owns(conn)) {
    from_master(now, std::move(message));
  } else if (const auto* beat = std::get_if<Heartbeat>(&message)) {
    heartbeat(now, conn, *beat);
  } else if (const auto* ack = std::get_if<Ack>(&message)) {
    sources_.ack(now, context_, acks_, conn, *ack);
    recompute_released();
    look_at_handover(now);
  } else if (const auto* asked = std::get_if<Fence>(&message)) {
    fence(now, conn, *asked);
  } else if (const auto* promotion = std::get_if<Promote>(&message)) {
    promote(now, conn, *promotion);
  } else if (const auto* order = std::get_if<Follow>(&message)) {
    follow(now, *order);
  } else if (const auto* fetch = std::get_if<CatchUp>(&message)) {
    catch_up(now, *fetch);
  } else if (const auto* wish = std::get_if<Pause>(&message)) {
    pause(now, conn, *wish);
  } else if (const auto* refused = std::get_if<HandoverRefused>(&message)) {
    if (mastership_ && (mastership_->wants_handover || context_.log.failed())) {
      context_.out.handover_refused = refused->why;
    }
  } else if (const auto* request = std::get_if<SyncRequest>(&message)) {
    sync_request(now, conn, *request);
  } else {
    context_.out.close(conn, "a message that this node has no use for");
  }
}

void RoleCore::from_master(Now now, Message&& message) {
  if (auto* chunk = std::get_if<StreamChunk>(&message)) {
    follower_.chunk(now, context_, *chunk);
  } else if (auto* reply = std::get_if<SyncReply>(&message)) {
    follower_.reply(now, context_, *reply);
    if (follower_.compared() && !follower_.catching_up()) last_epoch_ = follower_.epoch();
  } else if (auto* begin = std::get_if<CopyBegin>(&message)) {
    follower_.copy_begin(now, context_, *begin);
  } else if (auto* piece = std::get_if<CopyChunk>(&message)) {
    follower_.copy_chunk(now, context_, std::move(*piece));
  } else if (auto* end = std::get_if<CopyEnd>(&message)) {
    follower_.copy_end(now, context_, *end);
  } else {
    follower_.fail(now, context_, "it sent a message that a master doesn't send");
  }
}

void RoleCore::sync_request(Now now, ConnId conn, const SyncRequest& request) {
  const std::string why = refuse(now, request);
  if (!why.empty()) {
    context_.out.log.push_back(
        {LogLine::Level::kDebug, "the replica " + to_string(request.address) + " is refused: " + why});
    sources_.forget(context_, acks_, conn);
    context_.out.send(conn, refusal(context_, epoch(), why));
    return;
  }
  const Serving serving =
      request.catch_up ? Serving{context_.durable().promise, true} : Serving{mastership_->epoch, false};
  sources_.request(now, context_, acks_, conn, request, counts(request.id), serving);
}

// Steps down, if it must.
std::string RoleCore::refuse(Now now, const SyncRequest& request) {
  const DurableState& durable = context_.durable();
  if (!context_.options.required_password.empty() && request.password != context_.options.required_password) {
    return "wrong password (masterauth)";
  }
  if (!request.id || request.id == durable.id) return "that is this very node";
  if (durable.cluster && request.cluster && durable.cluster != request.cluster) return "it belongs to another cluster";
  // N1: whoever promised more was fenced by a newer leader. It is never told to cut.
  if (managed() && mastership_ && request.promise > mastership_->epoch && (request.cluster || counts(request.id))) {
    demote(now, true, "a replica promised epoch " + std::to_string(request.promise.value));
    return "this node has just stepped down";
  }
  if (!request.catch_up) return is_master() ? "" : "this node is not master";
  if (!managed() || is_master() || request.promise != durable.promise) return "nothing to catch up from in that epoch";
  return "";
}

}  // namespace onggi
