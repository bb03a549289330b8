// +sdown, -sdown, +odown, -odown, +slave, +sentinel: tells subscribers when somebody appears, falls silent or comes
// back.
#pragma once

#include <map>
#include <string>

#include "sentinel/scene.h"

namespace onggi {

class Transitions {
 public:
  void step(Scene& scene);
  // A majority, this sentinel among them, finds the master down.
  static bool majority_finds_down(const Scene& scene);

  // How long somebody has been down; nothing if not.
  std::optional<Duration> down_for(const Scene& scene, const std::string& key) const;
  static std::string key_of_master() { return "master"; }
  static std::string key_of(const NodeId& id) { return "node " + id.hex; }
  static std::string key_of(const SentinelId& id) { return "sentinel " + id.hex; }
  void forget();

 private:
  // The payload is made only when there is something to tell: this runs at every step.
  template <class Payload>
  void set(Scene& scene, const std::string& key, bool down, Payload payload);
  std::map<std::string, Instant> down_since_;
  std::map<std::string, Instant> known_;  // since when
  bool odown_ = false;
};

}  // namespace onggi
