// A state file in memory: durable when save() returns, as SlotFile is.
#pragma once

#include "common/state_store.h"

namespace onggi::sim {

class SimState final : public StateStore {
 public:
  std::optional<std::string> load() override { return state_; }
  Result<void> save(std::string_view state) override {
    state_ = std::string(state);
    version_++;
    return {};
  }
  void wipe() {
    state_.reset();
    version_++;
  }
  uint64_t version() const { return version_; }  // goes up with each change

 private:
  std::optional<std::string> state_;
  uint64_t version_ = 0;
};

}  // namespace onggi::sim
