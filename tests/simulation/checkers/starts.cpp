// How lives and epochs begin: F5, N2.
#include "tests/simulation/checkers/monitors.h"

namespace onggi::sim {

void StartIsDurable::look(const Look& look, Failures& failures) {
  for (const NodeLook& node : look.nodes) {
    if (!node.alive || !node.is_master || node.history->empty()) continue;
    const uint64_t start = node.history->back().offset.value;
    if (node.synced > start) continue;
    failures.push_back("F5: " + node.name + " is master of epoch " + std::to_string(node.epoch) + ", whose start at " +
                       std::to_string(start) + " is not on its disk");
  }
}

void StartsAsFollower::look(const Look& look, Failures& failures) {
  for (const NodeLook& node : look.nodes) {
    if (node.alive && node.just_started && node.is_master) {
      failures.push_back("P7: " + node.name + " starts as a master, of epoch " + std::to_string(node.epoch));
    }
  }
}

}  // namespace onggi::sim
