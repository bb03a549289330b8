#include "node/stats.h"

#include <algorithm>

namespace onggi {

namespace {
constexpr size_t kLatencySamples = 160;
constexpr size_t kErrorKinds = 128;
}  // namespace

void Stats::reset(Instant) {
  Stats fresh;
  fresh.started = started;
  fresh.started_wall = started_wall;
  fresh.slowlog = std::move(slowlog);
  fresh.next_slow_id = next_slow_id;
  fresh.latency = std::move(latency);
  fresh.commands = std::move(commands);  // the engine keeps pointers to its rows
  for (auto& [name, row] : fresh.commands) row = {};
  *this = std::move(fresh);
}

void Stats::count_error(std::string_view text) {
  error_replies++;
  const std::string_view kind = text.substr(0, text.find(' '));
  auto it = errors.find(kind);
  if (it == errors.end() && errors.size() < kErrorKinds) it = errors.emplace(std::string(kind), 0).first;
  if (it != errors.end()) it->second++;
}

void Stats::note_slow(SlowEntry entry, size_t max_length) {
  entry.id = next_slow_id++;
  slowlog.push_front(std::move(entry));
  while (slowlog.size() > max_length) slowlog.pop_back();
}

void Stats::note_latency(std::string_view event, int64_t unix_seconds, uint32_t ms) {
  auto it = latency.find(event);
  if (it == latency.end()) it = latency.emplace(std::string(event), LatencyEvent{}).first;
  LatencyEvent& series = it->second;
  series.max = std::max(series.max, ms);
  if (!series.samples.empty() && series.samples.back().unix_seconds == unix_seconds) {
    series.samples.back().milliseconds = std::max(series.samples.back().milliseconds, ms);
    return;
  }
  series.samples.push_back({unix_seconds, ms});
  if (series.samples.size() > kLatencySamples) series.samples.pop_front();
}

}  // namespace onggi
