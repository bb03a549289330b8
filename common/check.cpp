#include "common/check.h"

#include <cstdio>
#include <cstdlib>

namespace onggi {

void check_failed(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "onggi: bug: %s is false at %s:%d\n", condition, file, line);
  std::abort();
}

}  // namespace onggi
