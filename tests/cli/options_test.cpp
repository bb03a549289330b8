// The command line: redis-cli's options, and where they end.
#include "cli/options.h"

#include <doctest/doctest.h>

namespace onggi {
namespace {

CliOptions parsed(const Words& arguments) {
  auto options = parse_cli_options(arguments, "");
  REQUIRE_MESSAGE(options, (options ? "" : options.error().message));
  return *options;
}

TEST_CASE("options end at the first word of the command") {
  CliOptions options = parsed({"-h", "db", "-p", "7001", "-n", "3", "SET", "-p", "-1"});
  CHECK(options.server == Address{"db", 7001});
  CHECK(options.db == 3);
  CHECK(options.command == Words{"SET", "-p", "-1"});
  CHECK(parsed({"-p", "1", "-p", "2"}).server.port == 2);
}

TEST_CASE("defaults are redis-cli's") {
  CliOptions options = parsed({});
  CHECK(options.server == Address{"127.0.0.1", 6379});
  CHECK(options.output == Output::kAuto);
  CHECK(options.sentinels.empty());
  CHECK(options.command.empty());
}

TEST_CASE("sentinels") {
  CliOptions options = parsed({"--sentinels", "a:1,b,[::1]:5,7", "--master", "other", "GET", "k"});
  CHECK(options.sentinels == std::vector<Address>{{"a", 1}, {"b", 27001}, {"::1", 5}, {"::1", 7}});
  CHECK(options.master == "other");
  CHECK_FALSE(parse_cli_options({"--sentinels", ","}, ""));
  CHECK_FALSE(parse_cli_options({"--sentinels", "a:99999"}, ""));
}

std::string refusal(const Words& arguments) {
  auto options = parse_cli_options(arguments, "");
  return options ? "" : options.error().message;
}

TEST_CASE("one server or the sentinels' master, never both") {
  for (const Words& server : {Words{"-h", "db"}, Words{"-p", "7001"}, Words{"-u", "redis://db"}}) {
    Words both = server;
    both.insert(both.end(), {"--sentinels", "h:1", "SHUTDOWN"});
    CHECK(refusal(both).starts_with(server[0] + " names one server"));
    CHECK(refusal({"status", server[0], server[1]}).starts_with(server[0] + " makes no sense"));
  }
  CHECK(refusal({"--sentinels", "", "SHUTDOWN"}) == "--sentinels names none");
  CHECK(refusal({"--default-sentinels", ",", "SHUTDOWN"}) == "--default-sentinels names none");
  CHECK_FALSE(refusal({"-u", "", "SHUTDOWN"}).empty());
}

TEST_CASE("--default-sentinels gives way to every word on where to connect, wherever it stands") {
  const Words defaults = {"--default-sentinels", "h:1,2"};
  auto with = [&](const Words& more) {
    Words all = defaults;
    all.insert(all.end(), more.begin(), more.end());
    return parsed(all);
  };
  CHECK(with({"GET", "-p"}).sentinels == std::vector<Address>{{"h", 1}, {"h", 2}});
  CHECK(with({"status", "--json"}).sentinels.size() == 2);
  CliOptions direct = with({"-n", "0", "-p", "17902", "INFO"});
  CHECK(direct.sentinels.empty());
  CHECK(direct.server == Address{"127.0.0.1", 17902});
  CHECK(with({"-h", "db"}).sentinels.empty());
  CHECK(with({"-u", "redis://db:7"}).sentinels.empty());
  CHECK(with({"--sentinels", "s:3"}).sentinels == std::vector<Address>{{"s", 3}});
  CHECK(with({"status", "--sentinels", "s:3"}).sentinels == std::vector<Address>{{"s", 3}});
}

TEST_CASE("status and watch are words of our own, and options may follow them") {
  CliOptions options = parsed({"status", "--json", "--sentinels", "127.0.0.1:1"});
  CHECK(options.mode == Mode::kStatus);
  CHECK(options.output == Output::kJson);
  CHECK(options.sentinels.size() == 1);
  CHECK(parsed({"watch"}).mode == Mode::kWatch);
  CHECK(parsed({"watch"}).sentinels.size() == 3);
  CHECK(parsed({"watch", "key"}).command == Words{"watch", "key"});
  CHECK(parsed({"--sentinels", "h:1", "watch", "--json"}).sentinels[0] == Address{"h", 1});
  CHECK(parsed({"status", "--wait", "2.5", "--nodes", "3"}).ready_wait == milliseconds(2500));
  CHECK(refusal({"--default-sentinels", "h:1", "status", "all"}) == "'all' makes no sense after status");
}

TEST_CASE("formats and protocol versions") {
  CHECK(parsed({"--raw"}).output == Output::kRaw);
  CHECK(parsed({"--no-raw"}).output == Output::kFormatted);
  CHECK(parsed({"--json"}).resp == Resp::kThree);
  CHECK(parsed({"--json", "-2"}).resp == Resp::kTwo);
  CHECK(parsed({"-3"}).resp == Resp::kThree);
}

TEST_CASE("passwords") {
  CHECK(parse_cli_options({}, "from-environment")->password == "from-environment");
  CHECK(parse_cli_options({"-a", "typed"}, "from-environment")->password == "typed");
  CliOptions options = parsed({"-u", "redis://me:se:cret@host:70/2"});
  CHECK(options.user == "me");
  CHECK(options.password == "se:cret");
  CHECK(options.server == Address{"host", 70});
  CHECK(options.db == 2);
  CHECK(parsed({"-u", "redis://only@"}).password == "only");
  options = parsed({"-u", "redis://m%65%3A:p%40ss%2f%25+@host"});
  CHECK(options.user == "me:");
  CHECK(options.password == "p@ss/%+");
  CHECK(options.server.host == "host");
  for (const char* bad : {"redis://a%@h", "redis://a%4@h", "redis://%zz:b@h", "redis://%-1:b@h", "redis://a:%+4@h"}) {
    CHECK_FALSE(refusal({"-u", bad}).empty());
  }
}

TEST_CASE("what makes no sense is said") {
  CHECK_FALSE(parse_cli_options({"-z"}, ""));
  CHECK_FALSE(parse_cli_options({"-p", "many"}, ""));
  CHECK_FALSE(parse_cli_options({"-u", "http://x"}, ""));
  CHECK(parse_cli_options({"--help"}, "")->mode == Mode::kShowHelp);
}

TEST_CASE("addresses") {
  CHECK(*parse_address("h:1", 9) == Address{"h", 1});
  CHECK(*parse_address("h", 9) == Address{"h", 9});
  CHECK(*parse_address("::1", 9) == Address{"::1", 9});
  CHECK(*parse_address("[::1]", 9) == Address{"::1", 9});
  CHECK_FALSE(parse_address("[::1", 9));
  CHECK_FALSE(parse_address(":1", 9));
  CHECK_FALSE(parse_address("h:", 9));
}

}  // namespace
}  // namespace onggi
