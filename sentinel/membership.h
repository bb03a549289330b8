// Which change of members is due by itself (PROTOCOL M1, M4, A8): at most one member at a time, in an epoch of its own.
#pragma once

#include <optional>
#include <string>

#include "sentinel/scene.h"

namespace onggi {

struct MembershipChange {
  std::vector<Member> members;
  std::string what;
};

std::optional<MembershipChange> membership_change_due(const Scene& scene);

}  // namespace onggi
