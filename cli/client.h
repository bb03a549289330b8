// A client's session: runs a command on the node that it was told of, or wherever the sentinels say the master is.
//
// Drives Follow (which decides) over connections (which do), and keeps what a new connection must be told again:
// password, RESP version, database. It must never send a command twice that may have been executed, unless the server's
// COMMAND INFO says that this does no harm.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "cli/connection.h"
#include "cli/follow.h"
#include "cli/options.h"

namespace onggi {

struct Outcome {
  enum class Kind {
    kReply,      // one came; it may be an error
    kFailed,     // not executed
    kUncertain,  // may or may not have been executed
    kGone,       // SHUTDOWN's good end: no reply, no server
  } kind = Kind::kReply;
  Reply reply;
  std::string message;  // kFailed, kUncertain
};

class Client {
 public:
  // `say` is told, in a line, what the user should know while waiting.
  Client(CliOptions options, std::function<void(const std::string&)> say);

  Outcome run(const Words& command);

  // What comes unasked, after SUBSCRIBE or MONITOR.
  Received receive(Duration timeout) { return node_.receive(timeout); }
  // Leaves the connection: the next command makes a new one.
  void leave() { node_.close(); }

  // Connects if it isn't; for a prompt that shows where it is. An error says why not.
  Result<void> connect();
  bool is_connected() const { return node_.is_open(); }
  const Address& where() const { return node_.address(); }
  uint32_t db() const { return options_.db; }
  bool in_transaction() const { return in_transaction_; }

 private:
  Result<void> open(const Address& address);
  Result<void> introduce();
  Outcome run_following(const Words& command);
  Outcome run_direct(const Words& command);
  FollowEvent perform(const FollowAction& action, const Words& command, Received& received);
  FollowEvent send_and_wait(const Words& command, Received& received);
  FollowEvent wait_for_reply(Received& received);
  FollowEvent ask_sentinels();
  Resend resend_of(const Words& command);
  void remember(const Words& command, const Reply& reply);
  void pause_until(Instant at) const;

  CliOptions options_;
  std::function<void(const std::string&)> say_;
  Follow follow_;
  Connection node_;
  std::vector<Connection> sentinels_;
  size_t next_sentinel_ = 0;
  std::map<std::string, Resend> resend_;  // by command name, as this server's COMMAND INFO said
  Resend current_ = Resend::kNever;
  bool in_transaction_ = false;
};

// From the reply of COMMAND INFO <one name>.
Resend resend_from_info(const Reply& reply);

}  // namespace onggi
