#include "node/commands/names.h"

namespace onggi {

ShownRole shown_role(const Services& services, Now now) {
  return services.role.says_master(now) ? ShownRole::kMaster : ShownRole::kReplica;
}

}  // namespace onggi
