// Reading a line character by character, an escape ("ESC [ ... letter") being one that takes no column.
#include "cli/columns.h"

#include <algorithm>

namespace onggi {
namespace {

constexpr char kEscape = '\033';

bool continues(char c) {
  return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
}

// The bytes of the character or escape at the start of a text that is not empty.
size_t length_of_first(std::string_view text) {
  size_t length = 1;
  if (text.starts_with("\033[")) {
    length = 2;
    while (length < text.size() && (text[length] < '@' || text[length] > '~')) length++;
    return std::min(length + 1, text.size());
  }
  while (length < text.size() && continues(text[length])) length++;
  return length;
}

// The bytes of as much as fits into `columns`.
size_t length_of(std::string_view text, size_t columns) {
  size_t at = 0;
  for (size_t taken = 0; at < text.size(); at += length_of_first(text.substr(at))) {
    if (text[at] != kEscape && taken++ == columns) break;
  }
  return at;
}

}  // namespace

size_t columns_of(std::string_view line) {
  size_t columns = 0;
  for (size_t at = 0; at < line.size(); at += length_of_first(line.substr(at))) columns += line[at] != kEscape;
  return columns;
}

std::string cut(std::string_view line, size_t columns) {
  size_t at = length_of(line, columns);
  std::string out(line.substr(0, at));
  while (at < line.size()) {
    size_t length = length_of_first(line.substr(at));
    if (line[at] == kEscape) out += line.substr(at, length);
    at += length;
  }
  return out;
}

std::vector<std::string> fold(std::string_view line, size_t columns) {
  const size_t blanks = std::min(line.find_first_not_of(' '), line.size());
  const std::string indent(blanks < columns ? blanks : 0, ' ');
  std::vector<std::string> lines;
  line.remove_prefix(blanks);
  do {
    const size_t room = std::max(columns, indent.size() + 1) - indent.size();
    size_t length = length_of(line, room);
    if (length < line.size()) {
      const size_t blank = line.substr(0, length + 1).rfind(' ');
      if (blank != std::string_view::npos && blank > 0) length = blank;
    }
    lines.push_back(indent + std::string(line.substr(0, length)));
    line.remove_prefix(std::min(line.find_first_not_of(' ', length), line.size()));
  } while (!line.empty());
  return lines;
}

}  // namespace onggi
