// Places above maxclients, so that thousands of clients never keep a peer or the operator out.
//
// A connection that comes when maxclients are there takes such a place, and has one word to say who it is: peers stay,
// an operator may look and act until 32 others have come, everybody else hears that there is no room. When all places
// are taken, the oldest that has proved nothing makes way for the newest: silence does not keep one.
//
// Invariant: kPlaces connections at most, in the order in which they came.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "common/types.h"

namespace onggi {

class Reserve {
 public:
  static constexpr size_t kPlaces = 32;

  bool full() const { return places_.size() >= kPlaces; }
  void take(ConnId id) { places_.push_back(id); }
  void leave(ConnId id) { std::erase(places_, id); }
  template <class IsGone>
  void forget(IsGone is_gone) {
    std::erase_if(places_, is_gone);
  }
  // The oldest of which `may_go` is true; ConnId{} if there is none.
  template <class MayGo>
  ConnId oldest(MayGo may_go) const {
    const auto found = std::find_if(places_.begin(), places_.end(), may_go);
    return found == places_.end() ? ConnId{} : *found;
  }

 private:
  std::vector<ConnId> places_;  // oldest first
};

}  // namespace onggi
