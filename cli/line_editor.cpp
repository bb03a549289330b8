// libedit's C interface, held in one object: its callbacks get that object by EL_CLIENTDATA.
#include "cli/line_editor.h"

#include <histedit.h>
#include <unistd.h>

#include <algorithm>
#include <clocale>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <string_view>
#include <utility>

#include "cli/columns.h"

namespace onggi {
namespace {

constexpr int kHistoryLines = 1000;

// The user's encoding; UTF-8 if none is set, for in the C locale libedit drops every character that isn't ASCII.
void use_encoding() {
  const char* name = std::setlocale(LC_CTYPE, "");
  if (name == nullptr || std::string_view(name) == "C" || std::string_view(name) == "POSIX") {
    std::setlocale(LC_CTYPE, "C.UTF-8");
  }
}

std::string history_file() {
  if (const char* file = std::getenv("ONGGI_CLI_HISTFILE")) return file;
  const char* home = std::getenv("HOME");
  return home && *home ? std::string(home) + "/.onggi_cli_history" : std::string();
}

}  // namespace

struct LineEditor::State {
  Help help;
  EditLine* editor = nullptr;
  History* history = nullptr;
  std::string file;
  std::string prompt;
  std::string hint;  // as shown; libedit takes a pointer to it
};

namespace {

LineEditor::State& state_of(EditLine* editor) {
  void* state = nullptr;
  el_get(editor, EL_CLIENTDATA, &state);
  return *static_cast<LineEditor::State*>(state);
}

std::string line_before_cursor(EditLine* editor) {
  const LineInfo* line = el_line(editor);
  return {line->buffer, static_cast<size_t>(line->cursor - line->buffer)};
}

char* show_prompt(EditLine* editor) {
  return state_of(editor).prompt.data();
}

// Dropped if line and hint would not fit beside each other.
char* show_hint(EditLine* editor) {
  LineEditor::State& state = state_of(editor);
  const LineInfo* line = el_line(editor);
  std::string text(line->buffer, static_cast<size_t>(line->lastchar - line->buffer));
  state.hint = state.help.hint(text);
  int columns = 80;
  el_get(editor, EL_GETTC, "co", &columns);
  size_t taken = state.prompt.size() + columns_of(text) + 4;
  size_t room = static_cast<size_t>(std::max(columns, 0));
  if (taken >= room) {
    state.hint.clear();
  } else if (state.hint.size() > room - taken) {
    state.hint = room - taken > 8 ? state.hint.substr(0, room - taken - 3) + "..." : "";
  }
  return state.hint.data();
}

// Typing a character: as ever, but the line is drawn again, and with it the hint.
unsigned char insert_and_hint(EditLine* editor, int c) {
  char text[2] = {static_cast<char>(c), '\0'};
  return el_insertstr(editor, text) == 0 ? CC_REFRESH : CC_ERROR;
}

unsigned char complete(EditLine* editor, int) {
  LineEditor::State& state = state_of(editor);
  std::string line = line_before_cursor(editor);
  size_t space = line.rfind(' ');
  std::string start = space == std::string::npos ? line : line.substr(space + 1);
  std::vector<std::string> found = state.help.completions(line);
  if (found.empty()) return CC_ERROR;
  std::string common = found[0];
  for (const std::string& word : found) {
    auto ends = std::mismatch(common.begin(), common.end(), word.begin(), word.end());
    common.erase(ends.first, common.end());
  }
  if (common.size() > start.size() || found.size() == 1) {
    if (!start.empty()) el_deletestr(editor, static_cast<int>(start.size()));
    if (found.size() == 1) common += ' ';
    return el_insertstr(editor, common.c_str()) == 0 ? CC_REFRESH : CC_ERROR;
  }
  std::cout << '\n';
  for (const std::string& word : found) std::cout << word << "  ";
  std::cout << std::endl;
  return CC_REDISPLAY;
}

}  // namespace

LineEditor::LineEditor(Help help) : state_(std::make_unique<State>()) {
  state_->help = std::move(help);
  use_encoding();
  state_->editor = el_init("onggi-cli", stdin, stdout, stderr);
  state_->history = history_init();
  EditLine* editor = state_->editor;
  el_set(editor, EL_CLIENTDATA, state_.get());
  el_set(editor, EL_SIGNAL, 1);
  el_set(editor, EL_PROMPT, show_prompt);
  el_set(editor, EL_RPROMPT, show_hint);
  HistEvent event;
  history(state_->history, &event, H_SETSIZE, kHistoryLines);
  history(state_->history, &event, H_SETUNIQUE, 1);
  state_->file = history_file();
  if (!state_->file.empty()) history(state_->history, &event, H_LOAD, state_->file.c_str());
  el_set(editor, EL_HIST, history, state_->history);
  el_set(editor, EL_EDITOR, "emacs");
  el_source(editor, nullptr);  // the user's ~/.editrc
  el_set(editor, EL_ADDFN, "onggi-insert", "Insert, and show what may follow", insert_and_hint);
  el_set(editor, EL_ADDFN, "onggi-complete", "Complete a command", complete);
  for (char c = ' '; c <= '~'; c++) {
    // '^' and '\' start escapes in the language of key bindings, '-' its options.
    std::string key(1, c);
    if (c == '^' || c == '\\') key.insert(0, 1, '\\');
    if (c == '-') key = "\\055";
    el_set(editor, EL_BIND, key.c_str(), "onggi-insert", nullptr);
  }
  el_set(editor, EL_BIND, "^I", "onggi-complete", nullptr);
  el_set(editor, EL_BIND, "^R", "em-inc-search-prev", nullptr);
}

LineEditor::~LineEditor() {
  history_end(state_->history);
  el_end(state_->editor);
}

std::optional<std::string> LineEditor::read(const std::string& prompt) {
  state_->prompt = prompt;
  int length = 0;
  const char* line = el_gets(state_->editor, &length);
  if (line == nullptr) return std::nullopt;
  std::string text(line, static_cast<size_t>(std::max(length, 0)));
  while (text.ends_with('\n') || text.ends_with('\r')) text.pop_back();
  return text;
}

void LineEditor::remember(const std::string& line) {
  HistEvent event;
  history(state_->history, &event, H_ENTER, line.c_str());
  // libedit makes the file readable by its owner alone; a device or a folder that can't be written is no error here.
  if (!state_->file.empty() && state_->file != "/dev/null") {
    history(state_->history, &event, H_SAVE, state_->file.c_str());
  }
}

}  // namespace onggi
