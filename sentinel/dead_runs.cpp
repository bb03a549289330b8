#include "sentinel/dead_runs.h"

#include <algorithm>
#include <utility>

#include "common/run_id.h"

namespace onggi {

bool DeadRuns::prove(const RunDead& proof, bool heard_of) {
  if (!proof.run || run_id_of(proof.secret) != proof.run) return false;
  if (Death* known = find(proof.run)) {
    known->proof.secret = proof.secret;
    known->heard_of = known->heard_of || heard_of;
    return false;
  }
  remember({proof, {}, heard_of});
  return true;
}

bool DeadRuns::replaced(const NodeId& node, const RunId& run) {
  if (!run || find(run) != nullptr) return false;
  remember({{node, run, {}}, {}, true});
  return true;
}

bool DeadRuns::contains(const RunId& run) const {
  return std::any_of(deaths_.begin(), deaths_.end(), [&](const Death& d) { return d.proof.run == run; });
}

std::vector<RunDead> DeadRuns::untold(const SentinelId& sentinel) const {
  std::vector<RunDead> proofs;
  for (const Death& death : deaths_) {
    if (!death.proof.secret.empty() && !death.heard.contains(sentinel)) proofs.push_back(death.proof);
  }
  return proofs;
}

void DeadRuns::heard_by(const SentinelId& sentinel, const RunId& run) {
  Death* death = find(run);
  if (death != nullptr && death->heard.size() < kMaxHeard) death->heard.insert(sentinel);
}

DeadRuns::Death* DeadRuns::find(const RunId& run) {
  auto found = std::find_if(deaths_.begin(), deaths_.end(), [&](const Death& d) { return d.proof.run == run; });
  return found == deaths_.end() ? nullptr : &*found;
}

void DeadRuns::remember(Death death) {
  const auto of_its_kind = [&](const Death& d) { return d.heard_of == death.heard_of; };
  const size_t most = death.heard_of ? kMaxDeaths : kMaxMadeUp;
  if (static_cast<size_t>(std::count_if(deaths_.begin(), deaths_.end(), of_its_kind)) >= most) {
    deaths_.erase(std::find_if(deaths_.begin(), deaths_.end(), of_its_kind));
  }
  deaths_.push_back(std::move(death));
}

}  // namespace onggi
