#include "node/driver/death_notice.h"

#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <string>

#include "common/codec.h"
#include "common/net/clock.h"

namespace onggi {

namespace {
constexpr int kAgainMs = 50;
constexpr timeval kPatience{1, 0};  // with one connection

// ---- in the process of one sentinel

bool is_heard_at(const addrinfo& at, const std::string& bytes) {
  const int fd = socket(at.ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return false;
  setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &kPatience, sizeof kPatience);  // of connect() as well
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &kPatience, sizeof kPatience);
  char any[64];
  // Whatever the sentinel says on this connection answers the one message sent on it.
  const bool heard = connect(fd, at.ai_addr, at.ai_addrlen) == 0 &&
                     send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size()) &&
                     recv(fd, any, sizeof any, 0) > 0;
  close(fd);
  return heard;
}

// A name may have several addresses, and the sentinel listen at the second.
bool is_heard(const Address& sentinel, const std::string& bytes) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (getaddrinfo(sentinel.host.c_str(), std::to_string(sentinel.port).c_str(), &hints, &found) != 0) return false;
  bool heard = false;
  for (const addrinfo* one = found; one != nullptr && !heard; one = one->ai_next) heard = is_heard_at(*one, bytes);
  freeaddrinfo(found);
  return heard;
}

pid_t start_telling(const Address& sentinel, const std::string& bytes) {
  const pid_t watcher = getpid();
  const pid_t pid = fork();
  if (pid < 0) std::perror("onggi-node: fork, to tell a sentinel");
  if (pid != 0) return pid;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != watcher) _exit(1);
  prctl(PR_SET_NAME, "onggi-notice");
  while (!is_heard(sentinel, bytes)) poll(nullptr, 0, kAgainMs);
  _exit(0);
}

// ---- in the watcher

// Waits for any signal, or that moment; whether one asks for the end.
bool asked_to_end_before(Instant end, int signal_fd) {
  pollfd polled{signal_fd, POLLIN, 0};
  const Duration left = std::max(Duration{0}, end - net::boottime_now());
  poll(&polled, 1, static_cast<int>(left / milliseconds(1)) + 1);
  bool asked = false;
  signalfd_siginfo info;
  while (read(signal_fd, &info, sizeof info) == sizeof info) {
    if (info.ssi_signo == SIGTERM || info.ssi_signo == SIGINT) asked = true;
  }
  return asked;
}
}  // namespace

bool tell_of_death(const RunDead& notice, const std::vector<Address>& sentinels, int for_ms, int signal_fd) {
  const std::string bytes = frame(Message(notice));
  const Instant end = net::boottime_now() + milliseconds(for_ms);
  std::vector<pid_t> telling;
  for (const Address& sentinel : sentinels) {
    if (const pid_t pid = start_telling(sentinel, bytes); pid > 0) telling.push_back(pid);
  }
  bool asked = false;
  while (!asked && !telling.empty() && net::boottime_now() < end) {
    asked = asked_to_end_before(end, signal_fd);
    std::erase_if(telling, [](pid_t pid) { return waitpid(pid, nullptr, WNOHANG) == pid; });
  }
  for (const pid_t pid : telling) {
    kill(pid, SIGKILL);
    waitpid(pid, nullptr, 0);
  }
  return asked;
}

bool asked_to_end_within(int for_ms, int signal_fd) {
  const Instant end = net::boottime_now() + milliseconds(for_ms);
  bool asked = false;
  while (!asked && net::boottime_now() < end) asked = asked_to_end_before(end, signal_fd);
  return asked;
}

}  // namespace onggi
