// The sentinel's parts put together: who is told what in which order, and which of them is started when.
//
// Order of a step: the event is heard; then votes that waited, then what is wanted, then election, then failover; then
// heartbeats that are due; then connects. At most one attempt (hand-over, election, failover) is under way.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "sentinel/ballot.h"
#include "sentinel/election.h"
#include "sentinel/events.h"
#include "sentinel/failover.h"
#include "sentinel/handover.h"
#include "sentinel/membership.h"
#include "sentinel/scene.h"
#include "sentinel/transitions.h"
#include "sentinel/view.h"

namespace onggi {

class SentinelCore {
 public:
  SentinelCore(SentinelOptions options, Durable durable, Random& random, Now now);

  void step(Now now, const SentinelEvent& event);
  std::optional<Instant> next_deadline() const;
  SentinelEffects drain();
  SentinelView view(Now now) const;
  Epoch known_epoch() const { return std::max(scene_.highest_heard, scene_.durable.epoch()); }

 private:
  // hearing.cpp: links and messages
  void on(const Tick&) {}
  void on(const LinkUp& up);
  void on(const LinkDown& down);
  void on(const MessageFrom& from);
  void hear_status(Peer& peer, const NodeStatus& status);
  void hear_new_run(const NodeStatus& status);
  void bind_node(Peer& peer, const NodeStatus& status);
  void follow_if_not(const NodeStatus& status);
  void hear_death(LinkId link, const RunDead& proof);
  void hear_sentinel(LinkId link, const SentinelHeartbeat& heartbeat);
  void hear(LinkId link, Peer* peer, const Message& message);

  // commands.cpp, members_command.cpp: the operator
  void on(const FailoverCommand& command);
  void on(const ForcePromoteCommand& command);
  void on(const ForceSentinelsCommand& command);
  void on(const ReconfigureCommand& command);
  void on(const SetLocalCommand& command);
  void on(const WatchCommand& command);
  void on(const RemoveCommand& command);
  void on(const ResetCommand& command);
  bool busy_or_leaderless(ReplyToken token);
  void start_for_operator(Campaign campaign);

  // acting.cpp: what is wanted
  void advance();
  void note_own_attempt();
  void want();
  std::optional<Campaign> wanted() const;
  bool still_wanted(const Campaign& campaign) const;
  void want_handover();
  void collect_results();
  void answer(const Campaign& campaign, bool ok, const std::string& text);
  void beat();

  // picture.cpp
  void describe_nodes(SentinelView& view) const;
  void describe_sentinels(SentinelView& view) const;
  std::string failover_state() const;

  Scene scene_;
  Ballot ballot_;
  Election election_;
  Failover failover_;
  Handover handover_;
  Transitions transitions_;
  Instant beat_at_;
  bool isolated_ = false;
  std::optional<Instant> operator_gives_up_at_;  // of the attempt under way
  std::optional<Instant> handover_wanted_at_;    // a master that got SIGTERM: not all sentinels at once
  Instant handover_not_before_;
  std::vector<std::string> obstacles_;  // what kept the last want from being acted on
};

}  // namespace onggi
