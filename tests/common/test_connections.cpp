// Connections known by id: what their owner hears, and what it must not hear.
#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "common/net/clock.h"
#include "common/net/connections.h"
#include "common/net/listener.h"

using namespace onggi;
using namespace onggi::net;

namespace {

// Both ends: accepted connections get even ids, those it makes get what the test says.
struct Owner : LoopOwner, ListenerOwner, ConnectionsOwner {
  EventLoop loop;
  Listener listener{loop, *this};
  Connections connections{loop, *this};
  uint64_t next_accepted = 2;
  std::vector<std::string> heard;

  void on_deadline() override {}
  void on_signal(int) override {}
  void end_of_batch() override { connections.end_of_round(); }
  void on_accept(Socket socket) override {
    connections.add(ConnId{next_accepted}, std::move(socket), {});
    next_accepted += 2;
  }
  void on_input(ConnId id, Connection& connection) override {
    hear("input", id, std::string(connection.input()));
    connection.consume(connection.input().size());
  }
  void on_closed(ConnId id) override { hear("closed", id); }
  void on_connected(ConnId id) override { hear("connected", id); }
  void on_connect_failed(ConnId id, const ConnectFailure& failure) override {
    hear(failure.kind == ConnectFailure::Kind::kRefused ? "refused" : "failed", id);
  }

  void hear(const char* what, ConnId id, const std::string& more = "") {
    heard.push_back(what + (" " + std::to_string(id.value)) + (more.empty() ? "" : " " + more));
  }
  bool has_heard(const std::string& what) const { return std::find(heard.begin(), heard.end(), what) != heard.end(); }
  // Rounds until it was heard; fails after ten seconds.
  void wait_for(const std::string& what) {
    const Instant end = boottime_now() + seconds(10);
    while (!has_heard(what)) {
      REQUIRE(boottime_now() < end);
      loop.run_once(*this, milliseconds(5));
    }
  }
  Address address() const { return {"127.0.0.1", listener.port()}; }
};

}  // namespace

TEST_CASE("connections: made, spoken on, closed after the last word") {
  Owner owner;
  REQUIRE(owner.listener.listen({"127.0.0.1"}, 0));
  owner.connections.connect(ConnId{1}, owner.address(), {}, {});
  owner.wait_for("connected 1");
  REQUIRE(owner.connections.find(ConnId{1}) != nullptr);
  owner.connections.find(ConnId{1})->send("hello");
  owner.connections.close_after_flush(ConnId{1});
  owner.wait_for("closed 2");
  owner.wait_for("closed 1");
  CHECK(owner.has_heard("input 2 hello"));
  CHECK(owner.connections.find(ConnId{1}) == nullptr);
  CHECK(owner.connections.find(ConnId{2}) == nullptr);
}

TEST_CASE("connections: one that was closed is never heard of again, not even when it was on its way") {
  Owner owner;
  REQUIRE(owner.listener.listen({"127.0.0.1"}, 0));
  owner.connections.connect(ConnId{1}, owner.address(), {}, {});
  owner.connections.close(ConnId{1});
  owner.connections.connect(ConnId{3}, owner.address(), {}, {});
  owner.connections.close_all();
  // The same id again, as after a restart of the core: the first attempt's outcome must not be taken for this one's.
  owner.connections.connect(ConnId{1}, owner.address(), {}, {});
  owner.wait_for("connected 1");
  owner.connections.close(ConnId{1});
  owner.connections.connect(ConnId{5}, owner.address(), {}, {});
  owner.wait_for("connected 5");
  CHECK(std::count(owner.heard.begin(), owner.heard.end(), "connected 1") == 1);
  CHECK_FALSE(owner.has_heard("closed 1"));
  CHECK_FALSE(owner.has_heard("connected 3"));
}

TEST_CASE("connections: refused") {
  Owner owner;
  REQUIRE(owner.listener.listen({"127.0.0.1"}, 0));
  const Address address = owner.address();
  owner.listener.close();
  owner.connections.connect(ConnId{1}, address, {}, {});
  owner.wait_for("refused 1");
  CHECK(owner.connections.find(ConnId{1}) == nullptr);
}
