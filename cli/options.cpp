// The command line, by CLI11. Options end at the first word of the command, as with redis-cli; `status` and `watch`
// (without a key: with one it is Redis's WATCH) are words of our own, and options may follow them.
#include "cli/options.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <optional>

namespace onggi {
namespace {

constexpr uint16_t kSentinelPort = 27001;

Result<uint32_t> number(std::string_view text, uint32_t most) {
  uint32_t value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value > most) {
    return Error{"'" + std::string(text) + "' is not a number from 0 to " + std::to_string(most)};
  }
  return value;
}

// What CLI11 fills in before it is turned into options.
struct Raw {
  std::optional<std::string> host, uri, sentinels, default_sentinels;
  std::optional<uint16_t> port;
  bool raw = false, formatted = false, json = false, resp2 = false, resp3 = false, no_warning = false;
  double timeout_s = 30, interval_s = 0, wait_s = -1;
};

void describe(CLI::App& app, CliOptions& options, Raw& raw) {
  app.set_help_flag("--help", "This text");
  app.set_version_flag("--version", "onggi-cli " ONGGI_VERSION);
  app.prefix_command();
  app.option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  app.add_option("-h", raw.host, "Server's host name (127.0.0.1)");
  app.add_option("-p", raw.port, "Server's port (6379)");
  app.add_option("-u", raw.uri, "Server as redis://[[user:]password@]host[:port][/db]; in user and password %40 is @");
  app.add_option("-a,--pass", options.password, "Password; REDISCLI_AUTH in the environment is safer");
  app.add_option("--user", options.user, "User to authenticate as, with -a");
  app.add_flag("--no-auth-warning", raw.no_warning, "Accepted; there is no such warning here");
  app.add_option("-n", options.db, "Database number");
  app.add_option("--sentinels", raw.sentinels,
                 "host:port,...: ask these for the master, and follow it over a failover");
  app.add_option("--default-sentinels", raw.default_sentinels,
                 "As --sentinels, if none of -h, -p, -u, --sentinels is given");
  app.add_option("--master", options.master, "The master's name at the sentinels (mymaster)");
  app.add_option("--sentinel-pass", options.sentinel_password, "Password for the sentinels");
  app.add_option("--timeout", raw.timeout_s,
                 "With --sentinels: seconds to look for a master that takes a command (30)");
  app.add_flag("-2", raw.resp2, "Speak RESP2");
  app.add_flag("-3", raw.resp3, "Speak RESP3");
  app.add_flag("--raw", raw.raw, "Replies as bare bytes (the default if the output is no terminal)");
  app.add_flag("--no-raw", raw.formatted, "Formatted replies, even if the output is no terminal");
  app.add_flag("--json", raw.json, "Replies as JSON (and RESP3, unless -2)");
  app.add_option("-r", options.repeat, "Run the command this many times (-1: for ever)");
  app.add_option("-i", raw.interval_s, "Seconds between two runs");
  app.add_flag("-x", options.last_from_stdin, "The last argument is read from stdin");
  app.add_flag("-e", options.error_exit, "Exit with 1 if a command is answered by an error, or its quotes don't end");
  app.add_option("--wait", raw.wait_s,
                 "status: wait so many seconds for a master with all replicas in sync, then exit 0 or 1");
  app.add_option("--nodes", options.nodes, "status --wait: how many nodes there must be");
  app.footer(
      "  onggi-cli [options]                  a prompt, or commands from a pipe\n"
      "  onggi-cli [options] COMMAND [ARG...] one command\n"
      "  onggi-cli status [options]           nodes, sentinels, epochs, offsets, lags, tiers on one screen\n"
      "  onggi-cli watch [options]            the same, live\n"
      "Exit codes: 0; 1 no connection, bad usage or (-e, status --wait) not as wished; 3 a write may or may not be "
      "done.");
}

Result<std::vector<Address>> parse_sentinels(const char* option, const std::string& list) {
  std::vector<Address> sentinels;
  std::string host = "127.0.0.1";  // "a:1,2,3": a bare port belongs to the host before it
  for (size_t at = 0; at <= list.size();) {
    size_t comma = std::min(list.find(',', at), list.size());
    std::string item = list.substr(at, comma - at);
    at = comma + 1;
    if (item.empty()) continue;
    bool is_port = item.find_first_not_of("0123456789") == std::string::npos;
    auto address = parse_address(is_port ? "[" + host + "]:" + item : item, kSentinelPort);
    if (!address) return address.error();
    host = address->host;
    sentinels.push_back(*address);
  }
  if (sentinels.empty()) return Error{std::string(option) + " names none"};
  return sentinels;
}

// "%40" is '@': what a URI's own signs stand for in names and passwords.
Result<std::string> percent_decoded(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); i++) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    uint8_t byte = 0;
    const char* digits = text.data() + i + 1;
    const char* end = text.data() + std::min(i + 3, text.size());
    if (auto [at, error] = std::from_chars(digits, end, byte, 16); error != std::errc{} || at != digits + 2) {
      return Error{"a '%' in a URI's user or password needs two hexadecimal digits after it (%25 is '%' itself)"};
    }
    out += static_cast<char>(byte);
    i += 2;
  }
  return out;
}

Result<void> parse_who(std::string_view who, CliOptions& options) {
  const size_t colon = who.find(':');
  if (colon != std::string_view::npos) {
    auto user = percent_decoded(who.substr(0, colon));
    if (!user) return user.error();
    options.user = *std::move(user);
  }
  auto password = percent_decoded(colon == std::string_view::npos ? who : who.substr(colon + 1));
  if (!password) return password.error();
  options.password = *std::move(password);
  return {};
}

Result<void> parse_uri(const std::string& uri, CliOptions& options) {
  constexpr std::string_view kScheme = "redis://";
  if (!uri.starts_with(kScheme)) return Error{"'" + uri + "' does not start with redis://"};
  std::string rest = uri.substr(kScheme.size());
  if (size_t at = rest.rfind('@'); at != std::string::npos) {
    if (auto done = parse_who(std::string_view(rest).substr(0, at), options); !done) return done;
    rest = rest.substr(at + 1);
  }
  if (size_t slash = rest.find('/'); slash != std::string::npos) {
    if (slash + 1 < rest.size()) {
      auto db = number(std::string_view(rest).substr(slash + 1), UINT32_MAX);
      if (!db) return db.error();
      options.db = *db;
    }
    rest.resize(slash);
  }
  if (rest.empty()) return {};
  auto address = parse_address(rest, options.server.port);
  if (!address) return address.error();
  options.server = *address;
  return {};
}

// One server, or whichever the sentinels say is the master: never one where the other was meant.
Result<void> settle_where(CliOptions& options, const Raw& raw) {
  const bool of_cluster = options.mode == Mode::kStatus || options.mode == Mode::kWatch;
  const char* server = raw.host ? "-h" : raw.port ? "-p" : raw.uri ? "-u" : nullptr;
  if (server && of_cluster)
    return Error{std::string(server) + " makes no sense here: status and watch ask --sentinels"};
  if (server && raw.sentinels)
    return Error{std::string(server) + " names one server, --sentinels follows the master: give one of the two"};
  if (raw.host) options.server.host = *raw.host;
  if (raw.port) options.server.port = *raw.port;
  if (raw.uri) return parse_uri(*raw.uri, options);
  if (server) return {};
  auto sentinels = [&]() -> Result<std::vector<Address>> {
    if (raw.sentinels) return parse_sentinels("--sentinels", *raw.sentinels);
    if (raw.default_sentinels) return parse_sentinels("--default-sentinels", *raw.default_sentinels);
    if (of_cluster) return parse_sentinels("--sentinels", "127.0.0.1:27001,27002,27003");
    return std::vector<Address>{};
  }();
  if (!sentinels) return sentinels.error();
  options.sentinels = *std::move(sentinels);
  return {};
}

Result<void> settle(CliOptions& options, const Raw& raw) {
  if (auto done = settle_where(options, raw); !done) return done;
  if (raw.raw) options.output = Output::kRaw;
  if (raw.formatted) options.output = Output::kFormatted;
  if (raw.json) options.output = Output::kJson;
  if (raw.resp3 || (raw.json && !raw.resp2)) options.resp = Resp::kThree;
  if (raw.resp2) options.resp = Resp::kTwo;
  auto to_duration = [](double s) { return Duration(static_cast<int64_t>(s * 1e6)); };
  options.timeout = to_duration(raw.timeout_s);
  options.interval = to_duration(raw.interval_s);
  options.ready_wait = to_duration(raw.wait_s);
  return {};
}

}  // namespace

Result<Address> parse_address(const std::string& text, uint16_t default_port) {
  Address address{text, default_port};
  size_t colon = text.rfind(':');
  if (text.starts_with('[')) {
    size_t close = text.find(']');
    if (close == std::string::npos) return Error{"'" + text + "' lacks its ]"};
    address.host = text.substr(1, close - 1);
    colon = close + 1 < text.size() ? close + 1 : std::string::npos;
    if (colon != std::string::npos && text[colon] != ':') return Error{"'" + text + "' is no host:port"};
  } else if (colon != std::string::npos && text.find(':') == colon) {
    address.host = text.substr(0, colon);
  } else {
    colon = std::string::npos;  // no port, or a bare IPv6 address
  }
  if (colon != std::string::npos) {
    auto port = number(std::string_view(text).substr(colon + 1), 65535);
    if (!port) return Error{"the port in '" + text + "': " + port.error().message};
    address.port = static_cast<uint16_t>(*port);
  }
  if (address.host.empty()) return Error{"'" + text + "' names no host"};
  return address;
}

Result<CliOptions> parse_cli_options(const std::vector<std::string>& arguments,
                                     const std::string& environment_password) {
  CliOptions options;
  options.password = environment_password;
  Raw raw;
  CLI::App app{"The command line of Onggi: redis-cli's ways, and it follows the master.", "onggi-cli"};
  describe(app, options, raw);
  auto parse = [&](Words words) {
    std::reverse(words.begin(), words.end());  // CLI11 takes them from the back
    app.parse(std::move(words));
    return app.remaining();
  };
  try {
    Words rest = parse(arguments);
    bool ours =
        !rest.empty() && (rest[0] == "status" || (rest[0] == "watch" && (rest.size() == 1 || rest[1][0] == '-')));
    if (ours) {
      options.mode = rest[0] == "status" ? Mode::kStatus : Mode::kWatch;
      const std::string word = rest[0];
      rest = parse(Words(rest.begin() + 1, rest.end()));
      if (!rest.empty()) return Error{"'" + rest[0] + "' makes no sense after " + word};
    }
    if (!rest.empty() && rest[0].size() > 1 && rest[0][0] == '-') {
      return Error{"Unrecognized option or bad number of args for: '" + rest[0] + "' (--help lists them)"};
    }
    options.command = std::move(rest);
  } catch (const CLI::CallForHelp&) {
    options.mode = Mode::kShowHelp;
    options.help = app.help();
    return options;
  } catch (const CLI::CallForVersion&) {
    options.mode = Mode::kShowHelp;
    options.help = "onggi-cli " ONGGI_VERSION "\n";
    return options;
  } catch (const CLI::ParseError& error) {
    return Error{error.what()};
  }
  if (auto done = settle(options, raw); !done) return done.error();
  return options;
}

}  // namespace onggi
