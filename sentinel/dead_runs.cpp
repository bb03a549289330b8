#include "sentinel/dead_runs.h"

#include <algorithm>
#include <utility>

#include "common/run_id.h"

namespace onggi {

bool DeadRuns::prove(const RunDead& proof) {
  if (!proof.run || run_id_of(proof.secret) != proof.run) return false;
  if (Death* known = find(proof.run)) {
    known->proof.secret = proof.secret;
    return false;
  }
  remember({proof, {}});
  return true;
}

bool DeadRuns::replaced(const NodeId& node, const RunId& run) {
  if (!run || find(run) != nullptr) return false;
  remember({{node, run, {}}, {}});
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
  if (deaths_.size() == kMaxDeaths) deaths_.pop_front();
  deaths_.push_back(std::move(death));
}

}  // namespace onggi
