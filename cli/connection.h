// One connection to a node or sentinel: commands out, replies in, each with a time limit. Blocking, one thread.
//
// It tells apart what its callers must: not sent, perhaps executed, no reply yet.
#pragma once

#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <memory>
#include <string>

#include "cli/secrets.h"
#include "common/resp/reader.h"
#include "common/result.h"
#include "common/types.h"

namespace onggi {

struct Received {
  enum class Kind { kReply, kTimeout, kLost } kind = Kind::kLost;
  Reply reply;
  std::string why;  // kLost
};

class Connection {
 public:
  Connection();
  Result<void> open(const Address& address, Duration timeout);
  void close();
  bool is_open() const { return socket_.is_open(); }
  // Whether the other end has closed it meanwhile (or said something unasked that ends in an end of file).
  bool is_stale();

  // An error: the bytes were not handed over whole.
  Result<void> send(const Words& command);
  Received receive(Duration timeout);
  // send and receive; an error for a lost link, a timeout or an error reply.
  Result<Reply> ask(const Words& command, Duration timeout);

  const Address& address() const { return address_; }

 private:
  std::string fill(Duration timeout, bool& timed_out);

  std::unique_ptr<asio::io_context> io_;
  asio::ip::tcp::socket socket_;
  Address address_;
  ReplyReader reader_;
  std::string piece_;
};

}  // namespace onggi
