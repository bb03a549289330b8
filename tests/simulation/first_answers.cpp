#include "tests/simulation/first_answers.h"

namespace onggi::sim {

namespace {
constexpr HostId kHost = 901;
constexpr int kReadsOfANode = 5;
constexpr Micros kAgain = 20'000;
// E4's delay, the votes, F2's wait for the others (each up to 50 ms), promotion, the first lease, the client's way: 35
// ms mostly. The rest is for an election that is lost by a draw, and asked for again.
constexpr Micros kElection = 500'000;
constexpr Micros kSilence = 1'000'000;  // W2: down-after-milliseconds
constexpr Micros kLease = 660'000;      // L3: lease-ms and a tenth, from the last token on: over when silence is
}  // namespace

FirstAnswers::FirstAnswers(World& world, Cluster& cluster, const Shape& shape, uint64_t seed)
    : world_(world), cluster_(cluster), shape_(shape), random_(seed ^ 0xf1257), client_(world, kHost, "a new client") {}

void FirstAnswers::ask_for_reads() {
  client_.start();
  const auto& recorded = cluster_.recording.operations;
  if (recorded.empty()) return;
  for (const SimNode* node : cluster_.working_nodes()) {
    for (int i = 0; i < kReadsOfANode; i++) {
      const std::string& key = recorded[random_.below(recorded.size())].key;
      open_reads_++;
      client_.ask(node->address(), {"GET", key}, [this, name = node->name(), key](const Reply* reply) {
        open_reads_--;
        if (reply != nullptr && !reply->is_error()) return;
        wrong_ = name + ", just started, answers GET " + key + " with " + (reply == nullptr ? "nothing" : reply->text);
      });
    }
  }
}

bool FirstAnswers::lose_the_master() {
  SimNode* master = cluster_.writable_master();
  if (master == nullptr) return false;
  const Configuration& now = master->node()->role().configuration();
  const size_t n = now.members.size();
  if (n < 3 || n - 2 < now.write_acks) return false;
  client_.start();
  lost_at_ = world_.timeline.now();
  // What is to be waited for: nothing if its watcher proves its death; else silence, or refused connections, and
  // leases.
  switch (random_.below(3)) {
    case 0:
      how_ = "killed";
      bound_ = kElection;
      master->kill();
      break;
    case 1:
      how_ = "killed without proof";  // its host refuses connections
      bound_ = kLease + kElection;
      master->power_cut();
      break;
    default:
      how_ = "stopped";
      bound_ = kSilence + 2'000 * Micros{shape_.heartbeat_ms} + kElection;
      master->pause();
  }
  bound_ += bound_ / 25;  // clocks that are 4 % slow
  look_for_master();
  return true;
}

void FirstAnswers::hear(const std::string& what) {
  if (lost_at_ == 0 || !what.starts_with("-failover-abort-not-elected")) return;
  // E4: who voted for another leaves it down-after-milliseconds; with five sentinels and more that may be a majority.
  if (++draws_ == 2) bound_ += (kSilence + kElection) * 26 / 25;
}

void FirstAnswers::ask_again() {
  world_.timeline.after(kAgain, [this] { look_for_master(); });
}

void FirstAnswers::look_for_master() {
  const auto sentinels = cluster_.working_sentinels();
  const Address to = sentinels[random_.below(sentinels.size())]->address();
  client_.ask(to, {"SENTINEL", "GET-MASTER-ADDR-BY-NAME", "mymaster"}, [this](const Reply* reply) {
    if (reply == nullptr || reply->elements.size() != 2) return ask_again();
    write_to({reply->elements[0].text, static_cast<uint16_t>(std::stoi(reply->elements[1].text))});
  });
}

void FirstAnswers::write_to(const Address& node) {
  // One that doesn't answer, as a stopped one: its client looks elsewhere meanwhile.
  world_.timeline.after(kAgain, [this] {
    if (!acknowledged_at_) look_for_master();
  });
  client_.ask(node, {"SET", "first-answer", "1"}, [this](const Reply* reply) {
    if (reply == nullptr || reply->is_error() || acknowledged_at_) return;
    acknowledged_at_ = world_.timeline.now();
  });
}

}  // namespace onggi::sim
