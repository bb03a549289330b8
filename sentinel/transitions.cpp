#include "sentinel/transitions.h"

#include "sentinel/announce.h"
#include "sentinel/configuration.h"

namespace onggi {

bool Transitions::majority_finds_down(const Scene& scene) {
  if (scene.stored().epoch.value == 0 || !scene.watch.master(scene.stored(), scene.peers).down) return false;
  const Electorate who = scene.electorate();
  size_t agree = who.has(scene.id());
  for (const SentinelId& id : who.ids) {
    const SentinelSeen* seen = scene.watch.sentinel(id);
    agree += id != scene.id() && scene.watch.alive(id) && seen->finds_master_down;
  }
  return agree >= who.needed;
}

void Transitions::set(Scene& scene, const std::string& key, bool down, const std::string& payload) {
  const bool was = down_since_.contains(key);
  if (was == down) return;
  scene.out.publish(down ? "+sdown" : "-sdown", payload);
  if (down) {
    down_since_[key] = scene.now;
  } else {
    down_since_.erase(key);
  }
}

void Transitions::step(Scene& scene) {
  const Configuration& stored = scene.stored();
  if (stored.epoch.value != 0) {
    set(scene, key_of_master(), scene.watch.master(stored, scene.peers).down, master_payload(scene));
    const bool odown = majority_finds_down(scene);
    if (odown != odown_) {
      const std::string votes = std::to_string(scene.electorate().needed);
      scene.out.publish(odown ? "+odown" : "-odown",
                        master_payload(scene) + (odown ? " #quorum " + votes + "/" + votes : ""));
      odown_ = odown;
    }
  }
  for (const Member& member : stored.members) {
    if (member.id == stored.master) {
      known_.emplace(key_of(member.id), scene.now);  // as a replica it is announced by the switch
      continue;
    }
    const Address address = address_of(scene, member.id);
    const auto [known, fresh] = known_.emplace(key_of(member.id), scene.now);
    if (fresh) publish_replica(scene, "", address);
    const bool had_time = scene.now - known->second >= Duration(scene.options.down_after);
    set(scene, key_of(member.id), had_time && !scene.watch.alive(member.id, scene.peers),
        replica_payload(scene, address));
  }
  for (const SentinelId& id : scene.electorate().ids) {
    if (id == scene.id()) continue;
    const SentinelSeen* seen = scene.watch.sentinel(id);
    const Address address = sentinel_address(scene, id, {});
    if (seen != nullptr && known_.emplace(key_of(id), scene.now).second)
      scene.out.publish("+sentinel", sentinel_payload(scene, id, address));
    if (seen != nullptr) set(scene, key_of(id), !scene.watch.alive(id), sentinel_payload(scene, id, address));
  }
}

std::optional<Duration> Transitions::down_for(const Scene& scene, const std::string& key) const {
  auto found = down_since_.find(key);
  if (found == down_since_.end()) return std::nullopt;
  return scene.now - found->second;
}

void Transitions::forget() {
  down_since_.clear();
  known_.clear();
}

}  // namespace onggi
