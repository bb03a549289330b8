#include "tests/simulation/shrink.h"

#include <algorithm>
#include <string>

namespace onggi::sim {

namespace {

std::string kind_of(const RunResult& result) {
  return result.failures.front().substr(0, result.failures.front().find(' '));
}

}  // namespace

RunResult shrink(RunOptions& options, const RunResult& failed, int runs) {
  RunResult best = failed;
  const std::string kind = kind_of(failed);
  size_t parts = 2;
  const auto numbers = [&best] {
    std::set<uint32_t> all;
    for (const Struck& struck : best.struck) all.insert(struck.number);
    return std::vector<uint32_t>(all.begin(), all.end());
  };
  std::vector<uint32_t> kept = numbers();
  while (kept.size() > 1 && runs > 0) {
    parts = std::min(parts, kept.size());
    bool smaller = false;
    for (size_t part = 0; part < parts && !smaller && runs > 0; part++, runs--) {
      const size_t from = kept.size() * part / parts;
      const size_t to = kept.size() * (part + 1) / parts;
      RunOptions fewer = options;
      fewer.keep.emplace(kept.begin(), kept.end());
      for (size_t i = from; i < to; i++) fewer.keep->erase(kept[i]);
      RunResult result = run(fewer);
      if (result.failures.empty() || kind_of(result) != kind) continue;
      options.keep = fewer.keep;
      best = std::move(result);
      kept = numbers();
      smaller = true;
    }
    if (smaller) {
      parts = std::max<size_t>(2, parts - 1);
    } else if (parts >= kept.size()) {
      break;
    } else {
      parts *= 2;
    }
  }
  options.keep.emplace(kept.begin(), kept.end());
  return best;
}

}  // namespace onggi::sim
