#include "common/net/socket.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>

namespace onggi::net {

namespace {
void set_option(int fd, int level, int option, int value) {
  ::setsockopt(fd, level, option, &value, sizeof value);
}
}  // namespace

Address address_of(const sockaddr* address) {
  char text[INET6_ADDRSTRLEN] = "";
  if (address->sa_family == AF_INET) {
    sockaddr_in ipv4{};
    std::memcpy(&ipv4, address, sizeof ipv4);
    ::inet_ntop(AF_INET, &ipv4.sin_addr, text, sizeof text);
    return {text, ntohs(ipv4.sin_port)};
  }
  if (address->sa_family == AF_INET6) {
    sockaddr_in6 ipv6{};
    std::memcpy(&ipv6, address, sizeof ipv6);
    ::inet_ntop(AF_INET6, &ipv6.sin6_addr, text, sizeof text);
    return {text, ntohs(ipv6.sin6_port)};
  }
  return {};
}

Address local_address(int fd) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&storage), &size) != 0) return {};
  return address_of(reinterpret_cast<sockaddr*>(&storage));
}

Address remote_address(int fd) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  if (::getpeername(fd, reinterpret_cast<sockaddr*>(&storage), &size) != 0) return {};
  return address_of(reinterpret_cast<sockaddr*>(&storage));
}

std::string address_towards(const Address& peer) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_DGRAM;
  addrinfo* found = nullptr;
  if (::getaddrinfo(peer.host.c_str(), std::to_string(peer.port).c_str(), &hints, &found) != 0 || found == nullptr)
    return {};
  std::string host;
  const Fd fd(::socket(found->ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (fd && ::connect(fd.get(), found->ai_addr, found->ai_addrlen) == 0) host = local_address(fd.get()).host;
  ::freeaddrinfo(found);
  return host;
}

void set_no_delay(int fd) {
  set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
}

void set_keepalive(int fd, uint32_t seconds) {
  set_option(fd, SOL_SOCKET, SO_KEEPALIVE, seconds > 0 ? 1 : 0);
  if (seconds == 0) return;
  const int idle = static_cast<int>(std::min<uint32_t>(seconds, 32767));
  set_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, idle);
  set_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, std::max(idle / 3, 1));
  set_option(fd, IPPROTO_TCP, TCP_KEEPCNT, 3);
}

void set_non_blocking(int fd) {
  ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK);
}

void send_last_word(const Fd& fd, std::string_view bytes) {
  [[maybe_unused]] const ssize_t sent = ::send(fd.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
}

uint64_t raise_descriptor_limit(uint64_t wanted) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= wanted) return limit.rlim_cur;
  limit.rlim_cur = std::min<rlim_t>(wanted, limit.rlim_max);
  if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) ::getrlimit(RLIMIT_NOFILE, &limit);
  return limit.rlim_cur;
}

uint32_t clients_that_fit(uint64_t files, uint64_t own) {
  return static_cast<uint32_t>(files > 2 * own ? files - own : files / 2);
}

std::string error_text(int error) {
  return std::strerror(error);
}

}  // namespace onggi::net
