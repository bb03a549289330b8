// Three sentinels and three nodes under many seeds: crashes, restarts, stops, cuts, delays. The promises hold at every
// moment; and when the faults are over, a master is writable again. ONGGI_SEED=n runs one seed and prints its trace,
// ONGGI_SEEDS=n the first n.
#include <doctest/doctest.h>
#include <algorithm>
#include <cstdlib>
#include <set>

#include "tests/sentinel/cluster.h"

namespace onggi::test {
namespace {

std::string any_name(Cluster& c) {
  const uint64_t i = c.random().below(6);
  return i < 3 ? std::string(1, static_cast<char>('A' + i)) : "S" + std::to_string(i - 2);
}

void one_fault(Cluster& c) {
  const std::string name = any_name(c);
  const bool is_node = name.size() == 1;
  switch (c.random().below(8)) {
    case 0:
      return is_node ? c.kill_proven(name) : c.kill(name);
    case 1:
      return c.kill(name);
    case 2:
      return c.restart(name);
    case 3:
      return c.stop(name, true);
    case 4:
      return c.stop(name, false);
    case 5:
      return c.cut(name, any_name(c));
    case 6:
      return c.heal_all();
  }
}

void heal(Cluster& c) {
  c.heal_all();
  for (const std::string& name : c.names()) {
    c.stop(name, false);
    if (!c.alive(name)) c.restart(name);
  }
  // Where somebody is who moved, the operator says.
  for (const std::string& name : c.names()) {
    if (name.size() == 1 && c.has_moved(name)) {
      c.command("S1", WatchCommand{{1}, WatchCommand::What::kNode, c.address(name)});
    }
  }
}

// Every sentinel of the configuration lives, and knows it: only then may one lose its folder.
bool sentinels_complete(Cluster& c) {
  std::set<SentinelId> living;
  for (const std::string& name : c.names()) {
    if (name.size() == 2 && c.alive(name)) living.insert(c.view(name).id);
  }
  for (const char* name : {"S1", "S2", "S3"}) {
    if (!c.alive(name)) return false;
    const SentinelView view = c.view(name);
    const auto& known = view.configuration.sentinels;
    const bool all =
        std::all_of(known.begin(), known.end(), [&](const auto& peer) { return living.contains(peer.id); });
    const bool in = std::any_of(known.begin(), known.end(), [&](const auto& peer) { return peer.id == view.id; });
    if (!all || !in) return false;
  }
  return true;
}

// Members and sentinels come, go, move, and lose their folders.
void one_change(Cluster& c) {
  const std::string to = "S" + std::to_string(c.random().below(3) + 1);
  const std::string name = c.random().below(3) == 0 ? (c.random().below(2) == 0 ? "D" : "S4") : any_name(c);
  const auto kind = name.size() == 1 ? WatchCommand::What::kNode : WatchCommand::What::kSentinel;
  const uint64_t what = c.random().below(5);
  if (what == 0 && name.size() == 2 && name != "S4" && sentinels_complete(c)) {
    c.kill(name);
    c.wipe(name);
    c.restart(name);
  } else if (what == 1) {
    c.kill(name);
    c.move(name);
    c.restart(name);
  } else if (what == 2) {
    c.restart(name);
  }
  if (!c.alive(to)) return;
  if (what < 3) {
    c.command(to, WatchCommand{{1}, kind, c.address(name)});
  } else {
    c.command(to, RemoveCommand{{1}, kind, "", c.address(name)});
  }
}

using Trouble = void (*)(Cluster&);

void run_seeds(Trouble trouble, ClusterOptions options) {
  const char* only = std::getenv("ONGGI_SEED");
  const uint64_t first = only != nullptr ? std::strtoull(only, nullptr, 10) : 1;
  const char* many = std::getenv("ONGGI_SEEDS");
  const uint64_t last = only != nullptr ? first : first - 1 + (many != nullptr ? std::strtoull(many, nullptr, 10) : 50);
  uint64_t acknowledged = 0;
  for (uint64_t seed = first; seed <= last; seed++) {
    CAPTURE(seed);
    options.seed = seed;
    options.write_acks = seed % 3 == 0 ? 0 : static_cast<uint32_t>(seed % 3);
    options.least_delay = microseconds(100);
    options.most_delay = seed % 2 == 0 ? milliseconds(2) : milliseconds(40);
    options.trace_messages = only != nullptr;
    Cluster c(options);
    CHECK(c.run_until([&] { return c.writable_master() != nullptr; }, seconds(5)));
    for (int i = 0; i < 25; i++) {
      if (c.random().below(4) == 0) {  // some faults meet a whole cluster
        heal(c);
        c.run_until([&] { return c.writable_master() != nullptr; }, seconds(5));
        c.run_for(milliseconds(300));
      }
      trouble(c);
      c.run_for(milliseconds(static_cast<int64_t>(c.random().below(600))));
    }
    heal(c);
    const bool back = c.run_until([&] { return c.writable_master() != nullptr; }, seconds(20));
    const bool good = back && c.broken().empty();
    if (only != nullptr || !good) {
      auto trace = c.take_trace();
      const size_t from = only != nullptr || trace.size() < 60 ? 0 : trace.size() - 60;
      for (size_t i = from; i < trace.size(); i++) MESSAGE(trace[i]);
    }
    CHECK(back);
    REQUIRE(c.broken() == std::vector<std::string>{});
    acknowledged += c.acknowledged();
  }
  if (only == nullptr) CHECK(acknowledged > 1000);
}

TEST_CASE("seeds: the promises hold under faults, and a master returns when they end") {
  run_seeds(one_fault, {});
}

TEST_CASE("seeds: the promises hold while members and sentinels come and go") {
  ClusterOptions options;
  options.spare_nodes = options.spare_sentinels = 1;
  run_seeds([](Cluster& c) { c.random().below(2) == 0 ? one_fault(c) : one_change(c); }, options);
}

}  // namespace
}  // namespace onggi::test
