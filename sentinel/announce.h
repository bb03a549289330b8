// The payloads of events and the names of instances, as Redis's subscribers know them.
#pragma once

#include <string>

#include "common/messages.h"
#include "sentinel/scene.h"

namespace onggi {

// "ip:port", Redis's name of a replica.
std::string instance_name(const Address& address);
// Where clients reach a node: what it announces, or else where it answers.
Address address_of(const Scene& scene, const NodeId& node);
Address master_address(const Scene& scene);
// What a sentinel announces, or else `otherwise`, or else where it answers.
Address sentinel_address(const Scene& scene, const SentinelId& sentinel, const Address& otherwise);

// "master mymaster ip port"
std::string master_payload(const Scene& scene);
// "slave ip:port ip port @ mymaster mip mport"
std::string replica_payload(const Scene& scene, const Address& address);
// "sentinel id ip port @ mymaster mip mport"
std::string sentinel_payload(const Scene& scene, const SentinelId& id, const Address& address);

// Under both of Redis's names: suffix "" gives +slave and +replica, "-reconf-done" gives +slave-reconf-done ...
void publish_replica(Scene& scene, const std::string& suffix, const Address& address);

// +switch-master if the address changed, then +slave for each replica.
void publish_switch(Scene& scene, const Address& before);

}  // namespace onggi
