// One question after the other, each with a short time limit.
#include "cli/cluster_probe.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "common/numbers.h"

namespace onggi {
namespace {

constexpr Duration kTimeout = milliseconds(300);

std::optional<Address> address_in(const InfoFields& fields) {
  auto ip = fields.find("ip");
  auto port = fields.find("port");
  if (ip == fields.end() || port == fields.end() || ip->second.empty()) return std::nullopt;
  auto number = parse_uint64(port->second);
  if (!number || *number == 0 || *number > 65535) return std::nullopt;
  return Address{ip->second, static_cast<uint16_t>(*number)};
}

uint64_t epoch_of(const SentinelView& sentinel) {
  auto epoch = sentinel.fields.find("config-epoch");
  return epoch == sentinel.fields.end() ? 0 : parse_uint64(epoch->second).value_or(0);
}

}  // namespace

// An older configuration tells of what was.
void ClusterProbe::Known::merge(Known&& heard) {
  if (heard.epoch > epoch) *this = {.epoch = heard.epoch, .nodes = {}, .sentinels = {}};
  if (heard.epoch < epoch) return;
  nodes.merge(heard.nodes);
  sentinels.merge(heard.sentinels);
}

Result<Reply> ClusterProbe::ask(const Address& address, const std::string& password, const Words& command) {
  Connection& connection = connections_[address];
  if (connection.is_stale()) {
    if (auto opened = connection.open(address, kTimeout); !opened) return opened.error();
    if (!password.empty()) {
      Words auth = {"AUTH", password};
      if (!options_.user.empty() && password == options_.password) auth.insert(auth.begin() + 1, options_.user);
      (void)connection.ask(auth, kTimeout);  // a refusal shows in the next reply
    }
  }
  return connection.ask(command, kTimeout);
}

SentinelView ClusterProbe::probe_sentinel(const Address& address) {
  SentinelView view{.address = address, .unreachable = {}, .master = {}, .fields = {}};
  auto master = ask(address, options_.sentinel_password, {"SENTINEL", "get-master-addr-by-name", options_.master});
  if (!master) {
    view.unreachable = master.error().message;
    return view;
  }
  if (master->elements.size() == 2) {
    view.master = address_in({{"ip", master->elements[0].text}, {"port", master->elements[1].text}});
  }
  auto fields = ask(address, options_.sentinel_password, {"SENTINEL", "MASTER", options_.master});
  if (fields) view.fields = parse_fields(*fields);
  learn(view);
  return view;
}

// Whom a sentinel knows beside itself: all of it or, if it falls silent meanwhile, nothing.
void ClusterProbe::learn(const SentinelView& sentinel) {
  Known heard{.epoch = epoch_of(sentinel), .nodes = {}, .sentinels = {}};
  if (sentinel.master) heard.nodes.insert(*sentinel.master);
  if (auto address = address_in(sentinel.fields)) heard.nodes.insert(*address);
  for (const char* what : {"REPLICAS", "SENTINELS"}) {
    auto others = ask(sentinel.address, options_.sentinel_password, {"SENTINEL", what, options_.master});
    if (!others) return;
    for (const Reply& entry : others->elements) {
      auto address = address_in(parse_fields(entry));
      if (address) (what[0] == 'R' ? heard.nodes : heard.sentinels).insert(*address);
    }
  }
  known_.merge(std::move(heard));
}

NodeView ClusterProbe::probe_node(const Address& address) {
  NodeView view{.address = address, .unreachable = {}, .info = {}};
  auto info = ask(address, options_.password, {"INFO", "everything"});
  if (info) {
    view.info = parse_info(info->text);
  } else {
    view.unreachable = info.error().message;
  }
  return view;
}

// Those that were named, those known before, and whom they tell of.
std::vector<SentinelView> ClusterProbe::probe_sentinels() {
  std::vector<SentinelView> views;
  std::set<Address> asked;
  std::set<Address> to_ask = sentinels_;
  to_ask.insert(options_.sentinels.begin(), options_.sentinels.end());
  known_ = {};
  while (!to_ask.empty()) {
    for (const Address& address : to_ask) views.push_back(probe_sentinel(address));
    asked.merge(to_ask);
    to_ask.clear();
    std::set_difference(known_.sentinels.begin(), known_.sentinels.end(), asked.begin(), asked.end(),
                        std::inserter(to_ask, to_ask.end()));
  }
  std::sort(views.begin(), views.end(), [](const auto& a, const auto& b) { return a.address < b.address; });
  return views;
}

// Who is silent and whom nobody tells of any more; before the first configuration nobody tells of who never answered.
void ClusterProbe::forget(std::vector<SentinelView>& sentinels) {
  if (known_.epoch > 0) {
    std::erase_if(sentinels,
                  [&](const auto& s) { return !s.unreachable.empty() && !known_.sentinels.contains(s.address); });
  }
  if (!known_.nodes.empty()) nodes_ = known_.nodes;
  sentinels_.clear();
  for (const SentinelView& sentinel : sentinels) sentinels_.insert(sentinel.address);
  std::erase_if(connections_,
                [&](const auto& entry) { return !nodes_.contains(entry.first) && !sentinels_.contains(entry.first); });
}

ClusterView ClusterProbe::probe() {
  ClusterView view;
  view.name = options_.master;
  view.sentinels = probe_sentinels();
  forget(view.sentinels);
  for (const Address& address : nodes_) view.nodes.push_back(probe_node(address));
  return view;
}

}  // namespace onggi
