// Epochs that cross each other, begun by the operator at the worst moments.
#include "tests/simulation/changes.h"

namespace onggi::sim {

namespace {
constexpr uint64_t kMostBetween = 5'000'000;
constexpr Micros kEchoesWait = 550'000;  // a token lives for 600 ms
}  // namespace

const Address& Changes::any_sentinel(Random& random) {
  const auto sentinels = cluster_.working_sentinels();
  return sentinels[random.below(sentinels.size())]->address();
}

void Changes::cut(HostId from, HostId to, Micros how_long) {
  world_.network.cut(from, to);
  world_.timeline.after(how_long, [this, from, to] { world_.network.heal(from, to); });
}

void Changes::cross() {
  world_.timeline.after(static_cast<Micros>(failovers_.random.below(kMostBetween)), [this] {
    if (world_.timeline.now() >= until_) return;
    const uint32_t number = failovers_.next_number++;
    Random random(failovers_.random.next());
    const bool let_go = random.below(2) == 0;
    if (rules_.kept(number) && cluster_.writable_master() != nullptr) {
      if (let_go || late_echoes_) {
        let_go_of_a_hand_over(random, number);
      } else {
        late_echoes(random, number);
      }
    }
    cross();
  });
}

void Changes::hear(const Process& who, const std::string& what) {
  if (!shape_.changes || world_.timeline.now() >= until_) return;
  const bool promoted = what.starts_with("master of epoch");
  const bool moment = promoted || what.starts_with("+try-failover") || what.starts_with("elected leader") ||
                      what.starts_with("+vote-for-leader");
  if (!moment) return;
  if (what.starts_with("elected leader")) leader_is_elected(who);
  const uint32_t number = failovers_.next_number++;
  Random random(failovers_.random.next());
  const uint64_t draw = random.below(12);
  if (draw > 1 || !rules_.kept(number)) return;
  if (draw == 1) {
    rules_.note(number, "hand-over in a failover");
    return hand_over_in_between(random);
  }
  if (promoted) lose_the_answer(who, random, number);
}

// A hand-over is asked for, at one sentinel or several, just when another begins to fail over by itself.
void Changes::hand_over_in_between(Random& random) {
  const uint64_t times = 1 + random.below(3);
  for (uint64_t i = 0; i < times; i++) {
    const Address to = any_sentinel(random);
    const auto delay = static_cast<Micros>(random.below(random.below(2) == 0 ? 3'000 : 600'000));
    world_.timeline.after(delay, [this, to] {
      operator_.ask(to, {"SENTINEL", "FAILOVER", "mymaster"}, [](const Reply*) {});
    });
  }
}

// The sentinel that was asked dies, or hears its master no more, between pause and fence: the pause must end (H2).
void Changes::let_go_of_a_hand_over(Random& random, uint32_t number) {
  SimNode& master = *cluster_.writable_master();
  const auto sentinels = cluster_.working_sentinels();
  SimSentinel& asked = *sentinels[random.below(sentinels.size())];
  if (!asked.alive()) return;
  rules_.note(number, "hand-over let go of");
  operator_.ask(asked.address(), {"SENTINEL", "FAILOVER", "mymaster"}, [](const Reply*) {});
  const auto soon = 2'000 + static_cast<Micros>(random.below(6'000));
  if (random.below(2) == 0) {
    world_.timeline.after(soon, [&asked] { asked.kill(); });
    world_.timeline.after(soon + static_cast<Micros>(random.below(2'000'000)), [&asked] { asked.start(); });
  } else {
    world_.timeline.after(soon, [this, from = master.host(), to = asked.host()] { cut(from, to, 900'000); });
  }
}

// What sentinels echo waits in a link, and arrives when its master has just been promoted again (L2), by one who
// can't tell them of it yet.
void Changes::late_echoes(Random& random, uint32_t number) {
  SimNode& master = *cluster_.writable_master();
  const auto sentinels = cluster_.working_sentinels();
  const SimSentinel& leader = *sentinels[random.below(sentinels.size())];
  rules_.note(number, "late echoes");
  for (const SimSentinel* sentinel : sentinels) {
    if (sentinel != &leader) world_.network.cut(sentinel->host(), master.host());
  }
  late_echoes_ = LateEchoes{leader.host(), master.host(), 5'000 + static_cast<Micros>(random.below(50'000))};
  world_.timeline.after(kEchoesWait, [this] { let_echoes_through(); });
  // When they have sent what they hold. The same as it is: an epoch that changes nothing, of the same master.
  const auto held = static_cast<Micros>(shape_.heartbeat_ms) * 1'000 + static_cast<Micros>(random.below(20'000));
  world_.timeline.after(held, [this, to = leader.address()] {
    operator_.ask(to, {"SENTINEL", "SET", "mymaster", "lease-ms", "600"}, [](const Reply*) {});
  });
}

void Changes::leader_is_elected(const Process& leader) {
  if (!late_echoes_ || late_echoes_->leader != leader.host()) return;
  const Micros wait = late_echoes_->wait;
  for (const SimSentinel* sentinel : cluster_.working_sentinels()) {
    if (sentinel != &leader) cut(leader.host(), sentinel->host(), wait + 50'000);
  }
  world_.timeline.after(wait, [this] { let_echoes_through(); });
}

void Changes::let_echoes_through() {
  if (!late_echoes_) return;
  for (const auto& sentinel : cluster_.sentinels) world_.network.heal(sentinel->host(), late_echoes_->master);
  late_echoes_.reset();
}

// The one who was promoted dies, and is back at once, while the leader has not heard its answer and asks again (F4).
void Changes::lose_the_answer(const Process& chosen, Random& random, uint32_t number) {
  for (const auto& node : cluster_.nodes) {
    if (node.get() != &chosen) continue;
    rules_.note(number, "answer of the promoted lost");
    const auto dies = 1 + static_cast<Micros>(random.below(3'000));
    const Micros starts = dies + 3'000 + static_cast<Micros>(random.below(30'000));
    for (const SimSentinel* sentinel : cluster_.working_sentinels()) {
      cut(node->host(), sentinel->host(), starts + static_cast<Micros>(random.below(40'000)));
    }
    world_.timeline.after(dies, [&node = *node] { node.kill(); });
    world_.timeline.after(starts, [&node = *node] { node.start(); });
    return;
  }
}

}  // namespace onggi::sim
