#include "tests/simulation/checkers/monitors.h"

namespace onggi::sim {

void OneWriter::look(const Look& look, Failures& failures) {
  const NodeLook* writer = nullptr;
  for (const NodeLook& node : look.nodes) {
    if (!node.alive || !node.is_master) continue;
    const auto [known, first] = promoted_.try_emplace(node.epoch, node.name, node.run);
    if (!first && known->second != std::pair(node.name, node.run)) {
      failures.push_back("F4: in epoch " + std::to_string(node.epoch) + " " + known->second.first + " was master and " +
                         node.name + (known->second.first == node.name ? " again, in another run" : " too"));
    }
    for (const NodeLook& other : look.nodes) {
      if (!first || &other == &node || !other.alive || !other.leased || other.epoch >= node.epoch) continue;
      failures.push_back("P2: " + node.name + " is promoted in epoch " + std::to_string(node.epoch) + " while " +
                         other.name + " still has a lease of epoch " + std::to_string(other.epoch));
    }
    if (!node.leased) continue;
    if (writer != nullptr) {
      failures.push_back("P2: " + writer->name + " (epoch " + std::to_string(writer->epoch) + ") and " + node.name +
                         " (epoch " + std::to_string(node.epoch) + ") both accept writes");
    }
    writer = &node;
  }
}

}  // namespace onggi::sim
