// The commands about connections, as redis-server 7.0 answers them.
#include "tests/node/node_bench.h"

using namespace onggi;

namespace {

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

Config with_password() {
  Config config;
  config.requirepass = "secret";
  return config;
}

}  // namespace

TEST_CASE("PING and ECHO") {
  NodeBench bench;
  CHECK(bench.ask("PING") == "+PONG\r\n");
  CHECK(bench.ask("ping hello") == "$5\r\nhello\r\n");
  CHECK(bench.ask("PING a b") == "-ERR wrong number of arguments for 'ping' command\r\n");
  CHECK(bench.ask("ECHO x") == "$1\r\nx\r\n");
  CHECK(bench.ask("ECHO") == "-ERR wrong number of arguments for 'echo' command\r\n");
}

TEST_CASE("HELLO chooses the protocol") {
  NodeBench bench;
  CHECK(bench.ask("HELLO 4") == "-NOPROTO unsupported protocol version\r\n");
  CHECK(bench.ask("HELLO x") == "-ERR Protocol version is not an integer or out of range\r\n");
  CHECK(bench.ask("HELLO 3 FOO") == "-ERR Syntax error in HELLO option 'FOO'\r\n");
  CHECK(bench.ask("HELLO 3 SETNAME \"a b\"") ==
        "-ERR Client names cannot contain spaces, newlines or special characters.\r\n");
  CHECK(bench.ask("HELLO").starts_with("*14\r\n$6\r\nserver\r\n$5\r\nredis\r\n"));
  const std::string three = bench.ask("HELLO 3 SETNAME app");
  CHECK(three.starts_with("%7\r\n"));
  CHECK(contains(three, "$5\r\nproto\r\n:3\r\n"));
  CHECK(contains(three, "$4\r\nrole\r\n$6\r\nmaster\r\n"));
  CHECK(bench.ask("CLIENT GETNAME") == "$3\r\napp\r\n");
  CHECK(bench.ask("RESET") == "+RESET\r\n");
  CHECK(bench.ask("CLIENT GETNAME") == "$-1\r\n");
}

TEST_CASE("with a password nothing but AUTH, HELLO, QUIT and RESET is answered before it") {
  NodeBench bench(with_password());
  CHECK(bench.ask("PING") == "-NOAUTH Authentication required.\r\n");
  CHECK(bench.ask("HELLO 3").starts_with("-NOAUTH HELLO must be called"));
  CHECK(bench.ask("AUTH wrong") == "-WRONGPASS invalid username-password pair or user is disabled.\r\n");
  CHECK(bench.ask("AUTH secre") == "-WRONGPASS invalid username-password pair or user is disabled.\r\n");
  CHECK(bench.ask("AUTH bob secret") == "-WRONGPASS invalid username-password pair or user is disabled.\r\n");
  CHECK(bench.ask("AUTH a b c") == "-ERR syntax error\r\n");
  CHECK(bench.ask("AUTH secret") == "+OK\r\n");
  CHECK(bench.ask("PING") == "+PONG\r\n");
  CHECK(bench.ask("RESET") == "+RESET\r\n");
  CHECK(bench.ask("PING") == "-NOAUTH Authentication required.\r\n");
  CHECK(bench.ask("HELLO 3 AUTH default secret").starts_with("%7\r\n"));
}

TEST_CASE("AUTH without a password configured says so") {
  NodeBench bench;
  CHECK(bench.ask("AUTH x").starts_with("-ERR AUTH <password> called without any password configured"));
  CHECK(bench.ask("AUTH default x") == "+OK\r\n");
}

TEST_CASE("SELECT") {
  NodeBench bench;
  CHECK(bench.ask("SELECT 15") == "+OK\r\n");
  CHECK(bench.ask("SELECT 16") == "-ERR DB index is out of range\r\n");
  CHECK(bench.ask("SELECT -1") == "-ERR DB index is out of range\r\n");
  CHECK(bench.ask("SELECT x") == "-ERR value is not an integer or out of range\r\n");
}

TEST_CASE("CLIENT names, numbers and describes connections") {
  NodeBench bench;
  CHECK(bench.ask("CLIENT ID") == ":1\r\n");
  CHECK(bench.ask("CLIENT SETNAME \"a b\"").starts_with("-ERR Client names cannot"));
  CHECK(bench.ask("CLIENT SETNAME web-1") == "+OK\r\n");
  CHECK(bench.ask("CLIENT SETINFO LIB-NAME redis-py(django_v5)") == "+OK\r\n");
  CHECK(bench.ask("CLIENT SETINFO LIB-VER 5.0") == "+OK\r\n");
  CHECK(bench.ask("CLIENT SETINFO lib-color red") == "-ERR Unrecognized option 'lib-color'\r\n");
  CHECK(bench.ask("CLIENT SETINFO lib-ver \"5 0\"") ==
        "-ERR lib-ver cannot contain spaces, newlines or special characters.\r\n");
  const std::string line = bench.ask("CLIENT INFO");
  CHECK(contains(line, "id=1 addr=127.0.0.1:50000 laddr=127.0.0.1:7001 "));
  CHECK(contains(line, " name=web-1 "));
  CHECK(contains(line, " cmd=client|setinfo "));
  CHECK(contains(line, " lib-name=redis-py(django_v5) lib-ver=5.0"));
  CHECK(bench.ask("CLIENT LIST TYPE foo") == "-ERR Unknown client type 'foo'\r\n");
  CHECK(bench.ask("CLIENT LIST ID x") == "-ERR Invalid client ID\r\n");
  CHECK(bench.ask("CLIENT LIST ID") == "-ERR syntax error\r\n");
  CHECK(bench.ask("CLIENT LIST TYPE pubsub") == "$0\r\n\r\n");
  CHECK(contains(bench.ask("CLIENT LIST ID 1 99"), "id=1 "));
}

TEST_CASE("CLIENT KILL, old form and filters") {
  NodeBench bench;
  const ConnId first = bench.current;
  const ConnId second = bench.connect();
  CHECK(bench.ask("CLIENT KILL 1.2.3.4:5") == "-ERR No such client\r\n");
  CHECK(bench.ask("CLIENT KILL ID 99") == ":0\r\n");
  CHECK(bench.ask("CLIENT KILL ID 0") == "-ERR client-id should be greater than 0\r\n");
  CHECK(bench.ask("CLIENT KILL ID 1 ADDR") == "-ERR syntax error\r\n");
  CHECK(bench.ask("CLIENT KILL USER bob") == "-ERR No such user 'bob'\r\n");
  CHECK(bench.ask("CLIENT KILL TYPE normal") == ":1\r\n");
  CHECK(bench.closed(first));
  CHECK_FALSE(bench.closed(second));
  CHECK(bench.ask("CLIENT KILL 127.0.0.1:50001") == "+OK\r\n");
  CHECK(bench.closed(second));
}

TEST_CASE("CLIENT REPLY") {
  NodeBench bench;
  CHECK(bench.ask("CLIENT REPLY SKIP") == "");
  CHECK(bench.ask("PING") == "");
  CHECK(bench.ask("PING") == "+PONG\r\n");
  CHECK(bench.ask("CLIENT REPLY OFF") == "");
  CHECK(bench.ask("PING") == "");
  CHECK(bench.ask("CLIENT REPLY ON") == "+OK\r\n");
}

TEST_CASE("what clients try at start and may not have is an error, not a closed connection") {
  NodeBench bench;
  CHECK(bench.ask("CLIENT TRACKING ON").starts_with("-ERR "));
  CHECK(bench.ask("CLIENT MAINT_NOTIFICATIONS ON") ==
        "-ERR unknown subcommand 'MAINT_NOTIFICATIONS'. Try CLIENT HELP.\r\n");
  CHECK(bench.ask("PING") == "+PONG\r\n");
}

TEST_CASE("QUIT answers and closes") {
  NodeBench bench;
  CHECK(bench.ask("QUIT") == "+OK\r\n");
  CHECK(bench.closed(bench.current));
}

TEST_CASE("protected mode: without a password, only this host is served") {
  onggi::NodeBench bench;
  const onggi::Address here{"127.0.0.1", 7001};
  const auto refused = bench.node->accepted(bench.now, {"10.1.2.3", 50000}, here);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message.starts_with("-DENIED "));
  CHECK(bench.node->accepted(bench.now, {"::1", 50000}, here));
  CHECK(bench.ask("CONFIG SET protected-mode no") == "+OK\r\n");
  CHECK(bench.node->accepted(bench.now, {"10.1.2.3", 50000}, here));
  CHECK(bench.ask("CONFIG SET protected-mode yes requirepass secret") == "+OK\r\n");
  CHECK(bench.node->accepted(bench.now, {"10.1.2.3", 50000}, here));
}

TEST_CASE("QUIT behind a write whose reply is held: both replies come before the end") {
  Config config;
  config.durability = Durability::kDisk;
  NodeBench bench(config);
  bench.send("SET a 1\r\nQUIT\r\n");
  CHECK(bench.ask("") == "+OK\r\n+OK\r\n");
  CHECK(bench.closed(bench.current));
}

TEST_CASE("a protocol error is said, then the connection ends") {
  NodeBench bench;
  bench.send("*1\r\nPING\r\n");
  CHECK(contains(bench.ask(""), "-ERR Protocol error: expected '$'"));
  CHECK(bench.closed(bench.current));
}

TEST_CASE("that the tier can't be read is said, then the connection ends by itself") {
  NodeBench bench;
  bench.ask("SET a 1");
  bench.ask("SAVE");
  bench.start_again_with_broken_tier();
  bench.connect();
  CHECK(bench.ask("GET a").starts_with("-ERR the tier could not be read: "));
  CHECK(bench.closed(bench.current));
}
