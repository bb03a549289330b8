#include "common/fd.h"

#include <unistd.h>

namespace onggi {

void Fd::reset() {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

}  // namespace onggi
