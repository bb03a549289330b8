#include "common/net/clock.h"

#include <ctime>

namespace onggi::net {

Instant boottime_now() {
  timespec now{};
  ::clock_gettime(CLOCK_BOOTTIME, &now);
  return {int64_t{now.tv_sec} * 1000000 + now.tv_nsec / 1000};
}

WallTime wall_now() {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  return {int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1000000};
}

Now read_clocks() {
  return {boottime_now(), wall_now()};
}

}  // namespace onggi::net
