#include "tests/simulation/process.h"

#include <cstdio>

namespace onggi::sim {

namespace {
constexpr int64_t kWallStart = 1'700'000'000'000;
}

void Trace::say(Micros now, const std::string& who, const std::string& what) {
  char stamp[32];
  std::snprintf(stamp, sizeof stamp, "%10.6f ", static_cast<double>(now) / 1e6);
  std::string line = stamp + who + ": " + what;
  for (char c : line) hash_ = (hash_ ^ static_cast<unsigned char>(c)) * 1099511628211ull;
  if (print_) std::puts(line.c_str());
  tail_.push_back(std::move(line));
  if (tail_.size() > kTail) tail_.pop_front();
}

Process::Process(World& world, HostId host, std::string name, Address address)
    : world_(world),
      host_(host),
      name_(std::move(name)),
      address_(std::move(address)),
      rate_(0.96 + 0.08 * static_cast<double>(world.random.below(1001)) / 1000),
      boot_offset_(static_cast<Micros>(world.random.below(1'000'000'000))),
      wall_offset_ms_(static_cast<int64_t>(world.random.below(4001)) - 2000) {}

void Process::say(const std::string& what) {
  world_.trace.say(world_.timeline.now(), name_, what);
  if (world_.on_say) world_.on_say(*this, what);
}

Now Process::clocks() const {
  const Micros now = world_.timeline.now();
  return {Instant{boot_offset_ + static_cast<Micros>(static_cast<double>(now) * rate_)},
          WallTime{kWallStart + now / 1000 + wall_offset_ms_}};
}

void Process::set_alive() {
  alive_ = true;
  paused_ = false;
  life_++;
  alarm_.reset();
  deadline_.reset();
  deferred_.clear();
  world_.network.set_party(host_, address_, this);
}

void Process::kill() {
  if (!alive_) return;
  say("is killed");
  alive_ = false;
  paused_ = false;
  life_++;
  alarm_.reset();
  deadline_.reset();
  deferred_.clear();
  world_.network.set_party(host_, address_, nullptr);
  died();
}

void Process::retire() {
  kill();
  retired_ = true;
  world_.network.set_party(host_, {name_ + " is gone", 1}, nullptr);
}

void Process::move_to(const Address& address) {
  address_ = address;
  world_.network.set_party(host_, address, nullptr);
}

void Process::pause() {
  if (!alive_ || paused_) return;
  say("stops (SIGSTOP)");
  paused_ = true;
  world_.network.set_paused(host_, true);
}

void Process::resume() {
  if (!alive_ || !paused_) return;
  say("goes on (SIGCONT)");
  paused_ = false;
  world_.network.set_paused(host_, false);
  auto deferred = std::move(deferred_);
  deferred_.clear();
  const uint64_t life = life_;
  for (auto& what : deferred) {
    if (life_ == life) what();
  }
  if (life_ == life) woken();
}

void Process::run_or_defer(uint64_t life, std::function<void()> what) {
  if (life != life_) return;
  if (paused_) {
    deferred_.push_back(std::move(what));
    return;
  }
  what();
}

void Process::later(Micros delay, std::function<void()> what) {
  world_.timeline.after(
      delay, [this, life = life_, what = std::move(what)]() mutable { run_or_defer(life, std::move(what)); });
}

// One event of the timeline serves many deadlines: it is asked for anew only if it would come too late.
void Process::wake_at(std::optional<Instant> deadline) {
  deadline_ = deadline;
  if (!deadline) return;
  const Micros own = (*deadline - clocks().instant).count();
  const auto delay = own <= 0 ? Micros{1} : static_cast<Micros>(static_cast<double>(own) / rate_) + 1;
  const Micros at = world_.timeline.now() + delay;
  if (alarm_ && *alarm_ <= at) return;
  alarm_ = at;
  world_.timeline.at(at, [this, life = life_, at] {
    if (life == life_ && alarm_ == at) alarm_rings();
  });
}

void Process::alarm_rings() {
  alarm_.reset();
  if (paused_ || !deadline_) return;
  if (*deadline_ > clocks().instant) return wake_at(deadline_);
  const Micros window = world_.timeline.now() / kWakeWindow;
  wakes_ = window == window_ ? wakes_ + 1 : 1;
  window_ = window;
  woken();
}

}  // namespace onggi::sim
