#include "sentinel/config.h"

#include <algorithm>

#include "common/text.h"

namespace onggi {

namespace {

using Args = std::vector<std::string>;

Result<void> need(const Args& args, size_t count, std::string_view syntax) {
  if (args.size() == count) return {};
  return Error{"takes " + std::string(syntax)};
}

template <class Number>
Result<void> store_number(Number& into, const std::string& text, int64_t least, int64_t most) {
  auto value = parse_integer(text, least, most);
  if (!value) return value.error();
  into = static_cast<Number>(*value);
  return {};
}

Result<void> store_ms(milliseconds& into, const std::string& text, int64_t least, int64_t most) {
  auto value = parse_integer(text, least, most);
  if (!value) return value.error();
  into = milliseconds(*value);
  return {};
}

Result<Address> parse_address(const std::string& host, const std::string& port) {
  Address address;
  address.host = host;
  if (auto stored = store_number(address.port, port, 1, 65535); !stored) return stored.error();
  return address;
}

// The directives "sentinel X NAME ...": one master is watched, all must name it.
Result<void> named(SentinelConfig& config, const Args& args, size_t count, std::string_view syntax) {
  if (auto enough = need(args, count, syntax); !enough) return enough;
  if (args[0] == config.options.master_name) return {};
  return Error{"names '" + args[0] + "', but the monitored master is '" + config.options.master_name +
               "' (one sentinel watches one master; put 'sentinel monitor' first)"};
}

void add_once(std::vector<Address>& addresses, Address address) {
  if (std::find(addresses.begin(), addresses.end(), address) == addresses.end())
    addresses.push_back(std::move(address));
}

Result<void> set_monitor(SentinelConfig& config, const Args& args) {
  if (auto enough = need(args, 4, "NAME IP PORT QUORUM"); !enough) return enough;
  auto address = parse_address(args[1], args[2]);
  if (!address) return address.error();
  if (auto stored = store_number(config.quorum, args[3], 1, 1000); !stored) return stored;
  config.options.master_name = args[0];
  config.options.preferred_master = *address;
  add_once(config.options.nodes, *address);
  return {};
}

Result<void> set_known_replica(SentinelConfig& config, const Args& args) {
  if (auto ok = named(config, args, 3, "NAME IP PORT"); !ok) return ok;
  auto address = parse_address(args[1], args[2]);
  if (!address) return address.error();
  add_once(config.options.nodes, *address);
  return {};
}

Result<void> set_known_sentinel(SentinelConfig& config, const Args& args) {
  // Redis's own form ends with a run id: taken and ignored, ids are learnt.
  Args three(args.begin(), args.begin() + static_cast<ptrdiff_t>(std::min<size_t>(args.size(), 3)));
  if (auto ok = named(config, three, 3, "NAME IP PORT"); !ok) return ok;
  auto address = parse_address(three[1], three[2]);
  if (!address) return address.error();
  add_once(config.options.sentinels, *address);
  return {};
}

using C = SentinelConfig;

// Setters for rows: of a field of SentinelConfig, or (named: the first argument is the master's name) of its options.
template <auto Field>
Result<void> set_text(C& config, const Args& args) {
  if (auto ok = need(args, 1, "one argument"); !ok) return ok;
  config.*Field = args[0];
  return {};
}

template <auto Field, int64_t least, int64_t most>
Result<void> set_number(C& config, const Args& args) {
  if (auto ok = need(args, 1, "one number"); !ok) return ok;
  return store_number(config.*Field, args[0], least, most);
}

template <auto Field, int64_t least, int64_t most>
Result<void> set_named_number(C& config, const Args& args) {
  if (auto ok = named(config, args, 2, "NAME COUNT"); !ok) return ok;
  if constexpr (requires { config.options.*Field; }) {
    return store_number(config.options.*Field, args[1], least, most);
  } else {
    return store_number(config.*Field, args[1], least, most);
  }
}

template <auto Field, int64_t least, int64_t most>
Result<void> set_named_ms(C& config, const Args& args) {
  if (auto ok = named(config, args, 2, "NAME MS"); !ok) return ok;
  return store_ms(config.options.*Field, args[1], least, most);
}

template <auto Field>
Result<void> set_named_text(C& config, const Args& args) {
  if (auto ok = named(config, args, 2, "NAME TEXT"); !ok) return ok;
  config.*Field = args[1];
  return {};
}

Result<void> set_bind(C& config, const Args& args) {
  if (args.empty()) return Error{"takes ADDRESS ..."};
  config.bind = args;
  return {};
}

Result<void> set_loglevel(C& config, const Args& args) {
  static constexpr std::string_view kLevels[] = {"debug", "verbose", "notice", "warning"};
  if (auto ok = need(args, 1, "debug|verbose|notice|warning"); !ok) return ok;
  auto choice = parse_choice(args[0], kLevels);
  if (!choice) return choice.error();
  config.loglevel = kLevels[*choice];
  return {};
}

Result<void> set_daemonize(C& config, const Args& args) {
  if (auto ok = need(args, 1, "yes|no"); !ok) return ok;
  auto value = parse_yes_no(args[0]);
  if (!value) return value.error();
  config.daemonize = *value;
  return {};
}

using O = SentinelOptions;
constexpr int64_t kHourMs = 3'600'000;

constexpr SentinelDirective kDirectives[] = {
    {"port", "PORT", "where clients, sentinels and watchers connect", set_number<&C::port, 0, 65535>},
    {"bind", "ADDRESS ...", "addresses to listen on", set_bind},
    {"dir", "FOLDER", "where the state file lies", set_text<&C::dir>},
    {"logfile", "FILE", "empty: standard output", set_text<&C::logfile>},
    {"loglevel", "debug|verbose|notice|warning", "how much is logged", set_loglevel},
    {"pidfile", "FILE", "where the process id is written", set_text<&C::pidfile>},
    {"daemonize", "yes|no", "leave the terminal", set_daemonize},
    {"requirepass", "PASSWORD", "asked of clients and of the other sentinels, which must have the same",
     set_text<&C::requirepass>},
    {"maxclients", "COUNT", "connections at a time", set_number<&C::maxclients, 1, 1'000'000>},
    {"sentinel announce-ip", "IP", "how others reach this sentinel", set_text<&C::announce_ip>},
    {"sentinel announce-port", "PORT", "how others reach this sentinel", set_number<&C::announce_port, 0, 65535>},
    {"sentinel monitor", "NAME IP PORT QUORUM", "the master's name, and the node preferred as the first master",
     set_monitor},
    {"sentinel known-replica", "NAME IP PORT", "another node", set_known_replica},
    {"sentinel known-slave", "NAME IP PORT", "as known-replica", set_known_replica},
    {"sentinel known-sentinel", "NAME IP PORT", "another sentinel", set_known_sentinel},
    {"sentinel write-acks", "NAME COUNT", "k of the first configuration: replicas that acknowledge each write",
     set_named_number<&O::write_acks, 0, 100>},
    {"sentinel lease-ms", "NAME MS", "the lease of the first configuration",
     set_named_number<&O::lease_ms, 50, 60'000>},
    {"sentinel heartbeat-ms", "NAME MS", "how often nodes and sentinels are asked",
     set_named_ms<&O::heartbeat, 10, 10'000>},
    {"sentinel down-after-milliseconds", "NAME MS", "silence after which a master is down",
     set_named_ms<&O::down_after, 50, kHourMs>},
    {"sentinel failover-timeout", "NAME MS", "the longest one attempt of a failover may take",
     set_named_ms<&O::failover_timeout, 100, kHourMs>},
    {"sentinel failover-min-nodes", "NAME COUNT", "fenced nodes a failover needs, never less than the protocol's",
     set_named_number<&O::failover_min_nodes, 0, 100>},
    {"sentinel parallel-syncs", "NAME COUNT", "accepted as in Redis; replicas sync as they need",
     set_named_number<&C::parallel_syncs, 1, 1000>},
    {"sentinel auth-pass", "NAME PASSWORD", "the nodes' password", set_named_text<&C::auth_pass>},
    {"sentinel auth-user", "NAME USER", "the nodes' user", set_named_text<&C::auth_user>},
};

}  // namespace

std::span<const SentinelDirective> sentinel_directives() {
  return kDirectives;
}

Result<SentinelConfig> load_sentinel_config(const std::vector<Directive>& directives) {
  SentinelConfig config;
  std::vector<std::string_view> names;
  for (const SentinelDirective& row : sentinel_directives()) names.push_back(row.name);
  for (const Directive& given : directives) {
    Directive directive = given;
    if (directive.name == "sentinel" && !directive.args.empty()) {
      directive.name += " " + lower(directive.args[0]);
      directive.args.erase(directive.args.begin());
    }
    const auto row = std::find_if(sentinel_directives().begin(), sentinel_directives().end(),
                                  [&](const SentinelDirective& d) { return d.name == directive.name; });
    if (row == sentinel_directives().end()) return unknown_directive(directive, names);
    if (auto set = row->set(config, directive.args); !set) {
      return Error{place(directive) + ": '" + directive.name + "' " + set.error().message};
    }
  }
  if (config.options.preferred_master.port == 0) {
    return Error{"no 'sentinel monitor NAME IP PORT QUORUM': there is nothing to watch"};
  }
  return config;
}

}  // namespace onggi
