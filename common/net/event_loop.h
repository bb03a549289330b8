// One thread's loop: sockets, a deadline, signals, and work posted by other threads.
//
// A round is: wait until something is ready (or the deadline), serve all of it, then LoopOwner::end_of_batch().
// Everything that leaves the process leaves there, so that the replies of one batch go out in one write, after one look
// at the clock and one write to the log. It is level-triggered epoll and nothing else: a request at pipeline 1 costs
// epoll_wait, recv, send. Asio's reactor can't tell the end of a batch without asking the kernel once more, and reads
// once more or arms anew for each request: 2 to 4 % at pipeline 1 (docs/performance.md), which is what a node has in
// hand there. Asio serves where that doesn't matter (names and connects: connector.h).
//
// Invariants: 1. All but post() and stop() belong to the loop's thread. 2. A watch that was removed is not called any
// more, not even in the same round.
#pragma once

#include <sys/epoll.h>

#include <array>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "common/fd.h"
#include "common/result.h"
#include "common/types.h"

namespace onggi::net {

class LoopOwner {
 public:
  virtual ~LoopOwner() = default;
  virtual void on_deadline() = 0;  // the time of set_deadline() has come; it is cleared
  virtual void on_signal(int signal) = 0;
  virtual void end_of_batch() = 0;  // everything ready was served: let output go
};

// Somebody who waits for a file descriptor.
class Watch {
 public:
  virtual ~Watch() = default;
  virtual void on_events(uint32_t events) = 0;  // EPOLLIN, EPOLLOUT, EPOLLERR, EPOLLHUP
};

class EventLoop {
 public:
  static constexpr size_t kScratchBytes = 64 * 1024;

  EventLoop();
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  // Until stop().
  void run(LoopOwner& owner);
  // One round; waits for `most` at the longest (nullopt: as long as it takes).
  void run_once(LoopOwner& owner, std::optional<Duration> most = std::nullopt);
  void stop();                            // from any thread
  void post(std::function<void()> work);  // from any thread: runs on the loop's thread, in order

  // At most one deadline; nullopt: none.
  void set_deadline(std::optional<Instant> deadline) { deadline_ = deadline; }

  // Blocks these signals in the calling thread (call before others start) and reports them through the owner.
  Result<void> watch_signals(std::initializer_list<int> signals);

  void add(int fd, uint32_t events, Watch& watch);
  void change(int fd, uint32_t events, Watch& watch);
  void remove(int fd, Watch& watch);
  // Whether `watch` is in its on_events() and was not removed there: what it calls may have closed and destroyed it.
  bool is_serving(const Watch* watch) const { return serving_ == watch; }

  // Room for one recv() on the loop's thread, so that idle connections need no buffers.
  std::span<char> scratch() { return scratch_; }

 private:
  void run_posted();
  void read_signals(LoopOwner& owner);
  int wait_ms(std::optional<Duration> most) const;

  Fd epoll_;
  Fd wakeup_;
  Fd signals_;
  std::optional<Instant> deadline_;
  bool stopped_ = false;
  std::array<epoll_event, 512> ready_{};
  int ready_count_ = 0;
  int ready_next_ = 0;
  const Watch* serving_ = nullptr;
  std::vector<char> scratch_;

  std::mutex mutex_;  // guards what follows
  std::vector<std::function<void()>> posted_;
};

}  // namespace onggi::net
