#include <algorithm>

#include "tests/simulation/checkers/monitors.h"

namespace onggi::sim {

void HeldByEnough::look(const Look& look, Failures& failures) {
  for (const NodeLook& master : look.nodes) {
    if (!master.alive || !master.is_master || master.history->empty() || master.configuration->write_acks == 0)
      continue;
    auto& last = released_[master.name];
    const std::pair now(master.epoch, master.released);
    if (master.released == 0 || now <= last) continue;
    last = now;
    const auto& members = master.configuration->members;
    size_t holders = 0;
    for (const NodeLook& other : look.nodes) {
      if (&other == &master) continue;
      const bool member =
          std::any_of(members.begin(), members.end(), [&](const Member& m) { return m.id == other.id; });
      if (!member && !other.lost_bytes) continue;
      holders += !other.alive || other.lost_bytes ||
                 holds(*other.history, other.written, master.history->back(), master.released);
    }
    if (holders >= master.configuration->write_acks) continue;
    failures.push_back("N3: " + master.name + " releases replies up to " + std::to_string(master.released) +
                       " in epoch " + std::to_string(master.epoch) + ", which " + std::to_string(holders) + " of " +
                       std::to_string(master.configuration->write_acks) + " other members hold");
  }
}

}  // namespace onggi::sim
