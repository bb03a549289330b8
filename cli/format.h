// Replies as text, byte for byte as redis-cli 7.0 prints them: for people (types shown, nesting indented), raw (for
// pipes) and as JSON. Pure.
#pragma once

#include <string>

#include "cli/options.h"
#include "common/resp/reader.h"

namespace onggi {

// With a line's end, whatever it holds.
std::string format_for_people(const Reply& reply);

// Without a last line's end: the caller ends it. Values that hold newlines are printed as they are.
std::string format_raw(const Reply& reply);

// One line of JSON, without a line's end; bytes that are not UTF-8 pass through as they are.
std::string format_json(const Reply& reply);

// What is printed for the reply of this command. `output` is not kAuto here. Replies that are texts of their own (INFO,
// CLIENT LIST) are shown to people as they are.
std::string format_reply(const Words& command, const Reply& reply, Output output);

// "text" with JSON's escapes.
std::string json_string(const std::string& text);

}  // namespace onggi
