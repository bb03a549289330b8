#include <array>
#include <cstdio>

#include "chaos/checkers/of_history.h"

namespace onggi::checkers {

std::vector<Verdict> judge(const Recording& recording) {
  std::vector<Verdict> verdicts;
  verdicts.push_back(acknowledged_survives(recording));
  verdicts.push_back(waits_are_true(recording));
  verdicts.push_back(counters_add_up(recording));
  verdicts.push_back(reads_are_of_writes(recording));
  verdicts.push_back(linearizable(recording));
  verdicts.push_back(nodes_agree(recording));
  verdicts.push_back(sessions_live_as_told(recording));
  return verdicts;
}

std::string at(int64_t us) {
  std::array<char, 40> text{};
  std::snprintf(text.data(), text.size(), "%.3f s", static_cast<double>(us) / 1e6);
  return text.data();
}

}  // namespace onggi::checkers
