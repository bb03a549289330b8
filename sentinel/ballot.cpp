#include "sentinel/ballot.h"

#include <utility>

#include "common/defects.h"
#include "sentinel/configuration.h"

namespace onggi {

bool finds_master_down(const Scene& scene) {
  if (scene.stored().epoch.value != 0) return scene.watch.master(scene.stored(), scene.peers).down;
  return scene.watch.writable_master(scene.stored()) == nullptr;
}

void Ballot::asked(Scene& scene, LinkId link, const VoteRequest& request) {
  if (!request.poll) scene.watch.voted(request.candidate, request.epoch, request.candidate);
  decide(scene, link, request);
}

void Ballot::step(Scene& scene) {
  const auto waiting = std::exchange(waiting_, {});
  for (const auto& [candidate, w] : waiting) {
    const bool still = objection(scene, w.request).empty() && scene.leases.free_at(w.request.planned_for) > scene.now;
    if (still) {
      waiting_.emplace(candidate, w);
    } else {
      decide(scene, w.link, w.request);
    }
  }
}

std::optional<Instant> Ballot::next_deadline(const Scene& scene) const {
  std::optional<Instant> at;
  for (const auto& [candidate, w] : waiting_) {
    const Instant free = scene.leases.free_at(w.request.planned_for);
    at = at ? std::min(*at, free) : free;
  }
  return at;
}

bool Ballot::leaves_it_to_another(const Scene& scene) const {
  const SentinelState& state = scene.durable.get();
  return leave_until_ && scene.now < *leave_until_ && state.vote != state.id && state.vote_epoch > scene.stored().epoch;
}

std::string Ballot::objection(const Scene& scene, const VoteRequest& request) const {
  const Configuration& stored = scene.stored();
  if (request.epoch <= scene.durable.epoch()) {
    return "the epoch " + std::to_string(request.epoch.value) + " is not above mine, " +
           std::to_string(scene.durable.epoch().value);
  }
  if (request.stored < stored.epoch) return "I know a newer configuration";
  const bool stranger = request.stored == stored.epoch && !scene.electorate().has(request.candidate);
  if (stranger) return "I don't know you as a sentinel of this cluster";
  if (own_ == Own::kUnderWay) return "I ask for votes, or lead, myself";
  if (leaves_it_to_another(scene) && scene.durable.get().vote != request.candidate) {
    return "I voted for another a moment ago";
  }
  if (request.planned_for) {
    if (request.planned_for != stored.master) return "the master is another one";
    return {};
  }
  if (!finds_master_down(scene)) return "I don't find the master down";
  return {};
}

VoteReply Ballot::reply_to(const Scene& scene, const VoteRequest& request) const {
  VoteReply reply;
  reply.epoch = request.epoch;
  reply.voter = scene.id();
  reply.poll = request.poll;
  reply.voter_epoch = scene.durable.epoch();
  reply.highest_promise = scene.highest_heard;
  reply.configuration = scene.stored();
  return reply;
}

void Ballot::decide(Scene& scene, LinkId link, const VoteRequest& request) {
  const SentinelState& state = scene.durable.get();
  VoteReply reply = reply_to(scene, request);
  const bool again = !request.poll && state.vote_epoch == request.epoch && state.vote == request.candidate;
  reply.why = again ? std::string() : objection(scene, request);
  if (!reply.why.empty() || again || request.poll) {
    reply.granted = reply.why.empty();
    scene.out.send(link, std::move(reply));
    return;
  }
  if (scene.leases.free_at(request.planned_for) > scene.now && !has_defect(Defect::kNoLeaseWait)) {
    if (waiting_.size() < kMaxWaiting || waiting_.contains(request.candidate)) {
      waiting_[request.candidate] = {link, request};
      reply.waits_for_lease = true;
    }
    reply.why = "a lease that I granted may still run";
    scene.out.send(link, std::move(reply));
    return;
  }
  if (!scene.persisted(scene.durable.vote(request.epoch, request.candidate))) {
    reply.why = "my state can't be stored";
    scene.out.send(link, std::move(reply));
    return;
  }
  leave_until_ = scene.now + Duration(scene.options.down_after);
  scene.watch.voted(scene.id(), request.epoch, request.candidate);
  scene.out.publish("+new-epoch", std::to_string(request.epoch.value));
  scene.out.publish("+vote-for-leader", request.candidate.hex + " " + std::to_string(request.epoch.value));
  reply.granted = true;
  reply.voter_epoch = scene.durable.epoch();
  scene.out.send(link, std::move(reply));
}

}  // namespace onggi
