// The operator's terminal: commands to any process, each on a connection of its own, each answered once or not at all.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "common/resp/reader.h"
#include "tests/simulation/process.h"

namespace onggi::sim {

class Operator final : public Process {
 public:
  using Answer = std::function<void(const Reply*)>;  // nullptr: none came, and whether it was done is not known

  Operator(World& world, HostId host, const std::string& name = "operator");

  void start() override { set_alive(); }
  void ask(const Address& to, std::vector<std::string> words, Answer answer);

 private:
  struct Asked {
    std::vector<std::string> words;
    Answer answer;
    WireId wire = 0;
    ReplyReader reader;
  };

  void accepted(WireId, Address, Address) override {}
  void received(WireId wire, std::string_view bytes) override;
  void closed(WireId wire) override;
  void connected(uint64_t attempt, std::optional<WireId> wire, bool refused) override;
  void died() override {}
  void woken() override {}
  void over(uint64_t number, const Reply* reply);

  std::map<uint64_t, Asked> asked_;
  std::map<WireId, uint64_t> wires_;
  uint64_t next_ = 1;
};

}  // namespace onggi::sim
