// Which change of members or sentinels is due by itself (PROTOCOL M1, M4, A8, A11): at most one at a time, in an epoch
// of its own. What the operator asks for with SENTINEL REMOVE-... is a campaign of its own (members_command.cpp).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sentinel/scene.h"

namespace onggi {

struct MembershipChange {
  std::optional<std::vector<Member>> members;
  std::optional<std::vector<SentinelPeer>> sentinels;
  std::string what;
};

std::optional<MembershipChange> membership_change_due(const Scene& scene);

}  // namespace onggi
