#include "tests/simulation/history.h"

#include <array>
#include <string_view>

namespace onggi::sim {

namespace {

constexpr std::array<std::string_view, 4> kFamilies{"once", "register", "counter", "session"};
constexpr std::array<std::string_view, 5> kActions{"write", "swap", "incr", "touch", "read"};
constexpr std::array<std::string_view, 3> kOutcomes{"ok", "error", "unknown"};

// Nothing that the simulator writes needs escaping but quotes and backslashes.
std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c < ' ' ? ' ' : c;
  }
  return out + '"';
}

std::string seconds(int64_t us) {
  return std::to_string(static_cast<double>(us) / 1e6);
}

}  // namespace

std::string to_json_line(const Operation& o) {
  const auto number = [](int64_t value) { return value == 0 ? "null" : quoted(std::to_string(value)); };
  std::string line = "{\"client\":" + quoted(o.client) + ",\"host\":" + quoted(o.client) +
                     ",\"action\":" + quoted(kActions[static_cast<size_t>(o.action)]) +
                     ",\"family\":" + quoted(kFamilies[static_cast<size_t>(o.family)]) + ",\"key\":" + quoted(o.key) +
                     ",\"value\":" + number(o.value) + ",\"invoked\":" + seconds(o.invoked) +
                     ",\"completed\":" + (o.completed == kNever ? "null" : seconds(o.completed)) +
                     ",\"outcome\":" + quoted(kOutcomes[static_cast<size_t>(o.outcome)]) +
                     ",\"node\":" + quoted(o.node) + ",\"error\":" + quoted(o.error) +
                     ",\"ttl_ms\":" + (o.ttl_ms == 0 ? "null" : std::to_string(o.ttl_ms));
  if (o.action == Action::kSwap) line += ",\"previous\":" + number(o.previous);
  return line + ",\"durable\":" + (o.durable ? "true" : "false") + ",\"fresh\":" + (o.fresh ? "true" : "false") + "}";
}

}  // namespace onggi::sim
