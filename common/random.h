// The seam for randomness: the core draws from what it is handed. The programs hand in one seeded by the kernel,
// the simulator one seeded by the run's seed.
#pragma once

#include <cstdint>
#include <string>

namespace onggi {

class Random {
 public:
  explicit Random(uint64_t seed);
  uint64_t next();                 // uniform over 64 bits
  uint64_t below(uint64_t bound);  // uniform in [0, bound); 0 when bound is 0
  std::string hex(size_t digits);  // lower-case hexadecimal digits

 private:
  uint64_t state_[4];
};

}  // namespace onggi
