// One TCP connection on a loop: bytes in, bytes out, both bounded; tells its owner.
//
// Input: one recv() for each readiness. What the owner doesn't consume in on_data() stays, in order, and comes again in
// front of what follows; the bytes may move between calls. Output: collected in output(), leaves by flush(), which the
// owner calls at the end of a batch; what the socket doesn't take leaves as it becomes writable.
//
// Invariants: 1. on_closed() is called once at most, is the last call, and not for close() by the owner. 2. The owner
// may destroy the connection in any of its calls. 3. No call to the owner comes from within send(), flush() or
// close_after_flush(): failures are reported in the next round.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/net/event_loop.h"
#include "common/net/input_buffer.h"
#include "common/net/socket.h"

namespace onggi::net {

class Connection;

enum class CloseReason : uint8_t { kPeerClosed, kFailed, kInputLimit, kOutputLimit, kFlushed };

class ConnectionOwner {
 public:
  virtual ~ConnectionOwner() = default;
  virtual void on_data(Connection& connection) = 0;  // there is new input()
  virtual void on_closed(Connection& connection, CloseReason reason, const std::string& why) = 0;
  virtual void on_drained(Connection&) {}  // output that had to wait has all left
};

struct ConnectionLimits {
  size_t input_bytes = 1ull << 30;
  size_t output_bytes = 0;  // waiting for the socket; 0: the owner watches pending() itself
};

class Connection final : private Watch {
 public:
  Connection(EventLoop& loop, Socket socket, ConnectionOwner& owner, ConnectionLimits limits = {});
  ~Connection() override;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  const Address& remote() const { return remote_; }
  const Address& local() const { return local_; }
  int fd() const { return fd_.get(); }
  bool is_open() const { return static_cast<bool>(fd_); }
  uint64_t tag = 0;  // the owner's own number

  std::string_view input() const { return outside_.data() != nullptr ? outside_ : input_.view(); }
  void consume(size_t bytes);
  void stop_reading();  // back-pressure: the kernel's window fills
  void start_reading();

  // Append here, then flush() at the end of the batch.
  std::string& output() { return output_; }
  void flush();
  // Straight from the caller's bytes to the socket when nothing waits; the rest is kept.
  void send(std::string_view bytes);
  size_t pending() const { return output_.size() - sent_; }
  size_t output_capacity() const { return output_.capacity(); }

  void close();              // at once; no call follows
  void close_after_flush();  // reads no more; on_closed(kFlushed) when all has left

 private:
  void on_events(uint32_t events) override;
  void read_ready();
  void write_ready();
  void write_out();
  size_t write_some(std::string_view bytes);
  void failed(CloseReason reason, std::string why);
  void report_closed();
  void update_events();

  EventLoop& loop_;
  ConnectionOwner& owner_;
  ConnectionLimits limits_;
  Fd fd_;
  Address remote_;
  Address local_;
  InputBuffer input_;
  std::string_view outside_;  // input in the loop's scratch memory, during on_data() only
  std::string output_;
  size_t sent_ = 0;      // of output_
  uint32_t events_ = 0;  // as epoll knows them
  bool reading_ = true;
  bool closing_ = false;
  bool failed_ = false;  // reported in the next round
  CloseReason reason_ = CloseReason::kFailed;
  std::string why_;
};

}  // namespace onggi::net
