#include "common/net/listener.h"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "common/reserve.h"

namespace onggi::net {

namespace {

// Of all addresses in one round of the loop. Whoever came in the round before may be read only after this one: who has
// a place above maxclients is heard before the next ones take it away. The rest waits in the kernel for the next round.
constexpr size_t kMaxAcceptsPerRound = Reserve::kPlaces / 2;

struct AddrinfoFree {
  void operator()(addrinfo* list) const { ::freeaddrinfo(list); }
};

Result<Fd> listen_on(const addrinfo& info, int backlog) {
  Fd fd(::socket(info.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return Error{error_text(errno)};
  const int on = 1;
  ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (info.ai_family == AF_INET6) ::setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  if (::bind(fd.get(), info.ai_addr, info.ai_addrlen) != 0) return Error{error_text(errno)};
  if (::listen(fd.get(), backlog) != 0) return Error{error_text(errno)};
  return fd;
}

// What Redis passes over for an address with a leading '-'.
bool is_unavailable(int error) {
  return error == EADDRNOTAVAIL || error == EAFNOSUPPORT || error == ENOPROTOOPT || error == EPROTONOSUPPORT ||
         error == ESOCKTNOSUPPORT || error == EPFNOSUPPORT;
}

}  // namespace

class Listener::Acceptor final : public Watch {
 public:
  Acceptor(Listener& listener, Fd fd) : listener_(listener), fd_(std::move(fd)) {
    listener_.loop_.add(fd_.get(), EPOLLIN, *this);
  }
  ~Acceptor() override { listener_.loop_.remove(fd_.get(), *this); }
  Acceptor(const Acceptor&) = delete;
  Acceptor& operator=(const Acceptor&) = delete;
  void on_events(uint32_t) override { listener_.accept_ready(fd_.get()); }

 private:
  Listener& listener_;
  Fd fd_;
};

Listener::Listener(EventLoop& loop, ListenerOwner& owner)
    : loop_(loop), owner_(owner), reserve_(::open("/dev/null", O_RDONLY | O_CLOEXEC)) {}

Listener::~Listener() = default;

void Listener::close() {
  acceptors_.clear();
  port_ = 0;
}

Result<void> Listener::listen(const std::vector<std::string>& bind, uint16_t port, int backlog) {
  close();
  uint16_t chosen = port;
  std::vector<Fd> sockets;
  for (const std::string& each : bind) {
    const bool optional = each.starts_with('-');
    std::string host = optional ? each.substr(1) : each;
    if (host == "*") host = "0.0.0.0";
    if (host == "::*") host = "::";
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_PASSIVE;
    addrinfo* list = nullptr;
    const int failure = ::getaddrinfo(host.c_str(), std::to_string(chosen).c_str(), &hints, &list);
    const std::unique_ptr<addrinfo, AddrinfoFree> owned(list);
    if (failure != 0) {
      if (optional) continue;
      return Error{"can't listen on " + host + ": " + ::gai_strerror(failure)};
    }
    Result<Fd> fd = listen_on(*list, backlog);
    if (!fd) {
      if (optional && is_unavailable(errno)) continue;
      return Error{"can't listen on " + to_string(Address{host, chosen}) + ": " + fd.error().message};
    }
    if (chosen == 0) chosen = local_address(fd->get()).port;
    sockets.push_back(std::move(*fd));
  }
  if (sockets.empty()) return Error{"can't listen: none of the addresses to bind to is there"};
  for (Fd& fd : sockets) acceptors_.push_back(std::make_unique<Acceptor>(*this, std::move(fd)));
  port_ = chosen;
  return {};
}

void Listener::accept_ready(int fd) {
  const size_t most = std::max<size_t>(1, kMaxAcceptsPerRound / acceptors_.size());
  for (size_t i = 0; i < most; i++) {
    sockaddr_storage storage{};
    socklen_t size = sizeof storage;
    Fd accepted(::accept4(fd, reinterpret_cast<sockaddr*>(&storage), &size, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!accepted) {
      if (errno == EINTR || errno == ECONNABORTED) continue;
      if (errno == EMFILE || errno == ENFILE) refuse_one(fd);
      return;
    }
    set_no_delay(accepted.get());
    const Address remote = address_of(reinterpret_cast<sockaddr*>(&storage));
    const Address local = local_address(accepted.get());
    owner_.on_accept(Socket{std::move(accepted), remote, local});
    if (acceptors_.empty()) return;  // the owner closed us
  }
}

// Without this the pending connection would keep the loop spinning.
void Listener::refuse_one(int fd) {
  reserve_.reset();
  const Fd refused(::accept4(fd, nullptr, nullptr, SOCK_CLOEXEC));
  if (refused) send_last_word(refused, "-ERR max number of clients reached\r\n");
  reserve_ = Fd(::open("/dev/null", O_RDONLY | O_CLOEXEC));
}

}  // namespace onggi::net
