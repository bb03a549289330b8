// The kernel's floor: a server on raw epoll that answers every request with the same bytes, and does nothing else.
//
//   onggi-bench-echo REPLY_BYTES     0: +OK, else a bulk of that size; prints its port
//
// What a server needs beyond this one's CPU per request, it needs for being a store.
#include <sys/epoll.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <unordered_map>
#include <vector>

#include "bench/wire.h"

namespace onggi::bench {
namespace {

constexpr size_t kReadBytes = 64 * 1024;

std::string reply_of(size_t size) {
  if (size == 0) return "+OK\r\n";
  return "$" + std::to_string(size) + "\r\n" + std::string(size, 'x') + "\r\n";
}

int listen_anywhere(uint16_t& port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (fd < 0 || ::bind(fd, reinterpret_cast<const sockaddr*>(&address), size) != 0 || ::listen(fd, 512) != 0) return -1;
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  port = ntohs(address.sin_port);
  return fd;
}

struct Peer {
  std::string input;  // an incomplete request
  std::string output;
};

// Answers what is complete; false when the peer is gone.
bool serve(int fd, Peer& peer, std::vector<char>& buffer, const std::string& reply) {
  const ssize_t got = ::recv(fd, buffer.data(), buffer.size(), 0);
  if (got <= 0) return false;
  std::string_view bytes(buffer.data(), static_cast<size_t>(got));
  if (!peer.input.empty()) {
    peer.input.append(bytes);
    bytes = peer.input;
  }
  size_t at = 0;
  peer.output.clear();
  for (size_t end; at < bytes.size() && (end = value_end(bytes, at)) != kIncomplete; at = end) peer.output += reply;
  std::string rest(bytes.substr(at));
  peer.input.swap(rest);
  for (size_t sent = 0; sent < peer.output.size();) {
    const ssize_t written = ::send(fd, peer.output.data() + sent, peer.output.size() - sent, MSG_NOSIGNAL);
    if (written <= 0) return false;
    sent += static_cast<size_t>(written);
  }
  return true;
}

int run(size_t reply_bytes) {
  uint16_t port = 0;
  const int listener = listen_anywhere(port);
  const int epoll = ::epoll_create1(EPOLL_CLOEXEC);
  if (listener < 0 || epoll < 0) return 1;
  epoll_event event{.events = EPOLLIN, .data = {.fd = listener}};
  ::epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event);
  std::printf("%u\n", port);
  std::fflush(stdout);
  const std::string reply = reply_of(reply_bytes);
  std::unordered_map<int, Peer> peers;
  std::vector<char> buffer(kReadBytes);
  std::vector<epoll_event> ready(512);
  while (true) {
    const int count = ::epoll_wait(epoll, ready.data(), static_cast<int>(ready.size()), -1);
    for (int i = 0; i < count; i++) {
      const int fd = ready[static_cast<size_t>(i)].data.fd;
      if (fd == listener) {
        const int accepted = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
        if (accepted < 0) continue;
        const int one = 1;
        ::setsockopt(accepted, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        epoll_event watch{.events = EPOLLIN, .data = {.fd = accepted}};
        ::epoll_ctl(epoll, EPOLL_CTL_ADD, accepted, &watch);
        peers[accepted];
      } else if (!serve(fd, peers[fd], buffer, reply)) {
        peers.erase(fd);
        ::close(fd);
      }
    }
  }
}

}  // namespace
}  // namespace onggi::bench

int main(int argc, char** argv) {
  return onggi::bench::run(argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 0);
}
