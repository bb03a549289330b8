// What can't be true of a message, whoever sent it: looked for at each place where messages come from the wire, before
// anybody acts on one or stores what it says.
//
// Epochs only grow and are stored for ever: one that came near the end of the numbers would leave no room for the next
// election. So nobody may make this process believe an epoch that is more than kMostEpochJump above those that it
// knows: more than an election a second for half a year. Ids are compared, stored and printed: they are 40 hexadecimal
// digits, or empty.
#pragma once

#include <optional>
#include <string>

#include "common/messages.h"

namespace onggi {

inline constexpr uint64_t kMostEpochJump = uint64_t{1} << 24;
inline constexpr uint64_t kMostOffset = uint64_t{1} << 62;
inline constexpr size_t kMostListed = 256;     // nodes, sentinels, addresses
inline constexpr size_t kMostHostBytes = 255;  // of a name, as DNS has it

// What is wrong, in words; nullopt: nothing. `known`: the highest epoch that this process knows.
std::optional<std::string> nonsense_in(Message& message, Epoch known);

}  // namespace onggi
