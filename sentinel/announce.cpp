#include "sentinel/announce.h"

namespace onggi {
namespace {

std::string at_master(const Scene& scene) {
  const Address master = master_address(scene);
  return " @ " + scene.options.master_name + " " + master.host + " " + std::to_string(master.port);
}

}  // namespace

std::string instance_name(const Address& address) {
  return to_string(address);
}

Address address_of(const Scene& scene, const NodeId& node) {
  const NodeSeen* seen = scene.watch.node(node);
  if (seen != nullptr && seen->status.address.port != 0 && !seen->status.address.host.empty())
    return seen->status.address;
  if (const Member* member = find_member(scene.stored(), node)) return member->address;
  const Peer* peer = scene.peers.by_node(node);
  return peer != nullptr ? peer->address : Address{};
}

Address master_address(const Scene& scene) {
  const Configuration& stored = scene.stored();
  if (stored.epoch.value != 0) return address_of(scene, stored.master);
  if (scene.options.preferred_master.port != 0) return scene.options.preferred_master;
  return scene.options.nodes.empty() ? Address{} : scene.options.nodes.front();
}

Address sentinel_address(const Scene& scene, const SentinelId& sentinel, const Address& otherwise) {
  if (sentinel == scene.id()) return scene.options.self;
  const SentinelSeen* seen = scene.watch.sentinel(sentinel);
  if (seen != nullptr && seen->address.port != 0 && !seen->address.host.empty()) return seen->address;
  if (otherwise.port != 0) return otherwise;
  const Peer* peer = scene.peers.by_sentinel(sentinel);
  return peer != nullptr ? peer->address : Address{};
}

std::string master_payload(const Scene& scene) {
  const Address master = master_address(scene);
  return "master " + scene.options.master_name + " " + master.host + " " + std::to_string(master.port);
}

std::string replica_payload(const Scene& scene, const Address& address) {
  return "slave " + instance_name(address) + " " + address.host + " " + std::to_string(address.port) + at_master(scene);
}

std::string sentinel_payload(const Scene& scene, const SentinelId& id, const Address& address) {
  return "sentinel " + id.hex + " " + address.host + " " + std::to_string(address.port) + at_master(scene);
}

void publish_replica(Scene& scene, const std::string& suffix, const Address& address) {
  const std::string payload = replica_payload(scene, address);
  scene.out.publish("+slave" + suffix, payload);
  scene.out.publish("+replica" + suffix, payload);
}

void publish_switch(Scene& scene, const Address& before) {
  const Address after = master_address(scene);
  if (before.port == 0 || before == after) return;
  scene.out.publish("+switch-master", scene.options.master_name + " " + before.host + " " +
                                          std::to_string(before.port) + " " + after.host + " " +
                                          std::to_string(after.port));
  for (const Member& member : scene.stored().members) {
    if (member.id != scene.stored().master) publish_replica(scene, "", address_of(scene, member.id));
  }
}

}  // namespace onggi
