// Blocking calls with a time limit, made of Asio's asynchronous ones.
#include "cli/connection.h"

#include <asio/connect.hpp>
#include <asio/write.hpp>
#include <utility>

#include "common/resp/writer.h"

namespace onggi {
namespace {

constexpr size_t kPieceBytes = 64 << 10;

// Runs what was started until it is done; if that takes longer, ends it. False: the time ran out.
template <class Cancel>
bool run_for(asio::io_context& io, Duration timeout, Cancel cancel) {
  io.restart();
  io.run_for(timeout);
  if (io.stopped()) return true;
  cancel();
  io.run();
  return false;
}

}  // namespace

Connection::Connection() : io_(std::make_unique<asio::io_context>(1)), socket_(*io_), piece_(kPieceBytes, '\0') {}

Result<void> Connection::open(const Address& address, Duration timeout) {
  close();
  address_ = address;
  asio::error_code error;
  asio::ip::tcp::resolver resolver(*io_);
  auto endpoints = resolver.resolve(address.host, std::to_string(address.port), error);
  if (error) return Error{error.message()};
  error = asio::error::would_block;
  asio::async_connect(socket_, endpoints, [&](asio::error_code result, const auto&) { error = result; });
  bool in_time = run_for(*io_, timeout, [&] { socket_.close(); });
  if (!in_time || error) {
    close();
    return Error{in_time ? error.message() : "no answer in time"};
  }
  asio::error_code ignored;
  socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
  return {};
}

void Connection::close() {
  asio::error_code ignored;
  socket_.close(ignored);
  reader_ = ReplyReader{};
}

bool Connection::is_stale() {
  if (!socket_.is_open()) return true;
  char byte = 0;
  asio::error_code error;
  socket_.non_blocking(true, error);
  socket_.receive(asio::buffer(&byte, 1), asio::socket_base::message_peek, error);
  return error && error != asio::error::would_block;
}

Result<void> Connection::send(const Words& command) {
  std::string bytes;
  ReplyWriter writer(bytes);
  writer.array_header(command.size());
  for (const std::string& word : command) writer.bulk(word);
  asio::error_code error;
  socket_.non_blocking(false, error);
  asio::write(socket_, asio::buffer(bytes), error);
  if (error) return Error{error.message()};
  return {};
}

// Reads a piece; returns why it could not, or nothing.
std::string Connection::fill(Duration timeout, bool& timed_out) {
  asio::error_code error = asio::error::would_block;
  size_t bytes = 0;
  socket_.async_read_some(asio::buffer(piece_), [&](asio::error_code result, size_t size) {
    error = result;
    bytes = size;
  });
  bool in_time = run_for(*io_, timeout, [&] { socket_.cancel(); });
  if (bytes > 0) {
    reader_.append(std::string_view(piece_).substr(0, bytes));
    return {};
  }
  if (!in_time) {
    timed_out = true;
    return {};
  }
  return error == asio::error::eof ? "Server closed the connection" : error.message();
}

Received Connection::receive(Duration timeout) {
  if (!socket_.is_open()) return {Received::Kind::kLost, {}, "not connected"};
  for (;;) {
    auto next = reader_.next();
    if (!next) {
      close();
      return {Received::Kind::kLost, {}, "Protocol error: " + next.error().message};
    }
    if (*next) return {Received::Kind::kReply, std::move(**next), {}};
    bool timed_out = false;
    std::string why = fill(timeout, timed_out);
    if (timed_out) return {Received::Kind::kTimeout, {}, {}};
    if (!why.empty()) {
      close();
      return {Received::Kind::kLost, {}, why};
    }
  }
}

Result<Reply> Connection::ask(const Words& command, Duration timeout) {
  if (auto sent = send(command); !sent) {
    close();
    return sent.error();
  }
  Received received = receive(timeout);
  if (received.kind == Received::Kind::kTimeout) {
    close();  // a reply that comes later would be taken for the next command's
    return Error{"no answer in time"};
  }
  if (received.kind == Received::Kind::kLost) return Error{received.why};
  if (received.reply.is_error()) return Error{received.reply.text};
  return std::move(received.reply);
}

}  // namespace onggi
