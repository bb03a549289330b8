// See history.h. Two logs agree as long as they name the same epoch-starts at the same places; after the last one that
// both name, they agree until the first of them goes on with another epoch-start, or ends.
#include "storage/history.h"

#include <algorithm>

namespace onggi {

std::optional<Position> last_common(const History& a, Position a_end, const History& b, Position b_end) {
  if (a.empty() || b.empty()) {
    // An empty log agrees with all. Records before any epoch-start can't be told apart, so they agree with nothing.
    if (a_end.offset == Offset{} || b_end.offset == Offset{}) return Position{};
    return std::nullopt;
  }
  size_t same = 0;
  while (same < std::min(a.size(), b.size()) && a[same] == b[same]) same++;
  if (same == 0) return std::nullopt;
  const Offset a_next = same < a.size() ? a[same].offset : a_end.offset;
  const Offset b_next = same < b.size() ? b[same].offset : b_end.offset;
  return Position{a[same - 1].epoch, std::min(a_next, b_next)};
}

Epoch epoch_at(const History& history, Offset offset) {
  Epoch epoch;
  for (const EpochStart& start : history) {
    if (start.offset >= offset) break;
    epoch = start.epoch;
  }
  return epoch;
}

}  // namespace onggi
