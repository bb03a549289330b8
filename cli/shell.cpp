// Running commands and printing what comes of them, as redis-cli does.
#include "cli/shell.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <iostream>
#include <iterator>
#include <thread>
#include <utility>

#include "cli/format.h"
#include "cli/line_editor.h"
#include "common/numbers.h"
#include "common/quoting.h"
#include "common/text.h"

namespace onggi {
namespace {

constexpr const char* kUnbalanced = "Invalid argument(s)";  // redis-cli's word for quotes that don't end
constexpr Duration kForEver = std::chrono::hours(24 * 365);

Output settled(Output output) {
  if (output != Output::kAuto) return output;
  return isatty(STDOUT_FILENO) == 1 ? Output::kFormatted : Output::kRaw;
}

// After these the connection is a stream of messages.
bool starts_stream(const Words& command) {
  constexpr std::array<std::string_view, 4> kStreams{"subscribe", "psubscribe", "ssubscribe", "monitor"};
  return std::find(kStreams.begin(), kStreams.end(), lower(command[0])) != kStreams.end();
}

void say(const std::string& line) {
  std::cerr << line << std::endl;
}

}  // namespace

Shell::Shell(CliOptions options)
    : options_(std::move(options)), output_(settled(options_.output)), client_(options_, say) {}

int Shell::run() {
  std::signal(SIGPIPE, SIG_IGN);
  if (!options_.command.empty() || options_.last_from_stdin) return run_arguments();
  return isatty(STDIN_FILENO) == 1 ? run_prompt() : run_pipe();
}

int Shell::run_arguments() {
  Words command = options_.command;
  if (options_.last_from_stdin) {
    command.emplace_back(std::istreambuf_iterator<char>(std::cin), std::istreambuf_iterator<char>());
  }
  int code = kExitDone;
  for (int64_t i = 0; options_.repeat < 0 || i < options_.repeat; i++) {
    if (i > 0 && options_.interval > Duration{0}) std::this_thread::sleep_for(options_.interval);
    code = run_command(command);
    if (code != kExitDone) break;
  }
  return code;
}

int Shell::run_pipe() {
  int worst = kExitDone;
  std::string line;
  while (std::getline(std::cin, line)) {
    auto words = split_words(line);
    if (!words) {
      (options_.error_exit ? std::cerr : std::cout) << kUnbalanced << std::endl;
      if (options_.error_exit) return kExitFailed;
      continue;
    }
    if (words->empty()) continue;
    int code = run_line(*words);
    worst = std::max(worst, code);
    // Without a server the rest of the pipe can't fare better; what is uncertain must not be buried under more.
    if (code == kExitUncertain || (code == kExitFailed && (options_.error_exit || !client_.is_connected())))
      return code;
  }
  return worst;
}

// "5 INCR counter" runs it five times.
int Shell::run_line(const Words& words) {
  auto times = words.size() > 1 ? parse_int64(words[0]) : std::nullopt;
  if (!times || *times <= 0) return run_command(words);
  Words command(words.begin() + 1, words.end());
  int code = kExitDone;
  for (int64_t i = 0; i < *times && code == kExitDone; i++) {
    if (i > 0 && options_.interval > Duration{0}) std::this_thread::sleep_for(options_.interval);
    code = run_command(command);
  }
  return code;
}

int Shell::run_command(const Words& command) {
  Outcome outcome = client_.run(command);
  int code = finish(command, outcome);
  if (outcome.kind == Outcome::Kind::kReply && !outcome.reply.is_error() && starts_stream(command))
    return stream(command);
  return code;
}

int Shell::finish(const Words& command, const Outcome& outcome) {
  switch (outcome.kind) {
    case Outcome::Kind::kGone:
      return kExitDone;
    case Outcome::Kind::kFailed:
      say(outcome.message);
      return kExitFailed;
    case Outcome::Kind::kUncertain:
      say(outcome.message);
      return kExitUncertain;
    case Outcome::Kind::kReply:
      break;
  }
  if (options_.error_exit && outcome.reply.is_error()) {
    say(outcome.reply.text);
  } else {
    print(command, outcome.reply);
  }
  if (!outcome.reply.is_error()) return kExitDone;
  if (is_uncertain(outcome.reply.text)) {
    say("the command may or may not survive");
    return kExitUncertain;
  }
  return options_.error_exit ? kExitFailed : kExitDone;
}

// Messages until the connection or the program ends; with sentinels, on the next master again.
int Shell::stream(const Words& command) {
  if (interactive_) std::cout << "Reading messages... (press Ctrl-C to quit)" << std::endl;
  for (;;) {
    Received received = client_.receive(kForEver);
    if (received.kind == Received::Kind::kReply) {
      print(command, received.reply);
      continue;
    }
    if (received.kind == Received::Kind::kTimeout) continue;
    client_.leave();
    if (options_.sentinels.empty()) {
      say("Error: " + received.why);
      return kExitFailed;
    }
    say("the connection was lost (" + received.why + "): what was published meanwhile is missing here");
    Outcome outcome = client_.run(command);
    if (outcome.kind != Outcome::Kind::kReply) return finish(command, outcome);
  }
}

void Shell::print(const Words& command, const Reply& reply) const {
  std::cout << format_reply(command, reply, output_) << std::flush;
}

std::string Shell::prompt() const {
  if (!client_.is_connected()) return "not connected> ";
  std::string text = to_string(client_.where());
  if (client_.db() != 0) text += "[" + std::to_string(client_.db()) + "]";
  if (client_.in_transaction()) text += "(TX)";
  return text + "> ";
}

void Shell::load_docs() {
  Outcome outcome = client_.run({"COMMAND", "DOCS"});
  if (outcome.kind == Outcome::Kind::kReply && !outcome.reply.is_error()) docs_ = Docs(outcome.reply);
}

// Words that never reach the server.
bool Shell::run_own(const Words& words) {
  std::string name = lower(words[0]);
  if (name == "help" || name == "?") {
    if (docs_.empty()) load_docs();
    std::cout << docs_.help(Words(words.begin() + 1, words.end())) << std::flush;
    return true;
  }
  if (name == "clear") {
    std::cout << "\033[H\033[2J" << std::flush;
    return true;
  }
  return false;
}

int Shell::run_prompt() {
  interactive_ = true;
  if (auto connected = client_.connect(); !connected) {
    say(connected.error().message);
  } else {
    load_docs();
  }
  LineEditor editor({[this](const std::string& line) { return docs_.completions(line); },
                     [this](const std::string& line) { return docs_.hint(line); }});
  for (;;) {
    auto line = editor.read(prompt());
    if (!line) break;
    auto words = split_words(*line);
    if (!words) {
      editor.remember(*line);
      std::cout << kUnbalanced << std::endl;
      continue;
    }
    if (words->empty()) continue;
    if (!line->starts_with(' ') && !holds_secret(*words)) editor.remember(*line);
    std::string name = lower(words->front());
    if (name == "quit" || name == "exit") break;
    if (run_own(*words)) continue;
    run_line(*words);
    if (docs_.empty() && client_.is_connected()) load_docs();
  }
  return kExitDone;
}

}  // namespace onggi
