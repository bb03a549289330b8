// Comparing two histories of epochs: where two logs last agree (PROTOCOL N5).
#pragma once

#include <optional>

#include "common/messages.h"

namespace onggi {

// The last common point of two logs: same (epoch, branch) starts up to it, and no log went past the other's next
// epoch-start or end there. nullopt: no common epoch at all (two histories with nothing in common).
// An empty log (history empty) has Position{} in common with every other.
std::optional<Position> last_common(const History& a, Position a_end, const History& b, Position b_end);

// The epoch of the record that ends at `offset` in a log with this history.
Epoch epoch_at(const History& history, Offset offset);

}  // namespace onggi
