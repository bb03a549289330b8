#include "sentinel/choice.h"

#include <algorithm>
#include <tuple>

#include "common/defects.h"

namespace onggi {
namespace {

// The smaller, the better: F3's order.
auto rank(const NodeStatus& s, const ChoiceHints& hints) {
  const bool is_target = hints.target && s.id == hints.target;
  const bool was_master = s.id == hints.was_master && s.run == hints.was_master_run;
  const bool preferred = hints.preferred.port != 0 && s.address == hints.preferred;
  return std::tuple(!is_target, !was_master, !preferred, s.priority, s.id);
}

bool better(const NodeStatus& a, const NodeStatus& b, const ChoiceHints& hints) {
  if (has_defect(Defect::kOffsetOnly) && a.position.offset != b.position.offset) {
    return a.position.offset > b.position.offset;
  }
  if (a.position != b.position) return a.position > b.position;
  return rank(a, hints) < rank(b, hints);
}

}  // namespace

std::string why_it_cannot_lead(const NodeStatus& status) {
  if (status.priority == 0) return "its replica-priority is 0";
  if (!status.can_lead) return "it says that it can't lead (disk or memory)";
  if (!status.managed) return "it is not managed";
  return {};
}

Result<Choice> choose(const std::vector<NodeStatus>& answers, const ChoiceHints& hints) {
  std::vector<const NodeStatus*> order;
  order.reserve(answers.size());
  for (const NodeStatus& answer : answers) order.push_back(&answer);
  std::sort(order.begin(), order.end(),
            [&](const NodeStatus* a, const NodeStatus* b) { return better(*a, *b, hints); });
  if (order.empty()) return Error{"no node answered"};
  const NodeStatus& greatest = *order.front();
  std::string reasons;
  for (const NodeStatus* candidate : order) {
    std::string why = why_it_cannot_lead(*candidate);
    if (why.empty() && hints.only && candidate->id != hints.only) why = "it is not the one that was named";
    if (!why.empty()) {
      reasons += (reasons.empty() ? "" : "; ") + candidate->id.hex.substr(0, 8) + ": " + why;
      continue;
    }
    Choice choice{*candidate, greatest.position, std::nullopt};
    if (candidate->position == greatest.position) return choice;
    if (hints.only && why_it_cannot_lead(greatest).empty()) {
      return Error{"node " + greatest.id.hex + " answers with more of the log (offset " +
                   std::to_string(greatest.position.offset.value) + ") than the named one: name that"};
    }
    choice.fetch_from = greatest;
    return choice;
  }
  return Error{reasons};
}

}  // namespace onggi
