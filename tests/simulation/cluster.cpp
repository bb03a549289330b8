#include "tests/simulation/cluster.h"

#include <algorithm>

#include "common/numbers.h"

namespace onggi::sim {

Cluster::Cluster(World& world, const Shape& shape) {
  std::vector<Address> node_addresses;
  std::vector<Address> sentinel_addresses;
  for (int i = 0; i < shape.nodes; i++) node_addresses.push_back({"10.0.1." + std::to_string(i), 7001});
  for (int i = 0; i < shape.sentinels; i++) sentinel_addresses.push_back({"10.0.2." + std::to_string(i), 27001});
  HostId host = 1;
  for (size_t i = 0; i < node_addresses.size(); i++) {
    nodes.push_back(
        std::make_unique<SimNode>(world, host++, "node" + std::to_string(i), node_addresses[i], shape.durability));
  }
  for (size_t i = 0; i < sentinel_addresses.size(); i++) {
    SentinelConfig config;
    config.options.nodes = node_addresses;
    config.options.preferred_master = node_addresses[0];
    for (size_t j = 0; j < sentinel_addresses.size(); j++) {
      if (j != i) config.options.sentinels.push_back(sentinel_addresses[j]);
    }
    config.options.write_acks = shape.write_acks;
    config.options.heartbeat = milliseconds(shape.heartbeat_ms);
    sentinels.push_back(
        std::make_unique<SimSentinel>(world, host++, "sentinel" + std::to_string(i), sentinel_addresses[i], config));
  }
  for (int i = 0; i < shape.clients; i++) {
    clients.push_back(
        std::make_unique<SimClient>(world, host++, "client" + std::to_string(i), sentinel_addresses, shape, history));
  }
  if (!shape.true_clocks) return;
  for (Process* server : servers()) server->set_true_clock();
}

std::vector<Process*> Cluster::servers() const {
  std::vector<Process*> all;
  for (const auto& node : nodes) all.push_back(node.get());
  for (const auto& sentinel : sentinels) all.push_back(sentinel.get());
  return all;
}

SimNode* Cluster::writable_master() const {
  for (const auto& node : nodes) {
    if (node->alive() && node->node() != nullptr && node->node()->role().gate(node->clocks()) == WriteGate::kOpen)
      return node.get();
  }
  return nullptr;
}

bool Cluster::is_member(SimNode& master, SimNode& node) {
  const auto& members = master.node()->role().configuration().members;
  const NodeId& id = node.node()->role().id();
  return std::any_of(members.begin(), members.end(), [&](const Member& member) { return member.id == id; });
}

void Cluster::warm() const {
  for (const auto& node : nodes) {
    for (const Operation& operation : history) node->warm(operation.key);
    for (int i = 0; i < kKeysOfAKind; i++) node->warm("hash:" + std::to_string(i));
    for (const auto& client : clients) node->warm(client->name() + ":bulk");
  }
}

Contents Cluster::contents(SimNode& node) const {
  Contents contents;
  for (const Operation& operation : history) {
    if (operation.family == Family::kSession || contents.contains(operation.key)) continue;
    const Entry* entry = node.node()->store().peek(0, operation.key);
    if (entry != nullptr) contents[operation.key] = parse_int64(string_of(*entry)).value_or(-1);
  }
  return contents;
}

void Cluster::compare(std::vector<std::string>& failures) const {
  const std::string first = nodes.front()->node()->store().digest();
  for (const auto& node : nodes) {
    if (node->node()->store().digest() == first) continue;
    failures.push_back("P3: " + node->name() + " holds other data than " + nodes.front()->name());
  }
}

bool Cluster::in_step() const {
  SimNode* master = writable_master();
  if (master == nullptr) return false;
  const Position end = master->node()->log().end();
  for (const auto& node : nodes) {
    if (!node->alive() || node->is_paused() || node->node() == nullptr) return false;
    if (node->node()->log().end() != end || !node->node()->role().sure()) return false;
    if (!is_member(*master, *node)) return false;
  }
  return true;
}

}  // namespace onggi::sim
