#include "node/driver/death_notice.h"

#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "common/codec.h"

namespace onggi {

namespace {
constexpr int kRetryMs = 50;

int64_t now_ms() {
  timespec t{};
  clock_gettime(CLOCK_BOOTTIME, &t);
  return t.tv_sec * 1000 + t.tv_nsec / 1'000'000;
}
}  // namespace

DeathNotice::DeathNotice(RunDead notice, std::vector<Address> sentinels) : frame_(frame(Message(std::move(notice)))) {
  for (Address& address : sentinels) {
    Link link;
    link.sentinel = std::move(address);
    links_.push_back(std::move(link));
  }
}

DeathNotice::~DeathNotice() {
  for (Link& link : links_) {
    if (link.fd >= 0) close(link.fd);
  }
}

void DeathNotice::open_link(Link& link, int64_t now) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const std::string port = std::to_string(link.sentinel.port);
  if (getaddrinfo(link.sentinel.host.c_str(), port.c_str(), &hints, &found) != 0 || found == nullptr) {
    link.next_try_ms = now + kRetryMs;
    return;
  }
  // A name may have several addresses, and the sentinel listen at the second: each try takes the next.
  size_t count = 0;
  for (const addrinfo* one = found; one != nullptr; one = one->ai_next) count++;
  const addrinfo* chosen = found;
  for (size_t skip = link.tries++ % count; skip > 0; skip--) chosen = chosen->ai_next;
  link.fd = socket(chosen->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (link.fd < 0 || (connect(link.fd, chosen->ai_addr, chosen->ai_addrlen) != 0 && errno != EINPROGRESS)) {
    drop_link(link, now);
  }
  freeaddrinfo(found);
}

void DeathNotice::drop_link(Link& link, int64_t now) {
  if (link.fd >= 0) close(link.fd);
  link.fd = -1;
  link.sent = false;
  link.received.clear();
  link.next_try_ms = now + kRetryMs;
}

void DeathNotice::progress(Link& link, short events, int64_t now) {
  if (events & (POLLERR | POLLHUP)) return drop_link(link, now);
  if (!link.sent && (events & POLLOUT)) {
    if (send(link.fd, frame_.data(), frame_.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(frame_.size())) {
      return drop_link(link, now);
    }
    link.sent = true;
  }
  if (events & POLLIN) {
    char bytes[1024];
    const ssize_t got = recv(link.fd, bytes, sizeof bytes, 0);
    if (got <= 0) return drop_link(link, now);
    // Whatever the sentinel says on this connection answers the one message sent on it.
    link.heard = true;
    close(link.fd);
    link.fd = -1;
  }
}

void DeathNotice::tell(int for_ms, int signal_fd) {
  const int64_t end = now_ms() + for_ms;
  while (true) {
    const int64_t now = now_ms();
    std::vector<pollfd> polled{{signal_fd, POLLIN, 0}};
    std::vector<Link*> order;
    for (Link& link : links_) {
      if (link.heard) continue;
      if (link.fd < 0 && now >= link.next_try_ms) open_link(link, now);
      if (link.fd < 0) continue;
      polled.push_back({link.fd, static_cast<short>(link.sent ? POLLIN : POLLOUT), 0});
      order.push_back(&link);
    }
    const bool all = std::all_of(links_.begin(), links_.end(), [](const Link& link) { return link.heard; });
    if (all || now >= end) return;
    poll(polled.data(), polled.size(), static_cast<int>(std::min<int64_t>(kRetryMs, end - now)));
    signalfd_siginfo info;
    while (read(signal_fd, &info, sizeof info) == sizeof info) {
      if (info.ssi_signo == SIGTERM || info.ssi_signo == SIGINT) return;
    }
    for (size_t i = 0; i < order.size(); i++) {
      if (polled[i + 1].revents != 0) progress(*order[i], polled[i + 1].revents, now_ms());
    }
  }
}

}  // namespace onggi
