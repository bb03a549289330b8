#include "tests/simulation/checkers/monitors.h"

namespace onggi::sim {

namespace {
constexpr int64_t kLongest = 6'000'000;  // hold-ms is 1500: four, each begun just before the last ended
}

void PausesEnd::look(const Look& look, Failures& failures) {
  for (const NodeLook& node : look.nodes) {
    if (!node.alive || node.stopped || !node.paused) {
      since_.erase(node.name);
      continue;
    }
    const int64_t since = since_.try_emplace(node.name, look.now).first->second;
    if (look.now - since <= kLongest) continue;
    failures.push_back("H2: " + node.name + " holds writes for a hand-over since " + std::to_string(since) + " us");
  }
}

}  // namespace onggi::sim
