#include <algorithm>

#include "tests/simulation/checkers/monitors.h"

namespace onggi::sim {

void HeldByEnough::look(const Look& look, Failures& failures) {
  for (const NodeLook& master : look.nodes) {
    if (!master.alive || !master.is_master || master.history->empty() || master.configuration->write_acks == 0)
      continue;
    Reign& reign = reigns_[master.name];
    if (reign.epoch != master.epoch) reign = {master.epoch, 0, {}};
    const uint64_t end = master.end.offset.value;
    if (reign.ends.empty() || reign.ends.back().first < end) reign.ends.emplace_back(end, look.now);
    if (master.released <= reign.released) continue;
    reign.released = master.released;
    const auto written = std::lower_bound(reign.ends.begin(), reign.ends.end(), std::pair(master.released, INT64_MIN));
    const auto& members = master.configuration->members;
    size_t holders = 0;
    for (const NodeLook& other : look.nodes) {
      if (&other == &master) continue;
      const bool member =
          std::any_of(members.begin(), members.end(), [&](const Member& m) { return m.id == other.id; });
      const bool lost_it = written != reign.ends.end() && other.lost_bytes_at >= written->second;
      if (lost_it) {
        holders++;
      } else if (member) {
        holders += !other.alive || holds(*other.history, other.written, master.history->back(), master.released);
      }
    }
    reign.ends.erase(reign.ends.begin(), written);
    if (holders >= master.configuration->write_acks) continue;
    failures.push_back("N3: " + master.name + " releases replies up to " + std::to_string(master.released) +
                       " in epoch " + std::to_string(master.epoch) + ", which " + std::to_string(holders) + " of " +
                       std::to_string(master.configuration->write_acks) + " other members hold");
  }
}

}  // namespace onggi::sim
