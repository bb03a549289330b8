// maxclients at a sentinel, and the places above it.
#include <doctest/doctest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "common/config_file.h"
#include "common/reserve.h"
#include "sentinel/api/app.h"
#include "tests/sentinel/cluster.h"

namespace onggi::test {
namespace {

constexpr const char* kFull = "-ERR max number of clients reached\r\n";
constexpr const char* kLooking = "SENTINEL get-master-addr-by-name mymaster\r\n";
constexpr const char* kNoneYet = "*-1\r\n";

// One sentinel without I/O: its clients, of which as many are there as there are places.
struct CrowdedSentinel {
  CrowdedSentinel() {
    auto directives = parse_config_text(
        "maxclients 3\nsentinel monitor mymaster 127.0.0.1 7001 1\nsentinel announce-ip 127.0.0.1\n", "crowd.conf");
    REQUIRE(directives);
    auto config = load_sentinel_config(*directives);
    REQUIRE(config);
    config->options.self = {"127.0.0.1", 27001};
    auto started = SentinelApp::start(*config, state, random, now);
    REQUIRE(started);
    app = *std::move(started);
    for (int i = 0; i < 3; i++) regular.push_back(connect());
  }

  ConnId connect() {
    const auto id = app->accepted(now, {"127.0.0.1", 50000}, {"127.0.0.1", 27001});
    REQUIRE(id);
    return *id;
  }
  std::string ask(ConnId id, const std::string& line) {
    app->receive(now, id, line);
    return app->take_output(id);
  }
  bool closed(ConnId id) const {
    const auto found = app->sessions().find(id);
    return found == app->sessions().end() || found->second.close_after_flush;
  }

  MemoryStore state;
  Random random{1};
  Now now{{1000000}, {1000}};
  std::unique_ptr<SentinelApp> app;
  std::vector<ConnId> regular;
};

TEST_CASE_FIXTURE(CrowdedSentinel, "maxclients: who looks for the master hears that the sentinel is full") {
  const ConnId late = connect();
  CHECK(ask(late, kLooking) == kFull);
  CHECK(closed(late));
}

TEST_CASE_FIXTURE(CrowdedSentinel, "maxclients: whoever waits above it has a place when there is one, and keeps it") {
  const ConnId late = connect();
  app->closed(now, regular[0]);
  CHECK(ask(late, kLooking) == kNoneYet);
  std::vector<ConnId> crowd;
  for (size_t i = 0; i < Reserve::kPlaces; i++) crowd.push_back(connect());
  CHECK(ask(late, kLooking) == kNoneYet);
  crowd.push_back(connect());
  CHECK_FALSE(closed(late));
  CHECK(closed(crowd.front()));
  CHECK(ask(late, kLooking) == kNoneYet);
}

}  // namespace
}  // namespace onggi::test
