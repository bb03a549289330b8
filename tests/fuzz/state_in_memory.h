// The durable state of a process under a fuzz target: as long as the target's input.
#pragma once

#include <optional>
#include <string>

#include "common/state_store.h"

namespace onggi::fuzz {

class StateInMemory final : public StateStore {
 public:
  std::optional<std::string> load() override { return state_; }
  Result<void> save(std::string_view state) override {
    state_ = std::string(state);
    return {};
  }

 private:
  std::optional<std::string> state_;
};

}  // namespace onggi::fuzz
