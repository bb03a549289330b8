// Message <-> bytes. The only place where cereal's binary archives are used.
#pragma once

#include <string>
#include <string_view>

#include "common/messages.h"
#include "common/result.h"

namespace onggi {

inline constexpr std::string_view kInternalCommand = "ONGGI";

// The payload of an internal frame.
std::string encode(const Message& message);

// A whole internal frame: *2, "ONGGI", payload.
std::string frame(const Message& message);

// Anything malformed, of an unknown type or with bytes left over is an error, never a crash.
Result<Message> decode(std::string_view payload);

}  // namespace onggi
