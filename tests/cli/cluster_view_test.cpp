// What the view makes of INFO and SENTINEL's maps, and how it is shown.
#include "cli/cluster_view.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "cli/columns.h"
#include "cli/render.h"

namespace onggi {
namespace {

const Address kA{"127.0.0.1", 7001};
const Address kB{"127.0.0.1", 7002};
const Address kS{"127.0.0.1", 27001};

ClusterView healthy() {
  ClusterView view;
  view.name = "mymaster";
  view.nodes.push_back({kA, "",
                        parse_info("# Replication\r\nrole:master\r\nmaster_repl_offset:1000\r\nepoch:3\r\n"
                                   "writable:1\r\nprocess_id:42\r\n"
                                   "slave0:ip=127.0.0.1,port=7002,state=online,offset=990,lag=0\r\n"
                                   "db0:keys=5,expires=1,avg_ttl=0\r\ndb3:keys=2,expires=0,avg_ttl=0\r\n")});
  view.nodes.push_back({kB, "",
                        parse_info("role:slave\r\nmaster_host:127.0.0.1\r\nmaster_link_status:up\r\n"
                                   "slave_repl_offset:980\r\nepoch:3\r\n")});
  view.sentinels.push_back({kS, "", kA, {{"config-epoch", "3"}, {"flags", "master"}}});
  return view;
}

TEST_CASE("a healthy cluster is ready") {
  ClusterView view = healthy();
  CHECK(why_not_ready(view, 2).empty());
  CHECK(view.master()->address == kA);
  CHECK(view.nodes[0].state() == "writable");
  CHECK(view.nodes[1].state() == "in sync");
  CHECK(view.lag(view.nodes[1]) == 10);  // by the master's account
  CHECK_FALSE(view.lag(view.nodes[0]));
}

TEST_CASE("why a cluster is not ready") {
  CHECK(why_not_ready(healthy(), 3) == "2 of 3 nodes are known");
  ClusterView view = healthy();
  view.nodes[0].info["writable"] = "0";
  CHECK(why_not_ready(view, 2) == "the master 127.0.0.1:7001 has no lease");
  view = healthy();
  view.nodes[0].info["role"] = "slave";
  CHECK(why_not_ready(view, 2) == "no node is master");
  view = healthy();
  view.nodes[1].info["master_link_status"] = "down";
  CHECK(why_not_ready(view, 2) == "127.0.0.1:7002: link down");
  view.nodes[1].info.clear();
  view.nodes[1].unreachable = "Connection refused";
  CHECK(why_not_ready(view, 2) == "127.0.0.1:7002: unreachable (Connection refused)");
  view = healthy();
  view.nodes[0].info["slave0"] = "ip=127.0.0.1,port=7002,state=send_bulk,offset=0,lag=0";
  CHECK(why_not_ready(view, 2) == "127.0.0.1:7002 is not online at its master");
  view = healthy();
  view.nodes[0].info["master_repl_offset"] = "10000000";
  CHECK(why_not_ready(view, 2) == "127.0.0.1:7002 is still behind");
  view = healthy();
  view.sentinels[0].master = kB;
  CHECK(why_not_ready(view, 2).find("no sentinel names 127.0.0.1:7001") == 0);
  view.sentinels[0].unreachable = "x";
  CHECK(why_not_ready(view, 2) == "no sentinel answers");
}

TEST_CASE("of two that say master, the writable one is it") {
  ClusterView view = healthy();
  view.nodes[1].info["role"] = "master";
  view.nodes[0].info["writable"] = "0";
  view.nodes[1].info["writable"] = "1";
  CHECK(view.master()->address == kB);
}

TEST_CASE("traffic leaves the signature alone, a change of role does not") {
  ClusterView view = healthy();
  std::string before = signature(view);
  view.nodes[0].info["master_repl_offset"] = "5000";
  view.nodes[1].info["slave_repl_offset"] = "5000";
  CHECK(signature(view) == before);
  view.nodes[1].info["master_link_status"] = "down";
  CHECK(signature(view) != before);
}

TEST_CASE("the screen") {
  std::string screen = render_screen(healthy(), Colour::kPlain);
  CHECK(screen ==
        "mymaster: master 127.0.0.1:7001, 2 of 2 nodes and 1 of 1 sentinels answer; all in sync\n"
        "\n"
        "NODE            ROLE     STATE     OFFSET  LAG  KEYS  EPOCH  PROMISE  TIER  LOG FROM  PID\n"
        "127.0.0.1:7001  master   writable    1000    -     7      3        -     -         -   42\n"
        "127.0.0.1:7002  replica  in sync      980   10     0      3        -     -         -    -\n"
        "\n"
        "SENTINEL         STATE  NAMES AS MASTER  FLAGS   EPOCH  REPLICAS  OTHERS\n"
        "127.0.0.1:27001  ok     127.0.0.1:7001   master      3         -       -\n");
}

TEST_CASE("what stands against a promotion is shown once, whoever says it") {
  ClusterView view = healthy();
  CHECK(stuck(view).empty());
  view.sentinels[0].fields["onggi-stuck"] = "node 127.0.0.1:7001 doesn't answer; SENTINEL FORCE-PROMOTE ab goes on";
  view.sentinels.push_back(view.sentinels[0]);
  CHECK(stuck(view) ==
        std::vector<std::string>{"node 127.0.0.1:7001 doesn't answer", "SENTINEL FORCE-PROMOTE ab goes on"});
  CHECK(render_screen(view, Colour::kPlain)
            .ends_with("\nWHY NOBODY CAN BE PROMOTED\n"
                       "  node 127.0.0.1:7001 doesn't answer\n"
                       "  SENTINEL FORCE-PROMOTE ab goes on\n"));
  CHECK(render_lines(view).ends_with("stuck SENTINEL FORCE-PROMOTE ab goes on\n"));
  CHECK(
      render_json(view).ends_with(",\"stuck\":[\"node 127.0.0.1:7001 doesn't answer\","
                                  "\"SENTINEL FORCE-PROMOTE ab goes on\"]}\n"));
  view.sentinels[0].unreachable = view.sentinels[1].unreachable = "x";
  CHECK(stuck(view).empty());
}

TEST_CASE("the live view keeps to the screen, the newest events in what is left of it") {
  ClusterView view = healthy();
  std::vector<std::string> events;
  for (int i = 0; i < 30; i++) events.push_back("event " + std::to_string(i) + ' ' + std::string(100, 'x'));
  std::vector<std::string> lines = render_live(view, "12:00:00", events, {23, 80});
  CHECK(lines.size() == 23);
  for (const std::string& line : lines) CHECK(columns_of(line) <= 80);
  CHECK(lines[0].starts_with("12:00:00  mymaster: master 127.0.0.1:7001, "));
  CHECK(lines[1] == "answer; all in sync");  // folded, not cut
  CHECK(lines.back().starts_with("event 29 "));
  CHECK(std::find(lines.begin(), lines.end(), "EVENTS") != lines.end());

  view.sentinels[0].fields["onggi-stuck"] =
      "node 127.0.0.1:7001 doesn't answer; SENTINEL FORCE-PROMOTE 0123456789abcdef";
  lines = render_live(view, "12:00:00", events, {40, 24});
  CHECK(std::find(lines.begin(), lines.end(), "  0123456789abcdef") != lines.end());

  lines = render_live(view, "12:00:00", events, {4, 10});
  CHECK(lines.size() == 4);
  for (const std::string& line : lines) CHECK(columns_of(line) <= 10);
}

TEST_CASE("lines and JSON") {
  ClusterView view = healthy();
  view.nodes[1].unreachable = "no answer in time";
  view.nodes[1].info.clear();
  std::string lines = render_lines(view);
  CHECK(lines.find("node 127.0.0.1:7001 role=master state=writable offset=1000 lag=- keys=7 epoch=3") !=
        std::string::npos);
  CHECK(lines.find("node 127.0.0.1:7002 role=- state=unreachable") != std::string::npos);
  std::string json = render_json(view);
  CHECK(json.find("\"ready\":false,\"why_not_ready\":\"127.0.0.1:7002: unreachable (no answer in time)\"") !=
        std::string::npos);
  CHECK(
      json.find(
          "{\"address\":\"127.0.0.1:7001\",\"role\":\"master\",\"state\":\"writable\",\"offset\":1000,\"lag\":null") !=
      std::string::npos);
}

TEST_CASE("SENTINEL's maps, flat or not") {
  Reply reply{.type = Reply::Type::kArray};
  reply.elements = {{.type = Reply::Type::kBulk, .text = "ip"},
                    {.type = Reply::Type::kBulk, .text = "::1"},
                    {.type = Reply::Type::kBulk, .text = "port"},
                    {.type = Reply::Type::kInteger, .integer = 7}};
  CHECK(parse_fields(reply) == InfoFields{{"ip", "::1"}, {"port", "7"}});
  reply.elements.pop_back();
  CHECK(parse_fields(reply) == InfoFields{{"ip", "::1"}});
}

}  // namespace
}  // namespace onggi
