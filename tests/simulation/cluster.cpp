#include "tests/simulation/cluster.h"

#include <algorithm>
#include <set>

#include "common/numbers.h"
#include "tests/simulation/checkers/look.h"

namespace onggi::sim {

namespace {

template <class Processes>
std::vector<Address> addresses_of(const Processes& processes) {
  std::vector<Address> addresses;
  addresses.reserve(processes.size());
  for (const auto* process : processes) addresses.push_back(process->address());
  return addresses;
}

template <class Processes>
auto working(const Processes& processes) {
  std::vector<typename Processes::value_type::pointer> all;
  for (const auto& process : processes) {
    if (!process->retired()) all.push_back(process.get());
  }
  return all;
}

}  // namespace

Cluster::Cluster(World& world, const Shape& shape) : world_(world), shape_(shape) {
  std::vector<Address> sentinel_addresses;
  sentinel_addresses.reserve(static_cast<size_t>(shape.sentinels));
  for (int i = 0; i < shape.nodes; i++) add_node({"10.0.1." + std::to_string(i), 7001});
  for (int i = 0; i < shape.sentinels; i++) sentinel_addresses.push_back({"10.0.2." + std::to_string(i), 27001});
  for (const Address& address : sentinel_addresses) add_sentinel(address);
  for (const auto& sentinel : sentinels) sentinel->name_others(addresses_of(working(nodes)), sentinel_addresses);
  for (int i = 0; i < shape.clients; i++) {
    clients.push_back(std::make_unique<SimClient>(
        world, next_host_++, "client" + std::to_string(i), [this] { return addresses_of(working_sentinels()); }, shape,
        recording.operations));
  }
}

SimNode& Cluster::add_node(const Address& address) {
  const std::string name = "node" + std::to_string(nodes.size());
  nodes.push_back(std::make_unique<SimNode>(world_, next_host_++, name, address, shape_.durability));
  if (shape_.true_clocks) nodes.back()->set_true_clock();
  if (!shape_.announced) nodes.back()->announce_nothing();
  servers_.push_back(nodes.back().get());
  return *nodes.back();
}

SimSentinel& Cluster::add_sentinel(const Address& address) {
  SentinelConfig config;
  config.options.preferred_master = nodes.front()->address();
  config.options.write_acks = shape_.write_acks;
  config.options.heartbeat = milliseconds(shape_.heartbeat_ms);
  const std::string name = "sentinel" + std::to_string(sentinels.size());
  sentinels.push_back(std::make_unique<SimSentinel>(world_, next_host_++, name, address, config));
  if (shape_.true_clocks) sentinels.back()->set_true_clock();
  name_others_to(*sentinels.back());
  servers_.push_back(sentinels.back().get());
  return *sentinels.back();
}

void Cluster::name_others_to(SimSentinel& sentinel) const {
  sentinel.name_others(addresses_of(working_nodes()), addresses_of(working_sentinels()));
}

std::vector<SimNode*> Cluster::working_nodes() const {
  return working(nodes);
}

std::vector<SimSentinel*> Cluster::working_sentinels() const {
  return working(sentinels);
}

const Configuration* Cluster::agreed() const {
  const Configuration* best = nullptr;
  for (const auto& sentinel : sentinels) {
    const Configuration& stored = sentinel->durable().configuration;
    if (stored.epoch.value == 0 || (best != nullptr && best->epoch >= stored.epoch)) continue;
    const auto has_it = [&](const SentinelPeer& peer) {
      return std::any_of(sentinels.begin(), sentinels.end(), [&](const auto& other) {
        return other->durable().id == peer.id && other->durable().configuration.epoch >= stored.epoch;
      });
    };
    const auto count = std::count_if(stored.sentinels.begin(), stored.sentinels.end(), has_it);
    if (static_cast<size_t>(count) >= majority(stored.sentinels.size())) best = &stored;
  }
  return best;
}

const Configuration& Cluster::newest() const {
  const auto epoch = [](const auto& sentinel) { return sentinel->durable().configuration.epoch; };
  return (*std::max_element(sentinels.begin(), sentinels.end(),
                            [&](const auto& a, const auto& b) { return epoch(a) < epoch(b); }))
      ->durable()
      .configuration;
}

std::string Cluster::wrong_membership() const {
  std::set<std::pair<std::string, std::string>> nodes_wanted;
  std::set<std::pair<std::string, std::string>> sentinels_wanted;
  const auto entry = [](const auto& id, const Address& address) { return std::pair(id.hex.str(), to_string(address)); };
  for (const SimNode* node : working_nodes()) nodes_wanted.insert(entry(node->id(), node->address()));
  for (SimSentinel* sentinel : working_sentinels()) {
    sentinels_wanted.insert(entry(sentinel->durable().id, sentinel->address()));
  }
  const auto difference = [&](const std::string& who, const auto& listed, const auto& wanted, const char* what) {
    std::set<std::pair<std::string, std::string>> found;
    for (const auto& one : listed) found.insert(entry(one.id, one.address));
    for (const auto& [id, address] : found) {
      if (!wanted.contains({id, address})) return who + " lists the " + what + " " + id.substr(0, 8) + " at " + address;
    }
    for (const auto& [id, address] : wanted) {
      if (!found.contains({id, address}))
        return who + " doesn't list the " + what + " " + id.substr(0, 8) + " at " + address;
    }
    return std::string();
  };
  for (SimSentinel* sentinel : working_sentinels()) {
    const Configuration& stored = sentinel->durable().configuration;
    std::string wrong = difference(sentinel->name(), stored.members, nodes_wanted, "node");
    if (wrong.empty()) wrong = difference(sentinel->name(), stored.sentinels, sentinels_wanted, "sentinel");
    if (!wrong.empty()) return wrong;
  }
  return {};
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
  for (SimNode* node : working_nodes()) {
    for (const Operation& operation : recording.operations) node->warm(operation.key);
    for (int i = 0; i < kKeysOfAKind; i++) node->warm("hash:" + std::to_string(i));
    for (const auto& client : clients) node->warm(client->name() + ":bulk");
  }
}

checkers::Contents Cluster::contents(SimNode& node) const {
  checkers::Contents contents;
  for (const Operation& operation : recording.operations) {
    if (operation.family == Family::kSession || contents.contains(operation.key)) continue;
    const Entry* entry = node.node()->store().peek(0, operation.key);
    if (entry != nullptr) contents[operation.key] = string_of(*entry);
  }
  return contents;
}

void Cluster::compare(std::vector<std::string>& failures) const {
  const auto all = working_nodes();
  const std::string first = all.front()->node()->store().digest();
  for (SimNode* node : all) {
    if (node->node()->store().digest() == first) continue;
    failures.push_back("P3: " + node->name() + " holds other data than " + all.front()->name());
  }
}

bool Cluster::in_step() const {
  SimNode* master = writable_master();
  if (master == nullptr) return false;
  const Position end = master->node()->log().end();
  for (SimNode* node : working_nodes()) {
    if (!node->alive() || node->is_paused() || node->node() == nullptr) return false;
    if (node->node()->log().end() != end || !node->node()->role().sure()) return false;
    if (!is_member(*master, *node)) return false;
  }
  return true;
}

}  // namespace onggi::sim
