// Whom to promote (PROTOCOL F3), and why the others can't be. Pure functions over the answers to one fence.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/messages.h"
#include "common/result.h"

namespace onggi {

struct ChoiceHints {
  NodeId target;      // of a hand-over
  NodeId was_master;  // the run that was master
  RunId was_master_run;
  Address preferred;  // the operator's choice for the first master
  NodeId only;        // a forced promotion: this one or none
};

struct Choice {
  NodeStatus chosen;
  Position position;                     // of the promotion: the greatest
  std::optional<NodeStatus> fetch_from;  // C8: the chosen one first copies the missing tail from this one
};

Result<Choice> choose(const std::vector<NodeStatus>& answers, const ChoiceHints& hints);

// Why this node can't lead, in a few words; empty if it can.
std::string why_it_cannot_lead(const NodeStatus& status);

}  // namespace onggi
