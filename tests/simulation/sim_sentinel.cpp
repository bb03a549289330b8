#include "tests/simulation/sim_sentinel.h"

namespace onggi::sim {

SimSentinel::SimSentinel(World& world, HostId host, std::string name, Address address, SentinelConfig config)
    : Process(world, host, std::move(name), address), config_(std::move(config)), random_(world.random.next()) {
  config_.port = address.port;
}

void SimSentinel::name_others(std::vector<Address> nodes, std::vector<Address> sentinels) {
  config_.options.nodes = std::move(nodes);
  config_.options.sentinels = std::move(sentinels);
}

void SimSentinel::wipe() {
  say("its folder is wiped");
  state_.wipe();
}

void SimSentinel::start() {
  if (alive() || retired()) return;
  set_alive();
  say("starts");
  config_.options.self = address();
  auto app = SentinelApp::start(config_, state_, random_, clocks());
  if (!app) {
    say("can't start: " + app.error().message);
    return;
  }
  app_ = std::move(*app);
  end_of_batch();
}

const SentinelState& SimSentinel::durable() {
  if (durable_version_ != state_.version()) {
    durable_version_ = state_.version();
    auto decoded = decode_state(state_.load().value_or(""));
    durable_ = decoded ? std::move(*decoded) : SentinelState{};
  }
  return durable_;
}

void SimSentinel::died() {
  app_.reset();
  wires_.clear();
  conns_.clear();
}

void SimSentinel::accepted(WireId wire, Address remote, Address local) {
  const auto id = app_ ? app_->accepted(clocks(), std::move(remote), std::move(local)) : std::nullopt;
  if (!id) return world_.network.close(wire);
  wires_[*id].wire = wire;
  conns_[wire] = *id;
  end_of_batch();
}

void SimSentinel::received(WireId wire, std::string_view bytes) {
  auto found = conns_.find(wire);
  if (found == conns_.end() || !app_) return;
  const ConnId id = found->second;
  wires_.at(id).input.append(bytes);
  feed(id);
  end_of_batch();
}

void SimSentinel::feed(ConnId id) {
  auto found = wires_.find(id);
  if (found == wires_.end()) return;
  const size_t consumed = app_->receive(clocks(), id, found->second.input);
  found = wires_.find(id);
  if (found != wires_.end()) found->second.input.erase(0, consumed);
}

void SimSentinel::closed(WireId wire) {
  auto found = conns_.find(wire);
  if (found == conns_.end()) return;
  const ConnId id = found->second;
  conns_.erase(found);
  wires_.erase(id);
  if (!app_) return;
  app_->closed(clocks(), id);
  end_of_batch();
}

void SimSentinel::connected(uint64_t attempt, std::optional<WireId> wire, bool refused) {
  if (!app_) return;
  const ConnId id{attempt};
  if (!wire) {
    app_->connect_failed(clocks(), id, refused ? LinkDown::Why::kRefused : LinkDown::Why::kTimeout);
  } else {
    wires_[id].wire = *wire;
    conns_[*wire] = id;
    app_->connected(clocks(), id);
  }
  end_of_batch();
}

void SimSentinel::woken() {
  if (!app_) return;
  app_->tick(clocks());
  end_of_batch();
}

void SimSentinel::end_of_batch() {
  if (!app_) return;
  AppEffects effects = app_->drain();
  for (const LogLine& line : effects.log) say(line.text);
  for (auto& [id, target] : effects.connect) world_.network.connect(host(), id.value, target);
  for (ConnId id : effects.send) {
    auto found = wires_.find(id);
    if (found != wires_.end()) world_.network.send(found->second.wire, app_->take_output(id));
  }
  effects.close.insert(effects.close.end(), effects.close_after_send.begin(), effects.close_after_send.end());
  for (ConnId id : effects.close) {
    auto found = wires_.find(id);
    if (found == wires_.end()) continue;
    world_.network.close(found->second.wire);
    conns_.erase(found->second.wire);
    wires_.erase(found);
  }
  for (ConnId id : effects.resume) feed(id);
  wake_at(app_->next_deadline());
}

}  // namespace onggi::sim
