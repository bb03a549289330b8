// INFO, CONFIG, COMMAND and the server's other commands, through a whole node.
#include "tests/node/node_bench.h"

using namespace onggi;

namespace {

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

std::string field(const std::string& info, const std::string& name) {
  const size_t at = info.find("\n" + name + ":");
  if (at == std::string::npos) return "(none)";
  const size_t begin = at + name.size() + 2;
  return info.substr(begin, info.find('\r', begin) - begin);
}

}  // namespace

TEST_CASE("INFO tells what monitoring looks for") {
  NodeBench bench;
  const std::string info = bench.ask("INFO");
  for (const char* name : {"redis_version",
                           "onggi_version",
                           "run_id",
                           "tcp_port",
                           "uptime_in_seconds",
                           "connected_clients",
                           "blocked_clients",
                           "maxclients",
                           "used_memory",
                           "used_memory_rss",
                           "maxmemory",
                           "maxmemory_policy",
                           "loading",
                           "rdb_last_save_time",
                           "rdb_last_cow_size",
                           "aof_enabled",
                           "total_commands_processed",
                           "keyspace_hits",
                           "keyspace_misses",
                           "expired_keys",
                           "evicted_keys",
                           "total_net_input_bytes",
                           "latest_fork_usec",
                           "sync_full",
                           "sync_partial_ok",
                           "sync_partial_err",
                           "client_output_buffer_limit_disconnections",
                           "connected_slaves",
                           "master_repl_offset",
                           "repl_backlog_histlen",
                           "mem_total_replication_buffers",
                           "epoch",
                           "promise",
                           "sure",
                           "write_acks",
                           "tails_cut",
                           "tier_lag_bytes",
                           "log_end"}) {
    CAPTURE(name);
    CHECK(field(info, name) != "(none)");
  }
  CHECK(field(info, "redis_version") == "7.0.15");
  CHECK(field(info, "role") == "master");
  CHECK(field(info, "run_id") == std::string(40, 'a'));
  CHECK(field(info, "connected_clients") == "1");
  CHECK_FALSE(contains(info, "# Commandstats"));
}

TEST_CASE("INFO's sections") {
  NodeBench bench;
  CHECK(bench.ask("INFO nosuch") == "$0\r\n\r\n");
  const std::string two = bench.ask("INFO keyspace SERVER server");
  CHECK(two.find("# Server") < two.find("# Keyspace"));
  CHECK_FALSE(contains(two, "# Clients"));
  bench.ask("PING");
  bench.ask("nosuch");
  const std::string all = bench.ask("INFO all");
  CHECK(contains(all, "cmdstat_ping:calls=1,"));
  CHECK(contains(all, "errorstat_ERR:count=1"));
  CHECK(bench.ask("CONFIG RESETSTAT") == "+OK\r\n");
  CHECK_FALSE(contains(bench.ask("INFO all"), "errorstat_ERR"));
  bench.ask("HELLO 3");
  CHECK(bench.ask("INFO keyspace").starts_with("="));
}

TEST_CASE("CONFIG GET takes names and patterns") {
  NodeBench bench;
  CHECK(bench.ask("CONFIG GET timeout") == "*2\r\n$7\r\ntimeout\r\n$1\r\n0\r\n");
  CHECK(bench.ask("CONFIG GET TIMEOUT timeout") == "*2\r\n$7\r\nTIMEOUT\r\n$1\r\n0\r\n");
  CHECK(bench.ask("CONFIG GET nosuch") == "*0\r\n");
  CHECK(bench.ask("CONFIG GET slave*").starts_with("*10\r\n"));
  CHECK(bench.ask("CONFIG GET save") == "*2\r\n$4\r\nsave\r\n$0\r\n\r\n");
}

TEST_CASE("CONFIG SET takes all or nothing") {
  NodeBench bench;
  CHECK(bench.ask("CONFIG SET timeout 10 maxmemory 5mb") == "+OK\r\n");
  CHECK(bench.config.timeout == 10);
  CHECK(bench.config.maxmemory == 5u << 20);
  CHECK(bench.ask("CONFIG SET timeout 20 maxmemory lots") ==
        "-ERR CONFIG SET failed (possibly related to argument 'maxmemory') - argument must be a memory value\r\n");
  CHECK(bench.config.timeout == 10);
  CHECK(bench.ask("CONFIG SET timeout 1 nosuch 2") ==
        "-ERR Unknown option or number of arguments for CONFIG SET - 'nosuch'\r\n");
  CHECK(bench.ask("CONFIG SET timeout 1 timeout 2") ==
        "-ERR CONFIG SET failed (possibly related to argument 'timeout') - duplicate parameter\r\n");
  CHECK(bench.ask("CONFIG SET timeout") == "-ERR wrong number of arguments for 'config|set' command\r\n");
  CHECK(bench.ask("CONFIG SET timeout 1 hz") == "-ERR syntax error\r\n");
  CHECK(bench.ask("CONFIG SET databases 3") ==
        "-ERR CONFIG SET failed (possibly related to argument 'databases') - can't set immutable config\r\n");
  CHECK(bench.ask("CONFIG REWRITE").starts_with("-ERR "));
}

TEST_CASE("write-acks is the sentinels' on a managed node, the operator's on an unmanaged one") {
  NodeBench alone;
  CHECK(alone.ask("CONFIG SET write-acks 1") == "+OK\r\n");
  Config config;
  config.managed = true;
  NodeBench managed(config);
  CHECK(contains(managed.ask("CONFIG SET write-acks 1"), "SENTINEL SET"));
}

TEST_CASE("COMMAND tells rows as Redis does") {
  NodeBench bench;
  CHECK(
      bench.ask("COMMAND INFO ping nosuch") ==
      "*2\r\n*10\r\n$4\r\nping\r\n:-1\r\n*1\r\n+fast\r\n:0\r\n:0\r\n:0\r\n*2\r\n+@fast\r\n+@connection\r\n*0\r\n*0\r\n"
      "*0\r\n$-1\r\n");
  CHECK(bench.ask("COMMAND DOCS nosuch") == "*0\r\n");
  const std::string docs = bench.ask("COMMAND DOCS memory|usage");
  CHECK(docs.starts_with("*2\r\n$12\r\nmemory|usage\r\n*10\r\n$7\r\nsummary\r\n"));
  CHECK(contains(docs, "$5\r\ntoken\r\n$7\r\nSAMPLES\r\n"));
  CHECK(bench.ask("COMMAND GETKEYS memory usage k") == "*1\r\n$1\r\nk\r\n");
  CHECK(bench.ask("COMMAND GETKEYS ping x") == "-ERR The command has no key arguments\r\n");
  CHECK(bench.ask("COMMAND GETKEYS nosuch x") == "-ERR Invalid command specified\r\n");
  CHECK(bench.ask("COMMAND LIST FILTERBY PATTERN config|s*") == "*1\r\n$10\r\nconfig|set\r\n");
  CHECK(bench.ask("COMMAND LIST FILTERBY MODULE x") == "*0\r\n");
  CHECK(bench.ask("COMMAND LIST FILTERBY foo x") == "-ERR syntax error\r\n");
  bench.ask("HELLO 3");
  CHECK(bench.ask("COMMAND DOCS ping").starts_with("%1\r\n$4\r\nping\r\n%5\r\n"));
  CHECK(bench.ask("COMMAND INFO ping").starts_with("*1\r\n*10\r\n$4\r\nping\r\n:-1\r\n~1\r\n+fast\r\n"));
}

TEST_CASE("SAVE, TIME, WAIT, ROLE on a node alone") {
  NodeBench bench;
  CHECK(bench.ask("SAVE") == "+OK\r\n");
  CHECK(bench.ask("BGSAVE foo") == "-ERR syntax error\r\n");
  CHECK(bench.ask("BGSAVE") == "+Background saving started\r\n");
  CHECK(bench.ask("TIME") == "*2\r\n$10\r\n1700000000\r\n$1\r\n0\r\n");
  CHECK(bench.ask("WAIT 0 0") == ":0\r\n");
  CHECK(bench.ask("WAIT x 0") == "-ERR value is not an integer or out of range\r\n");
  CHECK(bench.ask("WAIT 1 -1") == "-ERR timeout is negative\r\n");
  CHECK(bench.ask("WAIT 1 100") == "");
  bench.pass(milliseconds(101));
  CHECK(bench.ask("PING") == ":0\r\n+PONG\r\n");
  CHECK(bench.ask("WAITAOF 2 0 0") == "-ERR value is out of range, must be between 0 and 1\r\n");
  CHECK(bench.ask("ROLE").starts_with("*3\r\n$6\r\nmaster\r\n:"));
  CHECK(bench.ask("REPLICAOF a b") == "-ERR Invalid master port\r\n");
  CHECK(bench.ask("FAILOVER x") == "-ERR syntax error\r\n");
  CHECK(bench.ask("PSYNC ? -1").starts_with("-ERR Onggi's replicas"));
  CHECK(bench.ask("CLUSTER INFO") == "-ERR This instance has cluster support disabled\r\n");
}

TEST_CASE("slow commands and latencies are told") {
  NodeBench bench;
  CHECK(bench.ask("SLOWLOG LEN") == ":0\r\n");
  bench.ask("CONFIG SET slowlog-log-slower-than 0");
  bench.ask("PING slow");
  CHECK(contains(bench.ask("SLOWLOG GET"), "$4\r\nslow\r\n"));
  CHECK(bench.ask("SLOWLOG GET -2") == "-ERR count should be greater than or equal to -1\r\n");
  CHECK(bench.ask("SLOWLOG RESET") == "+OK\r\n");
  CHECK(bench.ask("LATENCY LATEST") == "*0\r\n");
  CHECK(bench.ask("LATENCY GRAPH x") == "-ERR No samples available for event 'x'\r\n");
}

TEST_CASE("DEBUG is for those whom enable-debug-command lets") {
  const auto answers = [](DebugCommand who, const std::string& host) {
    Config config;
    config.enable_debug_command = who;
    config.protected_mode = false;
    NodeBench bench(config);
    const auto client = bench.node->accepted(bench.now, {host, 50000}, {"127.0.0.1", 7001});
    REQUIRE(client);
    for (const char* word : {"SLEEP 1000000", "OBJECT key", "HELP"}) {
      if (who != DebugCommand::kYes && host != "127.0.0.1") {
        CHECK(bench.ask(*client, std::string("DEBUG ") + word).starts_with("-ERR DEBUG command not allowed."));
      }
    }
    return bench.ask(*client, "DEBUG DIGEST").starts_with("+0000");
  };
  CHECK_FALSE(answers(DebugCommand::kNo, "127.0.0.1"));
  CHECK_FALSE(answers(DebugCommand::kNo, "10.0.0.5"));
  CHECK(answers(DebugCommand::kLocal, "127.0.0.1"));
  CHECK_FALSE(answers(DebugCommand::kLocal, "10.0.0.5"));
  CHECK(answers(DebugCommand::kYes, "10.0.0.5"));
  CHECK(Config{}.enable_debug_command == DebugCommand::kNo);
  CHECK(NodeBench().ask("CONFIG SET enable-debug-command yes").find("can't set immutable config") != std::string::npos);
}

TEST_CASE("DEBUG SLEEP holds everybody up, and ends") {
  Config config;
  config.enable_debug_command = DebugCommand::kLocal;
  NodeBench bench(config);
  const ConnId sleeper = bench.current;
  const ConnId other = bench.connect();
  CHECK(bench.ask(sleeper, "DEBUG SLEEP 0.5") == "+OK\r\n");
  CHECK(bench.ask(other, "PING") == "");
  bench.pass(milliseconds(501));
  CHECK(bench.ask(other, "") == "+PONG\r\n");
}

TEST_CASE("INFO commandstats counts what was refused unexecuted") {
  NodeBench bench;
  bench.ask("GET");
  bench.ask("CLIENT SETNAME");
  const std::string stats = bench.ask("INFO commandstats");
  CHECK(stats.find("cmdstat_get:calls=0,usec=0,usec_per_call=0.00,rejected_calls=1,failed_calls=0") !=
        std::string::npos);
  CHECK(stats.find("cmdstat_client|setname:calls=0,usec=0,usec_per_call=0.00,rejected_calls=1,") != std::string::npos);
}
