// The first half of a planned hand-over (PROTOCOL H1, H2): picks the target, waits until it is close, has the master
// pause, and then asks for an election. Before the fence nothing binds: a hand-over that fails here has changed
// nothing.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sentinel/campaign.h"
#include "sentinel/scene.h"

namespace onggi {

class Handover {
 public:
  enum class Step { kNone, kApproach, kPause };

  void start(Scene& scene, std::vector<ReplyToken> tokens);
  void step(Scene& scene);
  void on_answer(const PauseAnswer& answer);
  std::optional<Instant> next_deadline() const;

  bool busy() const { return step_ != Step::kNone; }
  void join(ReplyToken token) { tokens_.push_back(token); }

  // The master is paused and the target has its position: an election is to be held at once.
  std::optional<Campaign> take_campaign();
  struct Failure {
    std::string why;
    std::vector<ReplyToken> tokens;
  };
  std::optional<Failure> take_failure();

 private:
  void fail(const std::string& why);
  Step step_ = Step::kNone;
  uint64_t attempt_ = 0;
  NodeId master_, target_;
  Instant again_at_, give_up_at_;
  std::vector<ReplyToken> tokens_;
  std::optional<Campaign> campaign_;
  std::optional<Failure> failure_;
};

// The best replica to hand over to; or one reason per replica.
Result<NodeId> handover_target(const Scene& scene);

}  // namespace onggi
