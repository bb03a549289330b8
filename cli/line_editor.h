// The prompt's line: editing, history, completion and hints, by libedit.
//
// The history file (~/.onggi_cli_history, or ONGGI_CLI_HISTFILE) is readable by its owner alone; lines that hold a
// password are not kept, nor are lines that start with a blank. What can be typed next stands at the right edge of the
// line while it is typed.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace onggi {

class LineEditor {
 public:
  struct Help {
    std::function<std::vector<std::string>(const std::string& line)> completions;
    std::function<std::string(const std::string& line)> hint;
  };
  explicit LineEditor(Help help);
  ~LineEditor();
  LineEditor(const LineEditor&) = delete;
  LineEditor& operator=(const LineEditor&) = delete;

  // A line without its end; nullopt at the end of input. Ctrl-C ends the program, with the terminal restored.
  std::optional<std::string> read(const std::string& prompt);
  void remember(const std::string& line);

  struct State;  // libedit's callbacks find it by EL_CLIENTDATA

 private:
  std::unique_ptr<State> state_;
};

}  // namespace onggi
