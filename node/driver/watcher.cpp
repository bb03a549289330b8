#include "node/driver/watcher.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <sstream>

#include "common/net/clock.h"
#include "common/run_id.h"
#include "node/driver/death_notice.h"

namespace onggi {

namespace {

constexpr int kTellBeforeRestartMs = 200;
constexpr int kTellForMs = 60'000;       // after a crash; a sentinel that comes later finds the node down by silence
constexpr int kTellAfterStopMs = 1'000;  // after a clean stop
// A node that crashes at once, again and again, is started once a second.
constexpr Duration kShortLife = seconds(1);
constexpr int kRestartDelayMs = 1'000;

std::string make_secret() {
  unsigned char bytes[32];
  if (getrandom(bytes, sizeof bytes, 0) != sizeof bytes) {
    std::perror("onggi-node: getrandom");
    std::exit(1);
  }
  std::string hex;
  char two[3];
  for (unsigned char byte : bytes) {
    std::snprintf(two, sizeof two, "%02x", byte);
    hex += two;
  }
  return hex;
}

// What the node reported last: "node <id> host:port host:port ...\n".
struct Report {
  NodeId node;
  std::vector<Address> sentinels;
};

void parse_report(std::string& buffer, Report& report) {
  size_t end;
  while ((end = buffer.find('\n')) != std::string::npos) {
    std::istringstream line(buffer.substr(0, end));
    buffer.erase(0, end + 1);
    std::string word;
    if (!(line >> word) || word != "node" || !(line >> word)) continue;
    report.node = {word};
    report.sentinels.clear();
    std::string host;
    uint16_t port = 0;
    while (line >> host >> port) report.sentinels.push_back({host, port});
  }
}

struct Child {
  pid_t pid = -1;
  int report_fd = -1;
  std::string secret;
  Report report;
};

Child start_child(const WatcherOptions& options, const sigset_t& original_mask) {
  int fds[2];
  if (pipe2(fds, O_CLOEXEC | O_NONBLOCK) != 0) {
    std::perror("onggi-node: pipe");
    std::exit(1);
  }
  Child child;
  child.secret = make_secret();
  child.pid = fork();
  if (child.pid < 0) {
    std::perror("onggi-node: fork");
    std::exit(1);
  }
  if (child.pid == 0) {
    sigprocmask(SIG_SETMASK, &original_mask, nullptr);
    close(fds[0]);
    prctl(PR_SET_NAME, "onggi-node");
    const RunId run = run_id_of(child.secret);
    explicit_bzero(child.secret.data(), child.secret.size());  // the watcher alone can prove this run's death
    std::exit(options.run_node(Watched{run, fds[1]}));
  }
  close(fds[1]);
  child.report_fd = fds[0];
  return child;
}

void read_reports(Child& child, std::string& buffer) {
  char bytes[4096];
  ssize_t got;
  while ((got = read(child.report_fd, bytes, sizeof bytes)) > 0) buffer.append(bytes, static_cast<size_t>(got));
  parse_report(buffer, child.report);
}

// Waits for the child's end, passing signals on. `stopping`: a signal asked for the end.
int wait_for(Child& child, int signal_fd, bool& stopping) {
  std::string buffer;
  while (true) {
    pollfd polled[2] = {{signal_fd, POLLIN, 0}, {child.report_fd, POLLIN, 0}};
    const nfds_t count = child.report_fd >= 0 ? 2 : 1;
    if (poll(polled, count, -1) < 0 && errno != EINTR) std::perror("onggi-node: poll");
    if (count == 2 && polled[1].revents != 0) {
      read_reports(child, buffer);
      if (polled[1].revents & POLLHUP) {
        close(child.report_fd);
        child.report_fd = -1;
      }
    }
    signalfd_siginfo info;
    while (read(signal_fd, &info, sizeof info) == sizeof info) {
      if (info.ssi_signo == SIGCHLD) continue;
      if (info.ssi_signo == SIGTERM || info.ssi_signo == SIGINT) stopping = true;
      kill(child.pid, static_cast<int>(info.ssi_signo));
    }
    int status = 0;
    if (waitpid(child.pid, &status, WNOHANG) == child.pid) {
      if (child.report_fd >= 0) {
        read_reports(child, buffer);
        close(child.report_fd);
      }
      return status;
    }
  }
}

void become_daemon() {
  const pid_t pid = fork();
  if (pid < 0) {
    std::perror("onggi-node: fork");
    std::exit(1);
  }
  if (pid > 0) std::_Exit(0);
  setsid();
  const int null = open("/dev/null", O_RDWR);
  if (null >= 0) {
    dup2(null, 0);
    dup2(null, 1);
    dup2(null, 2);
    if (null > 2) close(null);
  }
}

}  // namespace

int watch(const WatcherOptions& options) {
  if (options.daemonize) become_daemon();
  prctl(PR_SET_NAME, "onggi-watcher");
  sigset_t mask;
  sigset_t original_mask;
  sigemptyset(&mask);
  for (int number : {SIGCHLD, SIGTERM, SIGINT, SIGHUP, SIGUSR1}) sigaddset(&mask, number);
  sigprocmask(SIG_BLOCK, &mask, &original_mask);
  signal(SIGPIPE, SIG_IGN);
  const int signal_fd = signalfd(-1, &mask, SFD_NONBLOCK | SFD_CLOEXEC);
  if (!options.pidfile.empty()) {
    if (FILE* file = std::fopen(options.pidfile.c_str(), "w")) {
      std::fprintf(file, "%d\n", getpid());
      std::fclose(file);
    }
  }
  bool stopping = false;
  int result = 0;
  while (true) {
    const Instant started = net::boottime_now();
    Child child = start_child(options, original_mask);
    const int status = wait_for(child, signal_fd, stopping);
    const bool crashed = WIFSIGNALED(status);
    result = crashed ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    if (crashed) {
      std::fprintf(stderr,
                   "onggi-node: the node (pid %d, run %s) was killed by signal %d (%s); telling %zu sentinel(s)\n",
                   child.pid, run_id_of(child.secret).hex.str().c_str(), WTERMSIG(status), strsignal(WTERMSIG(status)),
                   child.report.sentinels.size());
    }
    const bool again = crashed && options.restart && !stopping;
    const bool short_life = net::boottime_now() - started < kShortLife;
    const RunDead notice{child.report.node, run_id_of(child.secret), child.secret};
    const int tell_for_ms = again ? kTellBeforeRestartMs : crashed ? kTellForMs : kTellAfterStopMs;
    const bool asked_to_end = tell_of_death(notice, child.report.sentinels, tell_for_ms, signal_fd);
    if (!again || asked_to_end) break;
    if (short_life && asked_to_end_within(kRestartDelayMs, signal_fd)) break;
  }
  if (!options.pidfile.empty()) unlink(options.pidfile.c_str());
  return result;
}

void report_to_watcher(int fd, const NodeId& node, const std::vector<Address>& sentinels) {
  if (fd < 0) return;
  std::ostringstream line;
  line << "node " << std::string_view(node.hex);
  for (const Address& sentinel : sentinels) line << ' ' << sentinel.host << ' ' << sentinel.port;
  line << '\n';
  const std::string text = line.str();
  [[maybe_unused]] const ssize_t written = write(fd, text.data(), text.size());
}

}  // namespace onggi
