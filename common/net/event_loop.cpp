#include "common/net/event_loop.h"

#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstring>
#include <utility>

#include "common/check.h"
#include "common/net/clock.h"

namespace onggi::net {

EventLoop::EventLoop()
    : epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      wakeup_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)),
      scratch_(kScratchBytes) {
  ONGGI_CHECK(epoll_ && wakeup_);
  epoll_event event{.events = EPOLLIN, .data = {.ptr = &wakeup_}};
  ONGGI_CHECK(::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, wakeup_.get(), &event) == 0);
}

EventLoop::~EventLoop() = default;

void EventLoop::run(LoopOwner& owner) {
  while (!stopped_) run_once(owner);
}

void EventLoop::run_once(LoopOwner& owner, std::optional<Duration> most) {
  const int count = ::epoll_wait(epoll_.get(), ready_.data(), static_cast<int>(ready_.size()), wait_ms(most));
  ready_count_ = std::max(count, 0);
  for (ready_next_ = 0; ready_next_ < ready_count_;) {
    const epoll_event event = ready_[static_cast<size_t>(ready_next_++)];
    if (event.data.ptr == nullptr) continue;  // removed meanwhile
    if (event.data.ptr == &wakeup_) {
      run_posted();
    } else if (event.data.ptr == &signals_) {
      read_signals(owner);
    } else {
      auto* watch = static_cast<Watch*>(event.data.ptr);
      serving_ = watch;
      watch->on_events(event.events);
      serving_ = nullptr;
    }
  }
  ready_count_ = 0;
  if (deadline_ && boottime_now() >= *deadline_) {
    deadline_.reset();
    owner.on_deadline();
  }
  owner.end_of_batch();
}

// Rounded up to epoll's milliseconds, so that a deadline isn't spun on.
int EventLoop::wait_ms(std::optional<Duration> most) const {
  std::optional<int64_t> wait_us;
  if (most) wait_us = most->count();
  if (deadline_) {
    const int64_t until_us = (*deadline_ - boottime_now()).count();
    wait_us = wait_us ? std::min(*wait_us, until_us) : until_us;
  }
  if (!wait_us) return -1;
  const int64_t wait = *wait_us / 1000 + (*wait_us % 1000 > 0 ? 1 : 0);
  return static_cast<int>(std::clamp<int64_t>(wait, 0, INT_MAX));
}

void EventLoop::post(std::function<void()> work) {
  bool first;
  {
    const std::lock_guard lock(mutex_);
    first = posted_.empty();
    posted_.push_back(std::move(work));
  }
  if (!first) return;  // whoever was first woke the loop
  const uint64_t one = 1;
  // Fails only if the counter is full, and then the loop is awake.
  [[maybe_unused]] const ssize_t written = ::write(wakeup_.get(), &one, sizeof one);
}

void EventLoop::run_posted() {
  uint64_t count = 0;
  [[maybe_unused]] const ssize_t got = ::read(wakeup_.get(), &count, sizeof count);
  std::vector<std::function<void()>> work;
  {
    const std::lock_guard lock(mutex_);
    work.swap(posted_);
  }
  for (std::function<void()>& each : work) each();
}

void EventLoop::stop() {
  post([this] { stopped_ = true; });
}

Result<void> EventLoop::watch_signals(std::initializer_list<int> signals) {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : signals) sigaddset(&set, signal);
  if (const int error = ::pthread_sigmask(SIG_BLOCK, &set, nullptr); error != 0) {
    return Error{std::string("can't block signals: ") + std::strerror(error)};
  }
  signals_ = Fd(::signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC));
  epoll_event event{.events = EPOLLIN, .data = {.ptr = &signals_}};
  if (!signals_ || ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, signals_.get(), &event) != 0) {
    return Error{std::string("can't watch signals: ") + std::strerror(errno)};
  }
  return {};
}

void EventLoop::read_signals(LoopOwner& owner) {
  signalfd_siginfo info{};
  while (::read(signals_.get(), &info, sizeof info) == sizeof info) owner.on_signal(static_cast<int>(info.ssi_signo));
}

void EventLoop::add(int fd, uint32_t events, Watch& watch) {
  epoll_event event{.events = events, .data = {.ptr = &watch}};
  ONGGI_CHECK(::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) == 0);
}

void EventLoop::change(int fd, uint32_t events, Watch& watch) {
  epoll_event event{.events = events, .data = {.ptr = &watch}};
  ONGGI_CHECK(::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, fd, &event) == 0);
}

void EventLoop::remove(int fd, Watch& watch) {
  ONGGI_CHECK(::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr) == 0);
  if (serving_ == &watch) serving_ = nullptr;
  for (int i = ready_next_; i < ready_count_; i++) {
    if (ready_[static_cast<size_t>(i)].data.ptr == &watch) ready_[static_cast<size_t>(i)].data.ptr = nullptr;
  }
}

}  // namespace onggi::net
