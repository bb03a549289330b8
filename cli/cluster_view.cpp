// Reading INFO and SENTINEL's maps, and judging what they say.
#include "cli/cluster_view.h"

#include <algorithm>

#include "common/numbers.h"
#include "common/text.h"

namespace onggi {
namespace {

// A replica that is no further behind than this streams; exact equality would never be seen under writes.
constexpr uint64_t kInSyncBytes = 1 << 20;

std::optional<uint64_t> number_of(const InfoFields& fields, const std::string& name) {
  auto found = fields.find(name);
  return found == fields.end() ? std::nullopt : parse_uint64(found->second);
}

// "ip=..,port=..,state=..,offset=..,lag=.." of INFO's slaveN.
InfoFields parse_slave(const std::string& text) {
  InfoFields fields;
  for (std::string_view part : split(text, ',')) {
    size_t equals = part.find('=');
    if (equals != std::string_view::npos) fields[std::string(part.substr(0, equals))] = part.substr(equals + 1);
  }
  return fields;
}

std::optional<InfoFields> slave_entry(const NodeView& master, const Address& replica) {
  for (const auto& [name, value] : master.info) {
    if (!name.starts_with("slave") || name.find_first_not_of("0123456789", 5) != std::string::npos) continue;
    InfoFields fields = parse_slave(value);
    if (fields["port"] == std::to_string(replica.port) && (fields["ip"].empty() || fields["ip"] == replica.host)) {
      return fields;
    }
  }
  return std::nullopt;
}

}  // namespace

InfoFields parse_info(const std::string& text) {
  InfoFields fields;
  for (std::string_view line : split(text, '\n')) {
    line = trim(line);
    size_t colon = line.find(':');
    if (line.starts_with('#') || colon == std::string_view::npos) continue;
    fields[std::string(line.substr(0, colon))] = line.substr(colon + 1);
  }
  return fields;
}

InfoFields parse_fields(const Reply& reply) {
  InfoFields fields;
  for (size_t i = 0; i + 1 < reply.elements.size(); i += 2) {
    const Reply& value = reply.elements[i + 1];
    fields[reply.elements[i].text] = value.type == Reply::Type::kInteger ? std::to_string(value.integer) : value.text;
  }
  return fields;
}

bool NodeView::is_master() const {
  return field("role") == "master";
}

std::optional<std::string> NodeView::field(const std::string& name) const {
  auto found = info.find(name);
  return found == info.end() ? std::nullopt : std::optional(found->second);
}

std::optional<uint64_t> NodeView::offset() const {
  if (is_master()) return number_of(info, "master_repl_offset");
  auto own = number_of(info, "slave_repl_offset");
  return own ? own : number_of(info, "master_repl_offset");
}

std::string NodeView::state() const {
  if (!unreachable.empty()) return "unreachable";
  if (is_master()) {
    auto writable = field("writable");
    return !writable || *writable == "1" || *writable == "yes" ? "writable" : "no lease";
  }
  if (field("master_sync_in_progress") == "1") return "syncing";
  if (field("master_link_status") == "up") return "in sync";
  auto host = field("master_host");
  return !host || host->empty() || *host == "?" ? "follows nobody" : "link down";
}

const NodeView* ClusterView::master() const {
  const NodeView* best = nullptr;
  for (const NodeView& node : nodes) {
    if (!node.is_master()) continue;
    bool better = !best || (node.state() == "writable" && best->state() != "writable");
    if (better) best = &node;
  }
  return best;
}

bool ClusterView::any_sentinel_answers() const {
  return std::any_of(sentinels.begin(), sentinels.end(), [](const auto& s) { return s.unreachable.empty(); });
}

std::optional<uint64_t> ClusterView::lag(const NodeView& replica) const {
  const NodeView* leader = master();
  if (!leader || leader == &replica || !leader->offset()) return std::nullopt;
  auto entry = slave_entry(*leader, replica.address);
  auto at = entry ? number_of(*entry, "offset") : replica.offset();
  if (!at) return std::nullopt;
  return *leader->offset() > *at ? *leader->offset() - *at : 0;
}

std::vector<std::string> stuck(const ClusterView& view) {
  std::vector<std::string> reasons;
  for (const SentinelView& sentinel : view.sentinels) {
    auto said = sentinel.fields.find("onggi-stuck");
    if (!sentinel.unreachable.empty() || said == sentinel.fields.end()) continue;
    for (std::string_view rest = said->second; !rest.empty();) {
      const size_t end = std::min(rest.find("; "), rest.size());
      std::string reason(rest.substr(0, end));
      rest.remove_prefix(std::min(end + 2, rest.size()));
      if (std::find(reasons.begin(), reasons.end(), reason) == reasons.end()) reasons.push_back(std::move(reason));
    }
  }
  return reasons;
}

std::string why_not_ready(const ClusterView& view, size_t nodes) {
  if (!view.any_sentinel_answers()) return "no sentinel answers";
  const NodeView* master = view.master();
  if (!master) return "no node is master";
  if (master->state() != "writable") return "the master " + to_string(master->address) + " has no lease";
  bool named = std::any_of(view.sentinels.begin(), view.sentinels.end(),
                           [&](const SentinelView& s) { return s.master && *s.master == master->address; });
  if (!named) return "no sentinel names " + to_string(master->address) + ", which says that it is master";
  for (const NodeView& node : view.nodes) {
    if (&node == master) continue;
    if (node.state() != "in sync")
      return to_string(node.address) + ": " + node.state() +
             (node.unreachable.empty() ? "" : " (" + node.unreachable + ")");
    auto entry = slave_entry(*master, node.address);
    if (!entry || (*entry)["state"] != "online") return to_string(node.address) + " is not online at its master";
    auto lag = view.lag(node);
    if (!lag || *lag > kInSyncBytes) return to_string(node.address) + " is still behind";
  }
  if (view.nodes.size() < nodes) {
    return std::to_string(view.nodes.size()) + " of " + std::to_string(nodes) + " nodes are known";
  }
  return {};
}

std::string signature(const ClusterView& view) {
  std::string out;
  for (const NodeView& node : view.nodes) {
    out += to_string(node.address) + '|' + node.field("role").value_or("-") + '|' + node.state() + '|' +
           node.field("epoch").value_or("-") + '|' + node.field("process_id").value_or("-") + '\n';
  }
  for (const SentinelView& sentinel : view.sentinels) {
    auto epoch = sentinel.fields.find("config-epoch");
    out += to_string(sentinel.address) + '|' + (sentinel.unreachable.empty() ? "up" : "down") + '|' +
           (sentinel.master ? to_string(*sentinel.master) : "-") + '|' +
           (epoch == sentinel.fields.end() ? "-" : epoch->second) + '\n';
  }
  return out;
}

}  // namespace onggi
