// The client's three ways in: one command, a pipe of commands, a prompt.
#pragma once

#include <string>

#include "cli/client.h"
#include "cli/docs.h"
#include "cli/options.h"

namespace onggi {

inline constexpr int kExitDone = 0;
inline constexpr int kExitFailed = 1;
inline constexpr int kExitUncertain = 3;  // a command may or may not have been executed

class Shell {
 public:
  explicit Shell(CliOptions options);

  int run();

 private:
  int run_arguments();
  int run_pipe();
  int run_prompt();
  int run_line(const Words& words);
  int run_command(const Words& command);
  int finish(const Words& command, const Outcome& outcome);
  int stream(const Words& command);
  void print(const Words& command, const Reply& reply) const;
  std::string prompt() const;
  bool run_own(const Words& words);
  void load_docs();

  CliOptions options_;
  Output output_;
  Client client_;
  Docs docs_;
  bool interactive_ = false;
};

}  // namespace onggi
