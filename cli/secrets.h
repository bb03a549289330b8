// Which commands carry a password, and so have no business in a history file.
#pragma once

#include <string>
#include <vector>

namespace onggi {

using Words = std::vector<std::string>;

bool holds_secret(const Words& words);

}  // namespace onggi
