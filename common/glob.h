// Redis's patterns: * ? [abc] [^a-z] and \ before a character that means itself. Used by KEYS, SCAN, CONFIG GET,
// PSUBSCRIBE.
//
// Takes at most pattern * text steps, whatever the pattern: patterns come from clients.
#pragma once

#include <cstdint>
#include <string_view>

namespace onggi {

enum class GlobCase : uint8_t { kExact, kIgnore };

bool glob_match(std::string_view pattern, std::string_view text, GlobCase how = GlobCase::kExact);

}  // namespace onggi
