#include "tests/simulation/checkers/monitors.h"

namespace onggi::sim {

void CompleteLeader::look(const Look& look, Failures& failures) {
  for (const NodeLook& node : look.nodes) {
    if (!node.alive || !node.is_master || node.history->empty()) continue;
    const EpochStart& start = node.history->back();
    if (node.epoch > last_epoch_) {
      last_epoch_ = node.epoch;
      if (committed_.offset > 0 && !holds(*node.history, node.end.offset.value, committed_.epoch, committed_.offset)) {
        failures.push_back("P1: " + node.name + " is master of epoch " + std::to_string(node.epoch) + " without what " +
                           committed_.by + " had acknowledged in epoch " +
                           std::to_string(committed_.epoch.epoch.value) + " up to offset " +
                           std::to_string(committed_.offset));
      }
    }
    if (node.epoch == last_epoch_ && start.epoch.value == node.epoch && node.covered > start.offset.value &&
        std::pair(node.epoch, node.covered) > std::pair(committed_.epoch.epoch.value, committed_.offset)) {
      committed_ = {start, node.covered, node.name};
    }
  }
}

}  // namespace onggi::sim
