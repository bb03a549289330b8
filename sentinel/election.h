// The candidate (PROTOCOL E1-E4): a random delay, a poll that binds nobody, then the own durable vote and the request
// for the others'. Makes a leader of one epoch, and is then done.
//
// A campaign that changes the sentinels needs a majority of the old ones and of the new ones (M1), and asks for the
// epoch right after the stored one alone: then no other change can have been voted for in between that this sentinel
// doesn't know. Where epochs lie in between, the master is first promoted again as things are.
//
// Invariants: no vote is asked for before a majority, polled, would give it; the own vote is durable before anybody is
// asked; the epoch is above every epoch and promise heard of.
#pragma once

#include <optional>
#include <set>

#include "sentinel/ballot.h"
#include "sentinel/campaign.h"
#include "sentinel/scene.h"

namespace onggi {

class Election {
 public:
  enum class Step { kIdle, kDelay, kPoll, kAsk };

  // Planned campaigns of an operator don't wait for E4's delay.
  enum class Haste { kRandomDelay, kAtOnce };
  void start(Scene& scene, Campaign campaign, Haste haste);
  void cancel();
  void step(Scene& scene, const Ballot& ballot);
  void on_reply(Scene& scene, const VoteReply& reply);
  std::optional<Instant> next_deadline(const Scene& scene, const Ballot& ballot) const;

  Step at() const { return step_; }
  bool busy() const { return step_ != Step::kIdle; }
  const Campaign& campaign() const { return campaign_; }

  struct Won {
    Epoch epoch;
    Campaign campaign;
  };
  std::optional<Won> take_won();
  // An attempt that the operator waits for came to nothing.
  std::optional<std::string> take_failure();

  void succeeded() { lost_ = polls_lost_ = 0; }
  void failed() { lost_++; }  // also a failover that came to nothing

 private:
  void delay_again(Scene& scene);
  void poll(Scene& scene);
  void ask(Scene& scene);
  void send_requests(Scene& scene);
  void count(Scene& scene);
  void only_right_after_the_stored_epoch(const Scene& scene);
  void lose(Scene& scene, const std::string& why);
  Instant ready_at(const Scene& scene, const Ballot& ballot) const;

  Step step_ = Step::kIdle;
  Campaign campaign_;
  Instant began_;
  Duration delay_{0};
  Epoch epoch_;
  Epoch asked_under_;                  // the configuration whose sentinels are asked
  Electorate voters_;                  // of the stored configuration
  std::optional<Electorate> joining_;  // of the new one, where they differ
  std::set<SentinelId> granted_, refused_, waiting_;
  Instant asked_at_, give_up_at_;
  bool waited_ = false;  // a voter's lease made this round trip longer than it is
  std::string last_refusal_;
  uint32_t lost_ = 0, polls_lost_ = 0;
  std::optional<Won> won_;
  std::optional<std::string> failure_;
};

}  // namespace onggi
