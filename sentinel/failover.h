// The leader of one epoch (PROTOCOL F1-F6): fence, choose, perhaps catch up, promote, publish. Begins with a won
// election and ends, one way or the other, within failover-timeout.
//
// Invariants: one promotion an epoch, never a second choice in it; PROMOTE names a run that promised this very epoch
// to this leader, and the greatest position among the answers; with a planned vote, not before the named master's own
// answer; nothing is carried on once the own epoch is higher.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "sentinel/campaign.h"
#include "sentinel/choice.h"
#include "sentinel/scene.h"

namespace onggi {

class Failover {
 public:
  enum class Step { kNone, kFence, kCatchUp, kPromote, kPublish };

  void begin(Scene& scene, Epoch epoch, Campaign campaign);
  void step(Scene& scene);
  void on_fence_answer(Scene& scene, const FenceAnswer& answer);
  void on_promote_answer(Scene& scene, const PromoteAnswer& answer);
  void on_status(Scene& scene, const NodeStatus& status);  // after the watch heard it
  void on_link_up(Scene& scene, const NodeId& node);       // what was asked over the old link is asked again
  std::optional<Instant> next_deadline() const;

  bool busy() const { return step_ != Step::kNone; }
  Step at() const { return step_; }
  Epoch epoch() const { return epoch_; }
  const Campaign& campaign() const { return campaign_; }

  struct Outcome {
    bool promoted = false;
    std::string why;  // when not promoted; or when promoted, and not the one that was asked for
    Campaign campaign;
  };
  std::optional<Outcome> take_outcome();

 private:
  std::vector<NodeId> fence_targets(const Scene& scene) const;
  bool counts(const NodeId& id) const;  // W4's master doesn't
  void fence(Scene& scene);
  void consider_fence(Scene& scene);
  std::string fence_is_missing(const Scene& scene) const;
  void choose_leader(Scene& scene);
  Configuration build(const Scene& scene) const;
  void catch_up(Scene& scene);
  void promote(Scene& scene);
  void promoted(Scene& scene);
  void publish(Scene& scene);
  void try_finish(Scene& scene);
  void end(Scene& scene, Outcome outcome);
  void fail(Scene& scene, const std::string& why);

  Step step_ = Step::kNone;
  Epoch epoch_;
  Campaign campaign_;
  Configuration base_;  // the stored configuration when the epoch was won
  RunId was_master_run_;
  std::vector<NodeId> targets_;
  std::map<NodeId, NodeStatus> promised_;
  std::map<NodeId, std::string> refusals_;
  Instant began_, wait_for_rest_until_, again_at_, ask_again_at_, give_up_at_;
  bool rest_was_waited_for_ = false;
  std::optional<Choice> choice_;
  Configuration next_;
  std::optional<Outcome> outcome_;
};

std::string to_string(Failover::Step step);

}  // namespace onggi
