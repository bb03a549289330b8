// Tables, lines and JSON from a view.
#include "cli/render.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "cli/columns.h"
#include "cli/format.h"
#include "common/numbers.h"
#include "common/text.h"

namespace onggi {
namespace {

constexpr const char* kStuckTitle = "WHY NOBODY CAN BE PROMOTED";

using Row = std::vector<std::string>;

// INFO's names for what the tables show, and the tables' names for it.
struct Column {
  const char* title;
  const char* key;    // in lines and JSON
  const char* field;  // in INFO
};
constexpr Column kNodeFields[] = {
    {"EPOCH", "epoch", "epoch"},
    {"PROMISE", "promise", "promise"},
    {"TIER", "tier_offset", "tier_offset"},
    {"LOG FROM", "log_begin", "log_begin"},
    {"PID", "pid", "process_id"},
};

std::string or_dash(const std::optional<std::string>& value) {
  return value && !value->empty() ? *value : "-";
}
std::string or_dash(const std::optional<uint64_t>& value) {
  return value ? std::to_string(*value) : "-";
}

std::string field_of(const InfoFields& fields, const char* name) {
  auto found = fields.find(name);
  return found == fields.end() || found->second.empty() ? "-" : found->second;
}

std::string role_of(const NodeView& node) {
  auto role = node.field("role");
  if (!role) return "-";
  return *role == "slave" ? "replica" : *role;
}

std::string keys_of(const NodeView& node) {
  uint64_t keys = 0;
  bool any = false;
  for (const auto& [name, value] : node.info) {  // db0:keys=1,expires=0,...
    if (!name.starts_with("db") || !value.starts_with("keys=")) continue;
    auto count = parse_uint64(value.substr(5, value.find(',') - 5));
    keys += count.value_or(0);
    any = true;
  }
  if (!any && !node.unreachable.empty()) return "-";
  return std::to_string(keys);
}

std::string colour_for(const std::string& state) {
  if (state == "writable") return "\033[1;32m";
  if (state == "in sync" || state == "ok") return "\033[32m";
  if (state == "unreachable") return "\033[31m";
  return "\033[33m";
}

// Columns padded to their widest cell; the first two to the left, numbers to the right. `state` is coloured.
std::string table(const std::vector<Row>& rows, size_t left_columns, size_t state_column, Colour colour) {
  std::vector<size_t> widths(rows[0].size());
  for (const Row& row : rows) {
    for (size_t i = 0; i < row.size(); i++) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string out;
  for (size_t r = 0; r < rows.size(); r++) {
    std::string line;
    for (size_t i = 0; i < rows[r].size(); i++) {
      std::string pad(widths[i] - rows[r][i].size(), ' ');
      std::string cell = rows[r][i];
      if (colour == Colour::kAnsi && r > 0 && i == state_column) cell = colour_for(cell) + cell + "\033[0m";
      line += (i ? "  " : "") + (i < left_columns ? cell + pad : pad + cell);
    }
    if (colour == Colour::kAnsi && r == 0) line = "\033[1m" + line + "\033[0m";
    while (line.ends_with(' ')) line.pop_back();
    out += line + '\n';
  }
  return out;
}

std::string headline(const ClusterView& view) {
  const NodeView* master = view.master();
  auto nodes = std::count_if(view.nodes.begin(), view.nodes.end(), [](const auto& n) { return n.unreachable.empty(); });
  auto sentinels =
      std::count_if(view.sentinels.begin(), view.sentinels.end(), [](const auto& s) { return s.unreachable.empty(); });
  std::string not_ready = why_not_ready(view, 0);
  return view.name + ": " + (master ? "master " + to_string(master->address) : std::string("no master")) + ", " +
         std::to_string(nodes) + " of " + std::to_string(view.nodes.size()) + " nodes and " +
         std::to_string(sentinels) + " of " + std::to_string(view.sentinels.size()) + " sentinels answer; " +
         (not_ready.empty() ? "all in sync" : not_ready) + "\n";
}

// The names and values of a process, for lines and JSON: all are texts, numbers among them.
using Pairs = std::vector<std::pair<std::string, std::string>>;

Pairs node_pairs(const ClusterView& view, const NodeView& node) {
  Pairs pairs = {{"address", to_string(node.address)}, {"role", role_of(node)},          {"state", node.state()},
                 {"offset", or_dash(node.offset())},   {"lag", or_dash(view.lag(node))}, {"keys", keys_of(node)}};
  for (const Column& column : kNodeFields) pairs.emplace_back(column.key, field_of(node.info, column.field));
  pairs.emplace_back("link", or_dash(node.field("master_link_status")));
  pairs.emplace_back("memory", field_of(node.info, "used_memory"));
  if (!node.unreachable.empty()) pairs.emplace_back("why", node.unreachable);
  return pairs;
}

Pairs sentinel_pairs(const SentinelView& sentinel) {
  Pairs pairs = {{"address", to_string(sentinel.address)},
                 {"state", sentinel.unreachable.empty() ? "ok" : "unreachable"},
                 {"master", sentinel.master ? to_string(*sentinel.master) : "-"},
                 {"epoch", field_of(sentinel.fields, "config-epoch")},
                 {"flags", field_of(sentinel.fields, "flags")},
                 {"replicas", field_of(sentinel.fields, "num-slaves")},
                 {"other_sentinels", field_of(sentinel.fields, "num-other-sentinels")},
                 {"quorum", field_of(sentinel.fields, "quorum")}};
  if (!sentinel.unreachable.empty()) pairs.emplace_back("why", sentinel.unreachable);
  return pairs;
}

std::string line_of(const char* kind, const Pairs& pairs) {
  std::string out = std::string(kind) + ' ' + pairs[0].second;
  for (size_t i = 1; i < pairs.size(); i++) {
    std::string value = pairs[i].second;
    if (pairs[i].first == "why") {
      value = json_string(value);
    } else {
      std::replace(value.begin(), value.end(), ' ', '-');
    }
    out += ' ' + pairs[i].first + '=' + value;
  }
  return out + '\n';
}

std::string tables(const ClusterView& view, Colour colour) {
  std::vector<Row> nodes = {{"NODE", "ROLE", "STATE", "OFFSET", "LAG", "KEYS"}};
  for (const Column& column : kNodeFields) nodes[0].emplace_back(column.title);
  for (const NodeView& node : view.nodes) {
    Row row = {to_string(node.address), role_of(node),           node.state(),
               or_dash(node.offset()),  or_dash(view.lag(node)), keys_of(node)};
    for (const Column& column : kNodeFields) row.push_back(field_of(node.info, column.field));
    nodes.push_back(std::move(row));
  }
  std::vector<Row> sentinels = {{"SENTINEL", "STATE", "NAMES AS MASTER", "FLAGS", "EPOCH", "REPLICAS", "OTHERS"}};
  for (const SentinelView& sentinel : view.sentinels) {
    Row row;
    for (const auto& [name, value] : sentinel_pairs(sentinel)) {
      if (name != "why" && name != "quorum") row.push_back(value);
    }
    std::swap(row[3], row[4]);  // flags before the epoch
    sentinels.push_back(std::move(row));
  }
  return table(nodes, 3, 2, colour) + '\n' + table(sentinels, 4, 1, colour);
}

// '-' is null, a whole number a number.
std::string json_object(const Pairs& pairs) {
  std::string out = "{";
  for (const auto& [name, value] : pairs) {
    bool is_number = parse_int64(value).has_value();
    out += (out.size() > 1 ? "," : "") + json_string(name) + ':' +
           (value == "-" ? "null"
            : is_number  ? value
                         : json_string(value));
  }
  return out + '}';
}

}  // namespace

std::string render_screen(const ClusterView& view, Colour colour) {
  std::string out = headline(view) + '\n' + tables(view, colour);
  const std::vector<std::string> reasons = stuck(view);
  if (!reasons.empty()) out += '\n' + std::string(kStuckTitle) + '\n';
  for (const std::string& reason : reasons) out += "  " + reason + '\n';
  return out;
}

std::vector<std::string> render_live(const ClusterView& view, const std::string& time,
                                     const std::vector<std::string>& events, ScreenSize size) {
  std::vector<std::string> lines = fold(time + "  " + std::string(trim(headline(view))), size.columns);
  lines.emplace_back();
  const std::string shown = tables(view, Colour::kAnsi);
  for (std::string_view line : split(trim(shown), '\n')) lines.push_back(cut(line, size.columns));
  const std::vector<std::string> reasons = stuck(view);
  if (!reasons.empty()) lines.insert(lines.end(), {"", cut(kStuckTitle, size.columns)});
  for (const std::string& reason : reasons) {
    for (std::string& line : fold("  " + reason, size.columns)) lines.push_back(std::move(line));
  }
  if (lines.size() + 2 < size.rows) {
    lines.insert(lines.end(), {"", cut("EVENTS", size.columns)});
    const size_t room = std::min(size.rows - lines.size(), events.size());
    for (size_t i = events.size() - room; i < events.size(); i++) lines.push_back(cut(events[i], size.columns));
  }
  lines.resize(std::min(lines.size(), size.rows));
  return lines;
}

std::string render_lines(const ClusterView& view) {
  std::string out = headline(view);
  for (const NodeView& node : view.nodes) out += line_of("node", node_pairs(view, node));
  for (const SentinelView& sentinel : view.sentinels) out += line_of("sentinel", sentinel_pairs(sentinel));
  for (const std::string& reason : stuck(view)) out += "stuck " + reason + '\n';
  return out;
}

std::string render_json(const ClusterView& view) {
  const NodeView* master = view.master();
  std::string not_ready = why_not_ready(view, 0);
  std::string out = "{\"name\":" + json_string(view.name) + ",\"ready\":" + (not_ready.empty() ? "true" : "false") +
                    ",\"why_not_ready\":" + (not_ready.empty() ? "null" : json_string(not_ready)) +
                    ",\"master\":" + (master ? json_string(to_string(master->address)) : "null") + ",\"nodes\":[";
  for (size_t i = 0; i < view.nodes.size(); i++) {
    out += (i ? "," : "") + json_object(node_pairs(view, view.nodes[i]));
  }
  out += "],\"sentinels\":[";
  for (size_t i = 0; i < view.sentinels.size(); i++) {
    out += (i ? "," : "") + json_object(sentinel_pairs(view.sentinels[i]));
  }
  out += "],\"stuck\":[";
  const std::vector<std::string> reasons = stuck(view);
  for (size_t i = 0; i < reasons.size(); i++) out += (i ? "," : "") + json_string(reasons[i]);
  return out + "]}\n";
}

}  // namespace onggi
