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

template <class Payload>
void Transitions::set(Scene& scene, const std::string& key, bool down, Payload payload) {
  const bool was = down_since_.contains(key);
  if (was == down) return;
  scene.out.publish(down ? "+sdown" : "-sdown", payload());
  if (down) {
    down_since_[key] = scene.now;
  } else {
    down_since_.erase(key);
  }
}

void Transitions::step(Scene& scene) {
  const Configuration& stored = scene.stored();
  if (stored.epoch.value != 0) {
    set(scene, key_of_master(), scene.watch.master(stored, scene.peers).down, [&] { return master_payload(scene); });
    const bool odown = majority_finds_down(scene);
    if (odown != odown_) {
      const std::string votes = std::to_string(scene.electorate().needed);
      scene.out.publish(odown ? "+odown" : "-odown",
                        master_payload(scene) + (odown ? " #quorum " + votes + "/" + votes : ""));
      odown_ = odown;
    }
  }
  for (const Member& member : stored.members) {
    const std::string key = key_of(member.id);
    const auto [known, fresh] = known_.emplace(key, scene.now);
    if (member.id == stored.master) continue;  // as a replica it is announced by the switch
    if (fresh) publish_replica(scene, "", address_of(scene, member.id));
    const bool had_time = scene.now - known->second >= Duration(scene.options.down_after);
    set(scene, key, had_time && !scene.watch.alive(member.id, scene.peers),
        [&] { return replica_payload(scene, address_of(scene, member.id)); });
  }
  for (const SentinelId& id : scene.electorate().ids) {
    const SentinelSeen* seen = id == scene.id() ? nullptr : scene.watch.sentinel(id);
    if (seen == nullptr) continue;
    const std::string key = key_of(id);
    const auto payload = [&] { return sentinel_payload(scene, id, sentinel_address(scene, id, {})); };
    if (known_.emplace(key, scene.now).second) scene.out.publish("+sentinel", payload());
    set(scene, key, !scene.watch.alive(id), payload);
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
