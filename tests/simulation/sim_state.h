// A state file in memory: durable when save() returns, as SlotFile is.
#pragma once

#include "common/state_store.h"

namespace onggi::sim {

class SimState final : public StateStore {
 public:
  std::optional<std::string> load() override { return state_; }
  Result<void> save(std::string_view state) override {
    state_ = std::string(state);
    return {};
  }
  void wipe() { state_.reset(); }

 private:
  std::optional<std::string> state_;
};

}  // namespace onggi::sim
