// One question after the other, each with a short time limit.
#include "cli/cluster_probe.h"

#include <algorithm>

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

}  // namespace

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
  if (view.master) nodes_.insert(*view.master);
  if (auto known = address_in(view.fields)) nodes_.insert(*known);
  learn(address);
  return view;
}

// Whom a sentinel knows beside itself.
void ClusterProbe::learn(const Address& sentinel) {
  for (const char* what : {"REPLICAS", "SENTINELS"}) {
    auto known = ask(sentinel, options_.sentinel_password, {"SENTINEL", what, options_.master});
    if (!known) continue;
    for (const Reply& entry : known->elements) {
      auto address = address_in(parse_fields(entry));
      if (address) (what[0] == 'R' ? nodes_ : sentinels_).insert(*address);
    }
  }
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

ClusterView ClusterProbe::probe() {
  ClusterView view;
  view.name = options_.master;
  sentinels_.insert(options_.sentinels.begin(), options_.sentinels.end());
  auto asked = sentinels_;
  for (const Address& address : asked) view.sentinels.push_back(probe_sentinel(address));
  for (const Address& address : sentinels_) {
    if (!asked.contains(address)) view.sentinels.push_back(probe_sentinel(address));
  }
  std::sort(view.sentinels.begin(), view.sentinels.end(),
            [](const auto& a, const auto& b) { return a.address < b.address; });
  for (const Address& address : nodes_) view.nodes.push_back(probe_node(address));
  return view;
}

}  // namespace onggi
