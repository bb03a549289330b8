// INFO of a sentinel: Redis Sentinel's sections and names.
#include <algorithm>

#include "common/text.h"
#include "sentinel/api/command.h"
#include "sentinel/api/maps.h"

namespace onggi {

namespace {

std::string server_section(SentinelApp& app) {
  const auto up = std::chrono::duration_cast<seconds>(app.now().instant - app.started()).count();
  return "# Server\r\nredis_version:7.0.15\r\nonggi_version:" ONGGI_VERSION "\r\nredis_mode:sentinel\r\ntcp_port:" +
         std::to_string(app.config().port) + "\r\nuptime_in_seconds:" + std::to_string(up) +
         "\r\nuptime_in_days:" + std::to_string(up / 86'400) + "\r\n";
}

std::string clients_section(SentinelApp& app) {
  size_t clients = 0;
  for (const auto& [id, session] : app.sessions()) clients += session.peer || session.outgoing ? 0 : 1;
  return "# Clients\r\nconnected_clients:" + std::to_string(clients) +
         "\r\nmaxclients:" + std::to_string(app.config().maxclients) + "\r\nblocked_clients:0\r\n";
}

std::string stats_section(SentinelApp& app) {
  return "# Stats\r\ntotal_connections_received:" + std::to_string(app.connections()) +
         "\r\ntotal_commands_processed:" + std::to_string(app.commands()) +
         "\r\nrejected_connections:" + std::to_string(app.rejected()) +
         "\r\nevicted_clients:" + std::to_string(app.evicted()) + "\r\n";
}

std::string sentinel_section(SentinelApp& app) {
  const SentinelView view = app.view();
  const NodeView* master = master_of(view);
  const Address address = master != nullptr ? master->address : app.config().options.preferred_master;
  const char* status = view.majority_finds_down ? "odown" : view.master_down || !view.master_address ? "sdown" : "ok";
  size_t sentinels = 1;
  for (const SentinelPeerView& peer : view.sentinels) sentinels += peer.id ? 1 : 0;
  std::string stuck;
  for (const std::string& reason : view.stuck) stuck += (stuck.empty() ? "" : "; ") + reason;
  return "# Sentinel\r\nsentinel_masters:1\r\nsentinel_tilt:0\r\nsentinel_tilt_since_seconds:-1\r\n"
         "sentinel_running_scripts:0\r\nsentinel_scripts_queue_length:0\r\nsentinel_simulate_failure_flags:0\r\n"
         "onggi_sentinel_id:" +
         view.id.hex + "\r\nonggi_epoch:" + std::to_string(view.epoch.value) +
         "\r\nonggi_config_epoch:" + std::to_string(view.configuration.epoch.value) +
         "\r\nonggi_failover_state:" + view.failover_state +
         "\r\nonggi_majority_contact:" + (view.majority_contact ? "1" : "0") + "\r\nonggi_stuck:" + stuck +
         "\r\nmaster0:name=" + view.master_name + ",status=" + status + ",address=" + to_string(address) +
         ",slaves=" + std::to_string(replicas_of(view).size()) + ",sentinels=" + std::to_string(sentinels) + "\r\n";
}

}  // namespace

std::string sentinel_info(SentinelApp& app, std::span<const std::string_view> sections) {
  const auto wanted = [&](std::string_view name) {
    if (sections.empty()) return true;
    return std::any_of(sections.begin(), sections.end(), [&](std::string_view section) {
      return equals_ignore_case(section, name) || equals_ignore_case(section, "all") ||
             equals_ignore_case(section, "everything") || equals_ignore_case(section, "default");
    });
  };
  std::string text;
  const auto add = [&](std::string_view name, std::string (*section)(SentinelApp&)) {
    if (!wanted(name)) return;
    if (!text.empty()) text += "\r\n";
    text += section(app);
  };
  add("server", server_section);
  add("clients", clients_section);
  add("stats", stats_section);
  add("sentinel", sentinel_section);
  return text;
}

}  // namespace onggi
