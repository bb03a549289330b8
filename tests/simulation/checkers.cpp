#include "tests/simulation/checkers.h"

#include "common/numbers.h"

namespace onggi::sim {

void OneWriter::look(const Cluster& cluster, Micros now, std::vector<std::string>& failures) {
  const SimNode* writer = nullptr;
  for (const auto& node : cluster.nodes) {
    if (!node->alive() || node->node() == nullptr) continue;
    const Role& role = std::as_const(*node->node()).role();
    if (!role.is_master() || !role.lease_valid(node->clocks())) continue;
    if (writer != nullptr) {
      failures.push_back("P2: " + writer->name() + " and " + node->name() + " both accept writes at " +
                         std::to_string(now) + " us");
    }
    writer = node.get();
    auto [known, first] = writers_.try_emplace(role.epoch().value, node->name());
    if (!first && known->second != node->name()) {
      failures.push_back("P2: in epoch " + std::to_string(role.epoch().value) + " both " + known->second + " and " +
                         node->name() + " were master");
    }
  }
}

void EpochsNeverGoBack::look(const Cluster& cluster, std::vector<std::string>& failures) {
  for (const auto& node : cluster.nodes) {
    if (!node->alive() || node->node() == nullptr) continue;
    const uint64_t promise = node->node()->role().promise().value;
    uint64_t& known = promises_[node.get()];
    if (promise < known) {
      failures.push_back("the promise of " + node->name() + " went back from " + std::to_string(known) + " to " +
                         std::to_string(promise));
    }
    known = promise;
  }
}

namespace {

std::optional<uint64_t> read_number(SimNode& master, const std::string& key) {
  Store& store = master.node()->store();
  const Entry* entry = store.peek(0, key);
  if (entry == nullptr) return std::nullopt;
  return parse_uint64(string_of(*entry));
}

std::string shown(std::optional<uint64_t> value) {
  return value ? std::to_string(*value) : "nothing";
}

}  // namespace

void warm_up(const Cluster& cluster) {
  for (const auto& node : cluster.nodes) {
    if (!node->alive() || node->node() == nullptr) continue;
    for (const auto& client : cluster.clients) {
      for (const auto& [key, history] : client->history().registers) node->warm(key);
      for (const auto& [key, history] : client->history().counters) node->warm(key);
      for (const std::string& key : client->history().sessions) node->warm(key);
    }
  }
}

void acknowledged_survives(const Cluster& cluster, std::vector<std::string>& failures) {
  SimNode* master = cluster.writable_master();
  if (master == nullptr) return;
  for (const auto& client : cluster.clients) {
    for (const auto& [key, history] : client->history().registers) {
      const auto value = read_number(*master, key);
      const bool possible = value ? (*value == history.last_acknowledged || history.unanswered.contains(*value) ||
                                     history.told.contains(*value))
                                  : history.last_acknowledged == 0;
      if (!possible) {
        failures.push_back("P1: " + key + " holds " + shown(value) + ", but " +
                           std::to_string(history.last_acknowledged) + " was acknowledged last");
      }
    }
    for (const auto& [key, history] : client->history().counters) {
      const uint64_t value = read_number(*master, key).value_or(0);
      if (value < history.acknowledged || value > history.attempted) {
        failures.push_back("P1: the counter " + key + " is " + std::to_string(value) + " after " +
                           std::to_string(history.acknowledged) + " acknowledged and " +
                           std::to_string(history.attempted) + " attempted INCRs");
      }
    }
  }
}

void same_everywhere(const Cluster& cluster, std::vector<std::string>& failures) {
  std::string first;
  for (const auto& node : cluster.nodes) {
    if (!node->alive() || node->node() == nullptr) continue;
    const std::string digest = node->node()->store().digest();
    if (first.empty()) first = digest;
    if (digest != first)
      failures.push_back("P3: " + node->name() + " holds other data than " + cluster.nodes[0]->name());
  }
}

}  // namespace onggi::sim
