// Words of a line as Redis splits them: for inline commands, configuration files and the CLI's prompt.
//
// Words are parted by white space. "..." knows \n \r \t \b \a \\ \" and \xHH; '...' only \'. A closing quote must end
// its word.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace onggi {

// nullopt: a quote is not closed, or something follows a closing one.
std::optional<std::vector<std::string>> split_words(std::string_view line);

// "text" with what can't be printed escaped, so that split_words() gives it back: for logs and MONITOR-like output.
std::string quoted(std::string_view text);

}  // namespace onggi
