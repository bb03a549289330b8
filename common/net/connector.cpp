#include "common/net/connector.h"

#include <signal.h>

#include <asio/connect.hpp>
#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/post.hpp>
#include <asio/steady_timer.hpp>
#include <atomic>
#include <map>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "common/check.h"

namespace onggi::net {

using asio::ip::tcp;

struct Connector::State {
  asio::io_context io{1};
  asio::executor_work_guard<asio::io_context::executor_type> work = asio::make_work_guard(io);
  std::thread thread;
  std::atomic<int> lookups = 0;

  // The loop's thread alone:
  std::map<ConnectId, std::function<void(ConnectResult)>> waiting;
  ConnectId next_id = 1;

  std::mutex mutex;           // guards `loop`
  EventLoop* loop = nullptr;  // nullptr: the connector is gone
};

namespace {

ConnectFailure failure_of(const asio::error_code& error) {
  if (error == asio::error::connection_refused) return {ConnectFailure::Kind::kRefused, error.message()};
  if (error == asio::error::timed_out) return {ConnectFailure::Kind::kTimeout, error.message()};
  return {ConnectFailure::Kind::kOther, error.message()};
}

// One attempt, on Asio's thread: look up, then each address in turn, until one takes us or the time is over. It is kept
// alive by the handlers that wait.
class Attempt : public std::enable_shared_from_this<Attempt> {
 public:
  Attempt(asio::io_context& io, std::atomic<int>& lookups, Address address, ConnectOptions options,
          std::function<void(ConnectResult)> done)
      : lookups_(lookups),
        address_(std::move(address)),
        options_(std::move(options)),
        done_(std::move(done)),
        resolver_(io),
        socket_(io),
        timer_(io) {}

  void start() {
    timer_.expires_after(options_.timeout);
    timer_.async_wait([self = shared_from_this()](const asio::error_code& error) {
      if (!error) self->finish(ConnectFailure{ConnectFailure::Kind::kTimeout, "no answer in time"});
    });
    asio::error_code error;
    const asio::ip::address numeric = asio::ip::make_address(address_.host, error);
    if (!error) {
      endpoints_ = {tcp::endpoint(numeric, address_.port)};
      return try_next();
    }
    lookups_++;
    resolver_.async_resolve(address_.host, std::to_string(address_.port), tcp::resolver::numeric_service,
                            [self = shared_from_this()](const asio::error_code& failure, const auto& results) {
                              self->lookups_--;
                              self->resolved(failure, results);
                            });
  }

 private:
  void resolved(const asio::error_code& error, const tcp::resolver::results_type& results) {
    if (finished_) return;
    if (error) {
      return finish(ConnectFailure{ConnectFailure::Kind::kNotResolved, address_.host + ": " + error.message()});
    }
    for (const auto& each : results) endpoints_.push_back(each.endpoint());
    try_next();
  }

  void try_next() {
    if (next_ == endpoints_.size()) return finish(failure_);
    const tcp::endpoint endpoint = endpoints_[next_++];
    asio::error_code error;
    socket_.close(error);
    socket_.open(endpoint.protocol(), error);
    if (!error && !options_.source_address.empty()) bind_source(endpoint, error);
    if (error) {
      failure_ = failure_of(error);
      return try_next();
    }
    socket_.async_connect(endpoint, [self = shared_from_this()](const asio::error_code& failure) {
      if (self->finished_) return;
      if (!failure) return self->connected();
      self->failure_ = failure_of(failure);
      self->try_next();
    });
  }

  void bind_source(const tcp::endpoint& endpoint, asio::error_code& error) {
    const asio::ip::address source = asio::ip::make_address(options_.source_address, error);
    if (error || source.is_v6() != endpoint.address().is_v6()) return;
    socket_.bind(tcp::endpoint(source, 0), error);
  }

  void connected() {
    asio::error_code error;
    Socket socket;
    socket.fd = Fd(socket_.release(error));
    if (error) return finish(failure_of(error));
    set_non_blocking(socket.fd.get());
    set_no_delay(socket.fd.get());
    if (options_.keepalive_seconds > 0) set_keepalive(socket.fd.get(), options_.keepalive_seconds);
    socket.remote = remote_address(socket.fd.get());
    socket.local = local_address(socket.fd.get());
    // A port of this very host's choosing may be the one asked for: such a connection leads to itself.
    if (socket.remote == socket.local) {
      return finish(ConnectFailure{ConnectFailure::Kind::kRefused, "connected to itself"});
    }
    finish(std::move(socket));
  }

  void finish(ConnectResult result) {
    if (finished_) return;
    finished_ = true;
    timer_.cancel();
    resolver_.cancel();
    asio::error_code ignored;
    socket_.close(ignored);
    done_(std::move(result));
  }

  std::atomic<int>& lookups_;
  const Address address_;
  const ConnectOptions options_;
  const std::function<void(ConnectResult)> done_;
  tcp::resolver resolver_;
  tcp::socket socket_;
  asio::steady_timer timer_;
  std::vector<tcp::endpoint> endpoints_;
  size_t next_ = 0;
  ConnectFailure failure_{ConnectFailure::Kind::kNotResolved, "no address"};
  bool finished_ = false;
};

}  // namespace

Connector::Connector(EventLoop& loop) : state_(std::make_shared<State>()) {
  state_->loop = &loop;
  // Signals are for the loop's thread: a new thread inherits the mask.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  state_->thread = std::thread([io = &state_->io] { io->run(); });
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

Connector::~Connector() {
  state_->waiting.clear();
  {
    const std::lock_guard lock(state_->mutex);
    state_->loop = nullptr;
  }
  state_->io.stop();
  state_->thread.join();
  // Asio's end waits for a lookup under way, which may take as long as the name server likes: nobody else has to.
  if (state_->lookups > 0) std::thread([state = std::move(state_)]() mutable { state.reset(); }).detach();
}

ConnectId Connector::connect(const Address& address, const ConnectOptions& options,
                             std::function<void(ConnectResult)> done) {
  const ConnectId id = state_->next_id++;
  state_->waiting.emplace(id, std::move(done));
  auto report = [weak = std::weak_ptr<State>(state_), id](ConnectResult result) {
    const std::shared_ptr<State> state = weak.lock();
    if (!state) return;
    auto shared = std::make_shared<ConnectResult>(std::move(result));
    const std::lock_guard lock(state->mutex);
    if (state->loop == nullptr) return;
    state->loop->post([weak, id, shared] {
      const std::shared_ptr<State> alive = weak.lock();
      if (!alive) return;
      const auto found = alive->waiting.find(id);
      if (found == alive->waiting.end()) return;
      const std::function<void(ConnectResult)> call = std::move(found->second);
      alive->waiting.erase(found);
      call(std::move(*shared));
    });
  };
  asio::post(state_->io, [state = state_.get(), address, options, report = std::move(report)] {
    std::make_shared<Attempt>(state->io, state->lookups, address, options, report)->start();
  });
  return id;
}

void Connector::cancel(ConnectId id) {
  state_->waiting.erase(id);
}

}  // namespace onggi::net
