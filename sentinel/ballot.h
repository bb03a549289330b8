// The voter (PROTOCOL E2, L4, H1): whether this sentinel gives its vote, and when.
//
// Invariants: a vote is durable before its reply is sent; one an epoch, only above the own epoch; none while a lease
// that this sentinel granted may run (planned votes: the named master's lease aside). A refusal raises no epoch.
#pragma once

#include <map>
#include <optional>

#include "sentinel/scene.h"

namespace onggi {

class Ballot {
 public:
  void asked(Scene& scene, LinkId link, const VoteRequest& request);
  // Answers votes that only a lease kept waiting.
  void step(Scene& scene);
  std::optional<Instant> next_deadline(const Scene& scene) const;

  // E4: after a vote for another that has led to nothing yet, this sentinel leaves it some time.
  bool leaves_it_to_another(const Scene& scene) const;
  std::optional<Instant> leaves_until() const { return leave_until_; }

  // While this sentinel asks for votes, or leads, itself, it gives none: else two candidates would undo each other.
  enum class Own { kIdle, kUnderWay };
  void own_attempt(Own own) { own_ = own; }

  // Somebody else asked first and waits only for a lease: this sentinel should give its vote rather than ask.
  bool another_waits() const { return !waiting_.empty(); }

 private:
  struct Waiting {
    LinkId link;
    VoteRequest request;
  };
  // Empty: nothing but a lease may be in the way.
  std::string objection(const Scene& scene, const VoteRequest& request) const;
  VoteReply reply_to(const Scene& scene, const VoteRequest& request) const;
  void decide(Scene& scene, LinkId link, const VoteRequest& request);
  static constexpr size_t kMaxWaiting = 64;
  std::map<SentinelId, Waiting> waiting_;
  std::optional<Instant> leave_until_;
  Own own_ = Own::kIdle;
};

// The own belief that a vote needs (E2): no writable master, as far as this sentinel sees.
bool finds_master_down(const Scene& scene);

}  // namespace onggi
