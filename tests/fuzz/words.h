// Words of the protocol made from fuzz input: mostly ones that fit what is going on, sometimes what nobody would say.
#pragma once

#include <string>
#include <vector>

#include "common/messages.h"
#include "tests/fuzz/input.h"

namespace onggi::fuzz {

class Words {
 public:
  explicit Words(Input& input) : input_(input) {}

  std::vector<std::string> ids;  // that exist
  std::vector<Epoch> epochs;     // that were heard of
  std::vector<Position> positions;
  std::vector<LeaseToken> tokens;
  std::string password;

  std::string id() {
    const uint8_t kind = input_.byte();
    if (kind < 200 && !ids.empty()) return ids[kind % ids.size()];
    if (kind < 230) return std::string(40, "0123456789abcdef"[kind % 16]);
    return kind < 240 ? "" : kind < 250 ? "not an id" : std::string(70000, 'z');
  }
  Epoch epoch() {
    const uint8_t kind = input_.byte();
    if (kind < 180 && !epochs.empty()) return {epochs[kind % epochs.size()].value + kind / 60};
    return kind < 240 ? Epoch{kind % 4u} : Epoch{UINT64_MAX - (255u - kind)};
  }
  Position position() {
    const uint8_t kind = input_.byte();
    if (kind < 200 && !positions.empty()) return positions[kind % positions.size()];
    return {epoch(), {kind < 240 ? kind : UINT64_MAX - (255u - kind)}};
  }
  Address address() { return {input_.below(8) == 0 ? std::string(input_.bytes(8)) : "127.0.0.1", port()}; }
  uint16_t port() { return static_cast<uint16_t>(input_.below(5) == 0 ? 0 : 7001 + input_.below(4)); }
  bool flag() { return (input_.byte() & 1) != 0; }
  std::string text() { return std::string(input_.bytes(input_.below(60))); }
  LeaseToken token() {
    if (!tokens.empty() && input_.below(4) != 0) return tokens[input_.below(tokens.size())];
    return {{id()}, epoch(), {static_cast<int64_t>(input_.number(8))}};
  }
  History history() {
    History made;
    for (uint64_t left = input_.below(4); left > 0; left--)
      made.push_back({epoch(), {input_.below(4)}, position().offset});
    return made;
  }
  Configuration configuration() {
    Configuration made;
    made.epoch = epoch();
    made.cluster = {std::string(40, 'c')};
    if (input_.below(10) == 0) made.cluster = {id()};
    made.master = {id()};
    for (const std::string& each : ids) {
      if (input_.below(10) != 0) made.members.push_back({{each}, address()});
    }
    for (uint64_t left = input_.below(4); left > 0; left--) made.sentinels.push_back({{id()}, address()});
    made.write_acks = static_cast<uint32_t>(input_.below(4) == 0 ? input_.number(4) : input_.below(3));
    if (input_.below(6) == 0) made.lease_ms = static_cast<uint32_t>(input_.number(4));
    return made;
  }
  NodeStatus status() {
    NodeStatus made;
    made.id = {id()};
    made.run = {id()};
    made.address = address();
    made.managed = flag();
    made.is_master = flag();
    made.writable = flag();
    made.fenced = flag();
    made.promise = epoch();
    made.promised_to = {id()};
    made.master_epoch = epoch();
    made.configuration = configuration();
    made.position = position();
    made.sure = flag();
    made.can_lead = flag();
    made.priority = static_cast<uint32_t>(input_.below(200));
    made.wants_handover = flag();
    if (flag()) made.token = token();
    made.cluster = {flag() ? std::string(40, 'c') : ""};
    for (uint64_t left = input_.below(3); left > 0; left--) made.following.push_back({id()});
    for (uint64_t left = input_.below(3); left > 0; left--) made.holding_start.push_back({id()});
    made.hears_master = flag();
    made.following_master = flag();
    made.in_step = flag();
    made.id_file = text();
    return made;
  }

 private:
  Input& input_;
};

}  // namespace onggi::fuzz
