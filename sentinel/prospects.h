// Whether a promotion is possible at all as things stand (PROTOCOL E1, F2, F7), and if not, why: one reason a candidate
// or a missing answer, for the operator.
#pragma once

#include <string>
#include <vector>

#include "sentinel/campaign.h"
#include "sentinel/scene.h"

namespace onggi {

// Empty: nothing that this sentinel knows of is in the way.
std::vector<std::string> obstacles(const Scene& scene, Campaign::Kind kind, const NodeId& named);

// F, or failover-min-nodes if that is more.
size_t fence_answers_needed(const Scene& scene);
// Members that answer and are sure; the isolated master aside (W4).
size_t sure_answering(const Scene& scene, const NodeId& except);

}  // namespace onggi
