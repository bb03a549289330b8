#include "common/net/connection.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace onggi::net {

namespace {
constexpr size_t kReadBytes = 64 * 1024;
constexpr size_t kMaxReadBytes = 256 * 1024;    // of one connection in one round
constexpr size_t kKeepOutputBytes = 64 * 1024;  // memory up to this is kept while nothing waits
constexpr size_t kCompactBytes = 256 * 1024;    // sent bytes in front of unsent ones are dropped from this size on
}  // namespace

Connection::Connection(EventLoop& loop, Socket socket, ConnectionOwner& owner, ConnectionLimits limits)
    : loop_(loop),
      owner_(owner),
      limits_(limits),
      fd_(std::move(socket.fd)),
      remote_(std::move(socket.remote)),
      local_(std::move(socket.local)),
      events_(EPOLLIN) {
  loop_.add(fd_.get(), events_, *this);
}

Connection::~Connection() {
  close();
}

void Connection::close() {
  if (!fd_) return;
  loop_.remove(fd_.get(), *this);
  fd_.reset();
  outside_ = {};
}

void Connection::on_events(uint32_t events) {
  if (failed_) return report_closed();
  const EventLoop& loop = loop_;  // outlives a connection that its owner destroys below
  if ((events & EPOLLOUT) != 0) write_ready();
  if (!loop.is_serving(this) || failed_) return;
  if ((events & (EPOLLIN | EPOLLERR | EPOLLHUP)) != 0) read_ready();
}

void Connection::read_ready() {
  const bool direct = input_.empty();
  std::span<char> room = loop_.scratch();
  if (!direct) {
    // Room for a large value grows with what came of it, not with what was announced.
    room = input_.room(std::clamp(input_.size(), kReadBytes, kMaxReadBytes));
    room = room.first(std::min(room.size(), kMaxReadBytes));
  }
  const ssize_t got = ::recv(fd_.get(), room.data(), room.size(), 0);
  if (got <= 0) {
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    reason_ = got == 0 ? CloseReason::kPeerClosed : CloseReason::kFailed;
    why_ = got == 0 ? "closed by the other side" : error_text(errno);
    return report_closed();
  }
  if (closing_ || !reading_) return;  // only asked whether the other side is gone
  if (direct) {
    outside_ = std::string_view(room.data(), static_cast<size_t>(got));
  } else {
    input_.commit(static_cast<size_t>(got));
  }
  const EventLoop& loop = loop_;
  owner_.on_data(*this);
  if (!loop.is_serving(this)) return;  // closed, perhaps destroyed
  const std::string_view kept = std::exchange(outside_, {});
  if (!kept.empty()) input_.append(kept);
  if (input_.size() > limits_.input_bytes) {
    reason_ = CloseReason::kInputLimit;
    why_ = "more input than allowed";
    report_closed();
  }
}

void Connection::consume(size_t bytes) {
  if (!fd_) return;
  if (outside_.data() != nullptr) {
    outside_.remove_prefix(bytes);
  } else {
    input_.consume(bytes);
  }
}

size_t Connection::write_some(std::string_view bytes) {
  const ssize_t written = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
  if (written >= 0) return static_cast<size_t>(written);
  if (errno != EAGAIN && errno != EINTR) failed(CloseReason::kFailed, error_text(errno));
  return 0;
}

void Connection::send(std::string_view bytes) {
  if (!fd_ || failed_ || bytes.empty()) return;
  if (pending() == 0) {
    bytes.remove_prefix(write_some(bytes));
    if (failed_) return;
  }
  if (bytes.empty() && !closing_) return;
  output_.append(bytes);
  flush();
}

void Connection::flush() {
  if (!fd_ || failed_ || (events_ & EPOLLOUT) != 0) return;  // what waits for the socket leaves when it can
  write_out();
}

void Connection::write_out() {
  if (pending() > 0) {
    sent_ += write_some(std::string_view(output_).substr(sent_));
    if (failed_) return;
  }
  if (pending() == 0) {
    sent_ = 0;
    output_.clear();
    if (output_.capacity() > kKeepOutputBytes) std::string().swap(output_);
    if (closing_) return failed(CloseReason::kFlushed, "closed after the last reply");
  } else if (limits_.output_bytes > 0 && pending() > limits_.output_bytes) {
    return failed(CloseReason::kOutputLimit, "more output waiting than allowed");
  } else if (sent_ > kCompactBytes && sent_ > pending()) {
    output_.erase(0, sent_);
    sent_ = 0;
  }
  update_events();
}

void Connection::write_ready() {
  write_out();
  if (!failed_ && pending() == 0) owner_.on_drained(*this);
}

void Connection::close_after_flush() {
  if (!fd_ || closing_) return;
  closing_ = true;
  flush();
}

void Connection::stop_reading() {
  reading_ = false;
  if (fd_) update_events();
}

void Connection::start_reading() {
  reading_ = true;
  if (fd_) update_events();
}

void Connection::update_events() {
  uint32_t wanted = 0;
  if (reading_ && !closing_) wanted |= EPOLLIN;
  if (pending() > 0) wanted |= EPOLLOUT;
  if (wanted == events_) return;
  events_ = wanted;
  loop_.change(fd_.get(), events_, *this);
}

// The owner is told in the next round: a socket shut down both ways is ready at once, whatever is waited for.
void Connection::failed(CloseReason reason, std::string why) {
  if (failed_) return;
  failed_ = true;
  reason_ = reason;
  why_ = std::move(why);
  ::shutdown(fd_.get(), SHUT_RDWR);
}

void Connection::report_closed() {
  close();
  const std::string why = std::move(why_);
  owner_.on_closed(*this, reason_, why);
}

}  // namespace onggi::net
