// The loop, connections, listener and connector over real sockets on loopback; every wait is for a condition.
#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netdb.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <functional>
#include <map>
#include <thread>

#include "common/net/clock.h"
#include "common/net/connection.h"
#include "common/net/connector.h"
#include "common/net/listener.h"
#include "common/net/socket.h"
#include "common/reserve.h"

using namespace onggi;
using namespace onggi::net;

namespace {

// A server whose behaviour is a function; counts what the loop and its connections tell it.
struct Server : LoopOwner, ListenerOwner, ConnectionOwner {
  EventLoop loop;
  Listener listener{loop, *this};
  ConnectionLimits limits;
  std::function<void(Connection&)> data = [](Connection&) {};
  std::map<Connection*, std::unique_ptr<Connection>> connections;
  std::vector<CloseReason> closed;
  std::vector<int> signals;
  int deadlines = 0;
  int batches = 0;
  int drained = 0;

  void on_deadline() override { deadlines++; }
  void on_signal(int signal) override { signals.push_back(signal); }
  void end_of_batch() override {
    batches++;
    for (auto& [key, connection] : connections) connection->flush();
  }
  void on_accept(Socket socket) override {
    auto connection = std::make_unique<Connection>(loop, std::move(socket), *this, limits);
    connections.emplace(connection.get(), std::move(connection));
  }
  void on_data(Connection& connection) override { data(connection); }
  void on_drained(Connection&) override { drained++; }
  void on_closed(Connection& connection, CloseReason reason, const std::string&) override {
    closed.push_back(reason);
    connections.erase(&connection);
  }

  // Rounds until `condition` holds; fails after ten seconds.
  void run_until(const std::function<bool()>& condition) {
    const Instant end = boottime_now() + seconds(10);
    while (!condition()) {
      REQUIRE(boottime_now() < end);
      run_once(milliseconds(5));
    }
  }
  void run_once(Duration most) { loop.run_once(*this, most); }

  void listen() { REQUIRE(listener.listen({"127.0.0.1"}, 0)); }
};

Fd dial(uint16_t port, const char* host = "127.0.0.1") {
  Fd fd(::socket(AF_INET, SOCK_STREAM, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  REQUIRE(::inet_pton(AF_INET, host, &address.sin_addr) == 1);
  REQUIRE(::connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  return fd;
}

void put(const Fd& fd, std::string_view bytes) {
  REQUIRE(::send(fd.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size()));
}

// What is there now; nullopt: the end.
std::optional<std::string> take(const Fd& fd) {
  std::string bytes(1 << 16, '\0');
  const ssize_t got = ::recv(fd.get(), bytes.data(), bytes.size(), MSG_DONTWAIT);
  if (got == 0 || (got < 0 && errno == ECONNRESET)) return std::nullopt;
  bytes.resize(got > 0 ? static_cast<size_t>(got) : 0);
  return bytes;
}

void echo(Connection& connection) {
  connection.output().append(connection.input());
  connection.consume(connection.input().size());
}

}  // namespace

TEST_CASE("net: few open files are shared between the clients and the rest") {
  CHECK(clients_that_fit(1024, 96) == 928);
  CHECK(clients_that_fit(193, 96) == 97);
  for (const uint64_t files : {192u, 150u, 97u, 96u, 20u}) {
    CAPTURE(files);
    CHECK(clients_that_fit(files, 96) == files / 2);
  }
}

TEST_CASE("net: an echo, its replies of one batch in one piece") {
  Server server;
  server.listen();
  CHECK(server.listener.port() != 0);
  server.data = echo;
  const Fd client = dial(server.listener.port());
  server.run_until([&] { return server.connections.size() == 1; });
  Connection& connection = *server.connections.begin()->second;
  CHECK(connection.remote().host == "127.0.0.1");
  CHECK(connection.local().port == server.listener.port());
  put(client, "hello");
  std::string got;
  server.run_until([&] {
    got += take(client).value_or("");
    return got.size() >= 5;
  });
  CHECK(got == "hello");
  ::shutdown(client.get(), SHUT_RDWR);
  server.run_until([&] { return !server.closed.empty(); });
  CHECK(server.closed == std::vector{CloseReason::kPeerClosed});
  CHECK(server.connections.empty());
}

TEST_CASE("net: what is not consumed stays, in one piece, across large input") {
  Server server;
  server.listen();
  std::string seen;
  const size_t whole = 3 << 20;
  server.data = [&](Connection& c) {
    if (c.input().size() < whole) return;
    seen = c.input();
    c.consume(whole);
  };
  const uint16_t port = server.listener.port();
  std::string sent(whole, '\0');
  for (size_t i = 0; i < whole; i++) sent[i] = static_cast<char>(i * 31 >> 3);
  std::thread client([&] { put(dial(port), sent); });
  server.run_until([&] { return !seen.empty(); });
  client.join();
  CHECK(seen == sent);
  server.run_until([&] { return !server.closed.empty(); });
}

TEST_CASE("net: output that the socket does not take leaves as it can, in order") {
  Server server;
  server.listen();
  const size_t whole = 8 << 20;
  server.data = [&](Connection& c) {
    c.consume(c.input().size());
    c.send(std::string(whole / 2, 'a'));
    c.send(std::string(whole / 2, 'b'));
  };
  const Fd client = dial(server.listener.port());
  put(client, "go");
  server.run_until([&] { return !server.connections.empty() && server.connections.begin()->second->pending() > 0; });
  std::string got;
  server.run_until([&] {
    got += take(client).value_or("");
    return got.size() == whole;
  });
  CHECK(got == std::string(whole / 2, 'a') + std::string(whole / 2, 'b'));
  server.run_until([&] { return server.drained == 1; });
  CHECK(server.connections.begin()->second->output_capacity() <= 64 * 1024);
}

TEST_CASE("net: close after the last reply") {
  Server server;
  server.listen();
  server.data = [](Connection& c) {
    c.consume(c.input().size());
    c.output() += "-ERR bye\r\n";
    c.close_after_flush();
  };
  const Fd client = dial(server.listener.port());
  put(client, "x");
  std::string got;
  server.run_until([&] { return !server.closed.empty(); });
  CHECK(server.closed == std::vector{CloseReason::kFlushed});
  while (const auto bytes = take(client)) got += *bytes;
  CHECK(got == "-ERR bye\r\n");
}

TEST_CASE("net: limits on input and output close only their connection") {
  Server server;
  server.limits = {.input_bytes = 1000, .output_bytes = 1 << 20};
  server.listen();
  const Fd greedy = dial(server.listener.port());
  put(greedy, std::string(2000, 'x'));
  server.run_until([&] { return !server.closed.empty(); });
  CHECK(server.closed == std::vector{CloseReason::kInputLimit});
  server.data = [](Connection& c) {
    c.consume(c.input().size());
    c.send(std::string(16 << 20, 'x'));
  };
  const Fd slow = dial(server.listener.port());
  put(slow, "x");
  server.run_until([&] { return server.closed.size() == 2; });
  CHECK(server.closed[1] == CloseReason::kOutputLimit);
}

TEST_CASE("net: stopped reading holds input back, and starts again") {
  Server server;
  server.listen();
  std::string seen;
  server.data = [&](Connection& c) {
    seen += c.input();
    c.consume(c.input().size());
    c.stop_reading();
  };
  const Fd client = dial(server.listener.port());
  put(client, "a");
  server.run_until([&] { return seen == "a"; });
  put(client, "b");
  for (int i = 0; i < 3; i++) server.run_once(milliseconds(1));
  CHECK(seen == "a");
  server.connections.begin()->second->start_reading();
  server.run_until([&] { return seen == "ab"; });
}

TEST_CASE("net: the owner may destroy a connection within its own call") {
  Server server;
  server.listen();
  server.data = [&](Connection& c) { server.connections.erase(&c); };
  const Fd client = dial(server.listener.port());
  put(client, "x");
  server.run_until([&] { return !take(client).has_value(); });
  CHECK(server.closed.empty());
}

TEST_CASE("net: work posted by other threads, a deadline, a signal") {
  Server server;
  REQUIRE(server.loop.watch_signals({SIGHUP}));
  std::vector<int> order;
  std::thread other([&] {
    for (int i = 0; i < 100; i++) server.loop.post([&order, i] { order.push_back(i); });
  });
  server.run_until([&] { return order.size() == 100; });
  other.join();
  CHECK(std::is_sorted(order.begin(), order.end()));
  const Instant deadline = boottime_now() + milliseconds(20);
  server.loop.set_deadline(deadline);
  server.run_until([&] { return server.deadlines == 1; });
  CHECK(boottime_now() >= deadline);
  ::kill(::getpid(), SIGHUP);
  server.run_until([&] { return !server.signals.empty(); });
  CHECK(server.signals == std::vector{SIGHUP});
  server.loop.stop();
  server.loop.run(server);
}

TEST_CASE("net: listens on several addresses with one port, and says what it can't have") {
  Server server;
  REQUIRE(server.listener.listen({"127.0.0.1", "127.0.0.2", "-192.0.2.1"}, 0));
  const uint16_t port = server.listener.port();
  const Fd client = dial(port);
  server.run_until([&] { return server.connections.size() == 1; });
  Server second;
  const Result<void> taken = second.listener.listen({"127.0.0.1"}, port);
  REQUIRE_FALSE(taken);
  CHECK(taken.error().message.find("127.0.0.1:" + std::to_string(port)) != std::string::npos);
  CHECK_FALSE(second.listener.listen({"192.0.2.1"}, 0));
  CHECK_FALSE(second.listener.listen({"-192.0.2.1"}, 0));
}

TEST_CASE(
    "net: a crowd waits in the kernel, so that each is heard before the places above maxclients were taken twice") {
  struct Crowded : Server {
    void on_accept(Socket socket) override {
      Server::on_accept(std::move(socket));
      accepted++;
      most_unheard = std::max(most_unheard, accepted - heard);
    }
    size_t accepted = 0;
    size_t heard = 0;
    size_t most_unheard = 0;
  };
  Crowded server;
  REQUIRE(server.listener.listen({"127.0.0.1", "127.0.0.2"}, 0));
  server.data = [&](Connection& c) {
    c.consume(c.input().size());
    server.heard++;
  };
  std::vector<Fd> clients;
  for (size_t i = 0; i < 6 * Reserve::kPlaces; i++) {
    clients.push_back(dial(server.listener.port(), i % 2 == 0 ? "127.0.0.1" : "127.0.0.2"));
    put(clients.back(), "hello");
  }
  server.run_until([&] { return server.heard == clients.size(); });
  CHECK(server.most_unheard > 0);
  CHECK(server.most_unheard <= Reserve::kPlaces);
}

TEST_CASE("net: connects, is refused, gives up, is cancelled") {
  Server server;
  server.listen();
  server.data = echo;
  const uint16_t port = server.listener.port();
  Connector connector(server.loop);
  std::optional<ConnectResult> result;
  const auto done = [&](ConnectResult r) { result = std::move(r); };

  // A bare machine may know no names at all.
  addrinfo* found = nullptr;
  const bool has_names = ::getaddrinfo("localhost", nullptr, nullptr, &found) == 0;
  if (found != nullptr) ::freeaddrinfo(found);
  connector.connect({has_names ? "localhost" : "127.0.0.1", port}, {.keepalive_seconds = 10}, done);
  server.run_until([&] { return result.has_value(); });
  REQUIRE(std::holds_alternative<Socket>(*result));
  CHECK(std::get<Socket>(*result).remote.port == port);

  result.reset();
  connector.connect({"127.0.0.1", port}, {.source_address = "127.0.0.3"}, done);
  server.run_until([&] { return result.has_value(); });
  REQUIRE(std::holds_alternative<Socket>(*result));
  CHECK(std::get<Socket>(*result).local.host == "127.0.0.3");

  server.listener.close();
  result.reset();
  connector.connect({"127.0.0.1", port}, {}, done);
  server.run_until([&] { return result.has_value(); });
  REQUIRE(std::holds_alternative<ConnectFailure>(*result));
  CHECK(std::get<ConnectFailure>(*result).kind == ConnectFailure::Kind::kRefused);

  // A full accept queue answers nothing.
  const Fd mute(::socket(AF_INET, SOCK_STREAM, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  REQUIRE(::bind(mute.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  REQUIRE(::listen(mute.get(), 0) == 0);
  const uint16_t mute_port = local_address(mute.get()).port;
  const Fd first = dial(mute_port);
  result.reset();
  connector.connect({"127.0.0.1", mute_port}, {.timeout = milliseconds(30)}, done);
  server.run_until([&] { return result.has_value(); });
  REQUIRE(std::holds_alternative<ConnectFailure>(*result));
  CHECK(std::get<ConnectFailure>(*result).kind == ConnectFailure::Kind::kTimeout);

  result.reset();
  bool called = false;
  connector.cancel(connector.connect({"127.0.0.1", port}, {}, [&](ConnectResult) { called = true; }));
  connector.connect({"127.0.0.1", port}, {}, done);
  server.run_until([&] { return result.has_value(); });
  CHECK_FALSE(called);
}
