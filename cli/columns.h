// Text on a terminal's columns: colours take none, and a character of UTF-8 takes one, however many bytes it has. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace onggi {

size_t columns_of(std::string_view line);

// What fits. Colours stay, those behind the cut too: one that is on ends.
std::string cut(std::string_view line, size_t columns);

// As many lines as it takes, parted at blanks where that is possible; the later ones start where the first one does.
// For text without colours.
std::vector<std::string> fold(std::string_view line, size_t columns);

}  // namespace onggi
