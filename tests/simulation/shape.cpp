#include "common/random.h"
#include "tests/simulation/run.h"

namespace onggi::sim {

Shape shape_of(const RunOptions& options) {
  Random random(options.seed ^ 0x5ea1ed0c1a7e5ull);  // its own: an option that is set changes nothing else
  Shape shape;
  const bool five = random.below(4) == 0;
  const bool many = random.below(4) == 0;
  const uint64_t acks = random.below(10);
  const uint64_t durability = random.below(4);
  shape.nodes = options.nodes.value_or(five ? 5 : 3);
  shape.sentinels = options.sentinels.value_or(many ? 5 : 3);
  shape.write_acks = options.write_acks.value_or(acks < 6 ? 1 : acks < 8 ? 0 : 2);
  const Durability drawn = durability == 0 ? Durability::kNone : durability == 1 ? Durability::kDisk : Durability::kOs;
  shape.durability = options.durability.value_or(drawn);
  shape.heartbeat_ms = random.below(4) == 0 ? 100 : 200;
  shape.think_ms = random.below(4) == 0 ? 25 : 100;
  shape.true_clocks = random.below(2) == 0;
  const bool changes = random.below(2) == 0;
  shape.changes = options.changes.value_or(changes);
  shape.announced = random.below(2) == 0 || !shape.changes;
  return shape;
}

std::string to_string(const Shape& shape) {
  const char* durability = shape.durability == Durability::kNone   ? "none"
                           : shape.durability == Durability::kDisk ? "disk"
                                                                   : "os";
  return std::to_string(shape.nodes) + " nodes, " + std::to_string(shape.sentinels) + " sentinels, write-acks " +
         std::to_string(shape.write_acks) + ", durability " + durability + (shape.changes ? ", which change" : "");
}

}  // namespace onggi::sim
