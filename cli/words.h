// Lines into words, and bytes into quoted text: the two directions of redis-cli's quoting.
//
// Pure. A line typed at the prompt or piped in is split as redis-cli splits it: blanks separate, "..." knows \n \r \t
// \b \a \xHH and \<any>, '...' knows only \'; a closing quote must be followed by a blank or the end.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"

namespace onggi {

using Words = std::vector<std::string>;

// The words of a line; none for a blank line. An error for unbalanced quotes.
Result<Words> split_words(std::string_view line);

// Bytes as "..." with everything unprintable escaped; split_words reads it back to the same bytes.
std::string quoted(std::string_view bytes);

// ASCII only: commands and their options are compared without regard to case.
std::string lower(std::string_view text);

// Whether a command carries a password, and so has no business in a history file.
bool holds_secret(const Words& words);

}  // namespace onggi
