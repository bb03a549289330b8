#include "sentinel/sentinel.h"

#include <utility>

#include "sentinel/core.h"

namespace onggi {

Result<std::unique_ptr<Sentinel>> Sentinel::start(SentinelOptions options, StateStore& store, Random& random, Now now) {
  Result<Durable> durable = Durable::open(store, random);
  if (!durable) return durable.error();
  auto core = std::make_unique<SentinelCore>(std::move(options), *std::move(durable), random, now);
  return std::unique_ptr<Sentinel>(new Sentinel(std::move(core)));
}

Sentinel::Sentinel(std::unique_ptr<SentinelCore> core) : core_(std::move(core)) {}
Sentinel::~Sentinel() = default;

void Sentinel::step(Now now, const SentinelEvent& event) {
  core_->step(now, event);
}
std::optional<Instant> Sentinel::next_deadline() const {
  return core_->next_deadline();
}
SentinelEffects Sentinel::drain() {
  return core_->drain();
}
Epoch Sentinel::known_epoch() const {
  return core_->known_epoch();
}
SentinelView Sentinel::view(Now now) const {
  return core_->view(now);
}

}  // namespace onggi
