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
  CHECK_FALSE(parse_cli_options({"status", "all"}, ""));
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
