#include "tests/simulation/changes.h"

#include <algorithm>

namespace onggi::sim {

namespace {
constexpr uint32_t kSentinelNumbers = 10'000;
constexpr uint32_t kFailoverNumbers = 20'000;
constexpr HostId kOperatorsHost = 900;
constexpr Micros kMostBetween = 4'000'000;
constexpr Micros kLook = 300'000;            // how often the operator looks whether it is done
constexpr Micros kAttemptEnds = 14'000'000;  // failover-timeout, and the time to be elected
constexpr Micros kShortestTry = 4'000'000;
constexpr Micros kLongestTry = 12'000'000;
}  // namespace

Changes::Changes(World& world, Cluster& cluster, const Shape& shape, uint64_t seed, Rules rules)
    : world_(world),
      cluster_(cluster),
      shape_(shape),
      rules_(std::move(rules)),
      operator_(world, kOperatorsHost),
      nodes_{Random(seed ^ 0xadd), kFirstNumber, {}},
      sentinels_{Random(seed ^ 0x5e47), kFirstNumber + kSentinelNumbers, {}},
      failovers_{Random(seed ^ 0xfa11), kFirstNumber + kFailoverNumbers, {}} {}

void Changes::begin(Micros until) {
  until_ = until;
  if (!shape_.changes) return;
  operator_.start();
  think(nodes_, kMostBetween);
  think(sentinels_, kMostBetween);
  cross();
}

void Changes::think(Lane& lane, Micros most) {
  const Micros delay = 1 + static_cast<Micros>(lane.random.below(static_cast<uint64_t>(most)));
  world_.timeline.after(delay, [this, &lane] { go_on(lane); });
}

void Changes::go_on(Lane& lane) {
  if (!lane.change) {
    if (world_.timeline.now() >= until_) return;
    begin_one(lane);
    return think(lane, lane.change ? kLook : kMostBetween);
  }
  Change& change = *lane.change;
  if (done(change)) {
    world_.trace.say(world_.timeline.now(), "operator", change.what + ": done");
    if (change.of_node && !change.joins) left_.push_back(change.who->address());
    lane.change.reset();
    return think(lane, kMostBetween);
  }
  if (!change.asking && change.give_up_at < world_.timeline.now() && world_.timeline.now() < until_) give_up(change);
  if (!change.asking && !change.told_ok && !change.command.empty()) ask(lane);
  think(lane, kLook);
}

void Changes::begin_one(Lane& lane) {
  const uint32_t number = lane.next_number++;
  // Draws of its own, so that one that is left out leaves the others as they are.
  Random random(lane.random.next());
  if (!rules_.kept(number)) return;
  Change change;
  change.number = number;
  change.of_node = &lane == &nodes_;
  if (cluster_.agreed() == nullptr) return;
  if (!(change.of_node ? change_nodes(random, change) : change_sentinels(random, change))) return;
  change.give_up_at = world_.timeline.now() + kShortestTry +
                      static_cast<Micros>(random.below(static_cast<uint64_t>(kLongestTry - kShortestTry)));
  lane.change = std::move(change);
  rules_.note(number, lane.change->what);
}

std::string Changes::id_of(const Change& change) const {
  if (change.of_node) return static_cast<const SimNode&>(*change.who).id().hex.str();
  return static_cast<SimSentinel&>(*change.who).durable().id.hex.str();
}

bool Changes::done(const Change& change) const {
  const Configuration* agreed = cluster_.agreed();
  if (agreed == nullptr || world_.timeline.now() < change.not_before) return false;
  if (change.write_acks) return agreed->write_acks == *change.write_acks;
  bool in_its_place = false;
  bool is_gone = true;
  const auto look_at = [&](const auto& entries) {
    const std::string id = id_of(change);
    for (const auto& entry : entries) {
      in_its_place = in_its_place || (entry.id.hex == id && entry.address == change.who->address());
      if (entry.id.hex == change.gone) is_gone = false;
    }
  };
  if (change.of_node) {
    look_at(agreed->members);
  } else {
    look_at(agreed->sentinels);
  }
  return change.joins ? in_its_place && is_gone && change.who->alive() : change.told_ok && is_gone;
}

void Changes::ask(Lane& lane) {
  Change& change = *lane.change;
  const auto sentinels = cluster_.working_sentinels();
  const Process& asked = *sentinels[lane.random.below(sentinels.size())];
  if (&asked == change.who) return;
  std::vector<std::string> words{"SENTINEL", change.command, "mymaster"};
  // What the sentinels say comes first: an earlier SET that arrived late raised k again.
  const bool lowers_first = !change.joins && change.last_answer.find("write-acks first") != std::string::npos;
  if (lowers_first) {
    words = {"SENTINEL", "SET", "mymaster", "write-acks", "1"};
  } else if (change.write_acks) {
    words.insert(words.end(), {"write-acks", std::to_string(*change.write_acks)});
  } else if (!change.joins && lane.random.below(2) == 0) {
    words.push_back(change.gone);
  } else {
    words.push_back(change.who->address().host);
    words.push_back(std::to_string(change.who->address().port));
  }
  change.asking = true;
  operator_.ask(asked.address(), std::move(words),
                [this, &lane, number = change.number, lowers_first](const Reply* reply) {
                  if (!lowers_first) return answered(lane, number, reply);
                  if (!lane.change || lane.change->number != number) return;
                  lane.change->asking = false;
                  lane.change->last_answer.clear();
                });
}

void Changes::answered(Lane& lane, uint32_t number, const Reply* reply) {
  if (!lane.change || lane.change->number != number) return;
  Change& change = *lane.change;
  change.asking = false;
  change.last_answer = reply == nullptr ? "nothing" : reply->text;
  const Configuration& newest = cluster_.newest();
  if (change.write_acks && reply != nullptr && !reply->is_error() && newest.write_acks != *change.write_acks) {
    failures_.push_back("M1: the operator is told OK, and not so: " + change.what);
  }
  if (reply == nullptr || change.joins) return;
  const auto has = [&](const auto& entries) {
    return std::any_of(entries.begin(), entries.end(), [&](const auto& entry) { return entry.id.hex == change.gone; });
  };
  const bool still_there = change.of_node ? has(newest.members) : has(newest.sentinels);
  if (reply->is_error()) {
    // Done by an attempt whose answer was lost, or that was given up when another epoch began: it is in the lists.
    change.told_ok = !still_there && reply->text.find("that id or address") != std::string::npos;
    return;
  }
  change.told_ok = true;
  if (still_there) failures_.push_back("M1: the operator is told OK, and not so: " + change.what);
}

// It stays after all. Perhaps it has left already: then it comes again.
void Changes::give_up(Change& change) {
  if (change.joins || change.told_ok) return;
  world_.trace.say(world_.timeline.now(), "operator", change.what + ": given up");
  change.what += ", given up";
  change.not_before = world_.timeline.now() + kAttemptEnds;  // what was asked for may still happen
  change.joins = true;
  change.gone.clear();
  change.command = change.of_node ? "ADD-NODE" : "ADD-SENTINEL";
  change.who->call_back();
  change.who->start();
}

std::string Changes::unsettled() const {
  std::string all;
  for (const Lane* lane : {&nodes_, &sentinels_}) {
    if (!lane->change) continue;
    all += (all.empty() ? "" : "; ") + lane->change->what;
    if (!lane->change->last_answer.empty()) all += " (the last answer: " + lane->change->last_answer + ")";
  }
  return all;
}

}  // namespace onggi::sim
