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
  if (std::find(addresses.begin(), addresses.end(), address) == addresses.end()) addresses.push_back(std::move(address));
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

std::vector<SentinelDirective> make_directives() {
  using C = SentinelConfig;
  return {
      {"port", "PORT", "where clients, sentinels and watchers connect",
       [](C& c, const Args& a) -> Result<void> {
         if (auto ok = need(a, 1, "PORT"); !ok) return ok;
         return store_number(c.port, a[0], 0, 65535);
       }},
      {"bind", "ADDRESS ...", "addresses to listen on",
       [](C& c, const Args& a) -> Result<void> {
         if (a.empty()) return Error{"takes ADDRESS ..."};
         c.bind = a;
         return {};
       }},
      {"dir", "FOLDER", "where the state file lies",
       [](C& c, const Args& a) -> Result<void> {
         if (auto ok = need(a, 1, "FOLDER"); !ok) return ok;
         c.dir = a[0];
         return {};
       }},
      {"logfile", "FILE", "empty: standard output",
       [](C& c, const Args& a) -> Result<void> {
         if (auto ok = need(a, 1, "FILE"); !ok) return ok;
         c.logfile = a[0];
         return {};
       }},
      {"loglevel", "debug|verbose|notice|warning", "how much is logged",
       [](C& c, const Args& a) -> Result<void> {
         if (auto ok = need(a, 1, "debug|verbose|notice|warning"); !ok) return ok;
         static constexpr std::string_view kLevels[] = {"debug", "verbose", "notice", "warning"};
         auto choice = parse_choice(a[0], kLevels);
         if (!choice) return choice.error();
         c.loglevel = lower(a[0]);
         return {};
       }},
      {"pidfile", "FILE", "where the process id is written",
       [](C& c, const Args& a) -> Result<void> {
         if (auto ok = need(a, 1, "FILE"); !ok) return ok;
         c.pidfile = a[0];
         return {};
       }},
      {"daemonize", "yes|no", "leave the terminal",
       [](C& c, const Args& a) -> Result<void> {
         if (auto ok = need(a, 1, "yes|no"); !ok) return ok;
         auto value = parse_yes_no(a[0]);
         if (!value) return value.error();
         c.daemonize = *value;
         return {};
       }},
      {"requirepass", "PASSWORD", "asked of clients and of the other sentinels, which must have the same",
       [](C& c, const Args& a) -> Result<void> {
         if (auto ok = need(a, 1, "PASSWORD"); !ok) return ok;
         c.requirepass = a[0];
         return {};
       }},
      {"maxclients", "COUNT", "connections at a time",
       [](C& c, const Args& a) -> Result<void> {
         if (auto ok = need(a, 1, "COUNT"); !ok) return ok;
         return store_number(c.maxclients, a[0], 1, 1'000'000);
       }},
      {"sentinel announce-ip", "IP", "how others reach this sentinel",
       [](C& c, const Args& a) -> Result<void> {
         if (auto ok = need(a, 1, "IP"); !ok) return ok;
         c.announce_ip = a[0];
         return {};
       }},
      {"sentinel announce-port", "PORT", "how others reach this sentinel",
       [](C& c, const Args& a) -> Result<void> {
         if (auto ok = need(a, 1, "PORT"); !ok) return ok;
         return store_number(c.announce_port, a[0], 0, 65535);
       }},
      {"sentinel monitor", "NAME IP PORT QUORUM", "the master's name, and the node preferred as the first master",
       set_monitor},
      {"sentinel known-replica", "NAME IP PORT", "another node", set_known_replica},
      {"sentinel known-slave", "NAME IP PORT", "as known-replica", set_known_replica},
      {"sentinel known-sentinel", "NAME IP PORT", "another sentinel", set_known_sentinel},
      {"sentinel write-acks", "NAME COUNT", "k of the first configuration: replicas that acknowledge each write",
       [](C& c, const Args& a) -> Result<void> {
         if (auto ok = named(c, a, 2, "NAME COUNT"); !ok) return ok;
         return store_number(c.options.write_acks, a[1], 0, 100);
       }},
      {"sentinel lease-ms", "NAME MS", "the lease of the first configuration",
       [](C& c, const Args& a) -> Result<void> {
         if (auto ok = named(c, a, 2, "NAME MS"); !ok) return ok;
         return store_number(c.options.lease_ms, a[1], 50, 60'000);
       }},
      {"sentinel heartbeat-ms", "NAME MS", "how often nodes and sentinels are asked",
       [](C& c, const Args& a) -> Result<void> {
         if (auto ok = named(c, a, 2, "NAME MS"); !ok) return ok;
         return store_ms(c.options.heartbeat, a[1], 10, 10'000);
       }},
      {"sentinel down-after-milliseconds", "NAME MS", "silence after which a master is down",
       [](C& c, const Args& a) -> Result<void> {
         if (auto ok = named(c, a, 2, "NAME MS"); !ok) return ok;
         return store_ms(c.options.down_after, a[1], 50, 3'600'000);
       }},
      {"sentinel failover-timeout", "NAME MS", "the longest one attempt of a failover may take",
       [](C& c, const Args& a) -> Result<void> {
         if (auto ok = named(c, a, 2, "NAME MS"); !ok) return ok;
         return store_ms(c.options.failover_timeout, a[1], 100, 3'600'000);
       }},
      {"sentinel failover-min-nodes", "NAME COUNT", "fenced nodes a failover needs, never less than the protocol's",
       [](C& c, const Args& a) -> Result<void> {
         if (auto ok = named(c, a, 2, "NAME COUNT"); !ok) return ok;
         return store_number(c.options.failover_min_nodes, a[1], 0, 100);
       }},
      {"sentinel parallel-syncs", "NAME COUNT", "accepted as in Redis; replicas sync as they need",
       [](C& c, const Args& a) -> Result<void> {
         if (auto ok = named(c, a, 2, "NAME COUNT"); !ok) return ok;
         return store_number(c.parallel_syncs, a[1], 1, 1000);
       }},
      {"sentinel auth-pass", "NAME PASSWORD", "the nodes' password",
       [](C& c, const Args& a) -> Result<void> {
         if (auto ok = named(c, a, 2, "NAME PASSWORD"); !ok) return ok;
         c.auth_pass = a[1];
         return {};
       }},
      {"sentinel auth-user", "NAME USER", "the nodes' user",
       [](C& c, const Args& a) -> Result<void> {
         if (auto ok = named(c, a, 2, "NAME USER"); !ok) return ok;
         c.auth_user = a[1];
         return {};
       }},
  };
}

}  // namespace

const std::vector<SentinelDirective>& sentinel_directives() {
  static const std::vector<SentinelDirective> directives = make_directives();
  return directives;
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
