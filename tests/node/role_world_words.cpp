// The words of scenario files. See tests/scenarios/node/README.md.
#include <doctest/doctest.h>

#include <cstring>
#include <sstream>

#include "tests/node/role_world.h"

namespace onggi::test {
namespace {

std::vector<std::string> split(const std::string& text, char by) {
  std::vector<std::string> parts;
  std::istringstream in(text);
  for (std::string part; std::getline(in, part, by);) {
    if (!part.empty()) parts.push_back(part);
  }
  return parts;
}

// The value of "key=value" among the words.
std::optional<std::string> option(const std::vector<std::string>& words, const std::string& key) {
  for (const std::string& word : words) {
    if (word.starts_with(key + "=")) return word.substr(key.size() + 1);
  }
  return std::nullopt;
}

Position position_of(const std::string& text) {
  const std::vector<std::string> parts = split(text, ',');
  REQUIRE(parts.size() == 2);
  return {Epoch{std::stoull(parts[0])}, Offset{std::stoull(parts[1])}};
}

}  // namespace

void World::run_line(const std::string& line) {
  const Words words = split(line, ' ');
  REQUIRE_FALSE(words.empty());
  const std::string& word = words[0];
  if (word == "cluster") {
    members_ = split(option(words, "members").value_or(""), ',');
    k_ = static_cast<uint32_t>(std::stoul(option(words, "k").value_or("0")));
    cluster_ = option(words, "id").value_or("c1");
    if (const auto sentinels = option(words, "sentinels")) sentinels_ = split(*sentinels, ',');
  } else if (word == "run") {
    flow();
  } else if (word == "redirect") {
    moved_[words.at(1)] = words.at(2);
  } else if (word == "time") {
    pass_time(std::stoll(words.at(1)));
  } else if (word == "block" || word == "heal") {
    for (const std::string& pair : {words.at(1) + words.at(2), words.at(2) + words.at(1)}) {
      if (word == "block") blocked_.insert(pair);
      if (word == "heal") blocked_.erase(pair);
    }
  } else if (word == "start") {
    start(words);
  } else if (word == "fence" || word == "promote" || word == "follow" || word == "catchup" || word == "pause" ||
             word == "heartbeat" || word == "keep-token" || word == "lease" || word == "refuse-handover") {
    sentinel_word(words);
  } else {
    node_word(words);
  }
}

Configuration World::configuration(Epoch epoch, const std::string& master) {
  Configuration result;
  result.epoch = epoch;
  result.cluster = ClusterId{cluster_};
  result.master = ids_[master];
  for (const std::string& name : members_) {
    result.members.push_back({ids_[name], node(name).options.announce});
  }
  for (const std::string& name : sentinels_) result.sentinels.push_back({SentinelId{name}, Address{name, 2}});
  result.write_acks = k_;
  result.lease_ms = 600;
  return result;
}

void World::sentinel_word(const Words& words) {
  const std::string& word = words[0];
  const std::string& name = words.at(1);
  if (word == "fence") {
    from_sentinel(words.at(3), name, Fence{Epoch{std::stoull(words.at(2))}, SentinelId{words.at(3)}});
  } else if (word == "promote") {
    TestNode& it = node(name);
    Promote promote{SentinelId{words.at(3)}, it.role->status(now()).run, it.log->end(),
                    configuration(Epoch{std::stoull(words.at(2))}, name)};
    if (const auto run = option(words, "run")) promote.run = RunId{name + " run " + *run};
    if (const auto at = option(words, "at")) promote.position = position_of(*at);
    from_sentinel(words.at(3), name, promote);
  } else if (word == "follow") {
    from_sentinel("s1", name, Follow{configuration(Epoch{std::stoull(words.at(2))}, words.at(3))});
  } else if (word == "catchup") {
    const TestNode& from = node(words.at(4));
    from_sentinel(words.at(3), name,
                  CatchUp{Epoch{std::stoull(words.at(2))}, SentinelId{words.at(3)}, from.role->id(),
                          from.options.announce, from.log->end()});
  } else if (word == "pause") {
    from_sentinel("s1", name, Pause{std::stoull(option(words, "handover").value_or("1")), ids_[words.at(2)]});
  } else if (word == "refuse-handover") {
    from_sentinel("s1", name, HandoverRefused{"no target"});
  } else if (word == "keep-token") {
    tokens_[words.at(2)] = tokens_[name];
  } else if (word == "lease") {
    give_lease(name);
  } else if (word == "heartbeat") {
    Heartbeat beat;
    beat.sender = SentinelId{words.at(2)};
    if (const auto kept = option(words, "echo")) beat.echo = tokens_[*kept];
    if (words.back() == "echo") beat.echo = tokens_[name];
    if (words.back() == "watched") beat.watcher_targets = {{"s1", 2}, {"s2", 2}};
    from_sentinel(beat.sender.hex.str(), name, beat);
  }
}

// Two of three sentinels echo a token of this moment.
void World::give_lease(const std::string& name) {
  quiet_ = true;
  from_sentinel("s1", name, Heartbeat{SentinelId{"s1"}});
  for (const char* sentinel : {"s1", "s2"}) {
    Heartbeat beat{SentinelId{sentinel}};
    beat.echo = tokens_[name];
    from_sentinel(sentinel, name, beat);
  }
  quiet_ = false;
}

void World::write(const std::string& name, const std::string& payload, bool ask) {
  TestNode& it = node(name);
  if (ask && it.role->gate(now()) != WriteGate::kOpen) return say(name + ": the write is not executed");
  it.log->begin_record(RecordType::kOperations);
  std::memcpy(it.log->extend(payload.size()), payload.data(), payload.size());
  it.log->end_record();
  it.memory.push_back(payload);
  end_batch(it);
  drain(it);
  say(name + ": wrote " + payload + ", end " + words_of(it.log->end()));
}

void World::node_word(const Words& words) {
  const std::string& word = words[0];
  const std::string& name = words.at(1);
  TestNode& it = node(name);
  if (word == "kill" || word == "power" || word == "clean") {
    stop(name, word);
  } else if (word == "wipe") {
    it.disk = std::make_unique<MemoryDisk>();
    it.state = std::make_unique<MemoryState>();
    it.tier.clear();
    it.tier_at = {};
  } else if (word == "lose-log") {
    it.disk = std::make_unique<MemoryDisk>();
  } else if (word == "write") {
    write(name, words.at(2), true);
  } else if (word == "append") {
    write(name, words.at(2), false);
  } else if (word == "sync") {
    REQUIRE(it.log->sync_now());
    it.role->log_synced(now());
    drain(it);
  } else if (word == "release") {
    write_tier(it, it.log->end().offset);
    it.log->release(it.role->readers_floor());
    it.log->release(it.role->readers_floor());
    say(name + ": the log begins at " + std::to_string(it.log->begin().value));
  } else if (word == "hold-writes") {
    it.holds_writes = words.at(2) == "on";
    if (!it.holds_writes) end_batch(it);
  } else if (word == "write-tier") {
    write_tier(it, words.back() == "all" ? it.log->end().offset : it.role->tier_limit());
  } else if (word == "tier") {
    it.role->tier_reached(Offset{std::stoull(words.at(2))});
  } else if (word == "rot") {
    const std::string segment = "/log/" + it.disk->list("/log")->back();
    const uint64_t from_the_end = it.log->end().offset.value - std::stoull(words.at(2));
    it.disk->flip_bit(segment, (it.disk->contents(segment).size() - from_the_end) * 8);
  } else if (word == "disk-full") {
    it.disk->fill_up(words.at(2) == "on" ? 0 : UINT64_MAX);
  } else if (word == "state-fails") {
    it.state->fails = words.at(2) == "on";
  } else if (word == "want-handover") {
    const Result<void> wanted = it.role->want_handover(now(), true);
    say(name + ": " + (wanted ? "asks for a hand-over" : "no hand-over: " + wanted.error().message));
  } else if (word == "replicaof") {
    const bool no_one = words.at(2) == "no";
    const Result<void> done = it.role->replica_of(now(), no_one ? std::nullopt : std::optional(Address{words[2], 1}));
    if (!done) say(name + ": " + done.error().message);
    drain(it);
    end_batch(it);
  } else if (word == "wait") {
    say(name + ": " + std::to_string(it.role->acked(it.log->end().offset)) + " members have it, " +
        std::to_string(it.role->synced_by(it.log->end().offset)) + " on disk");
  } else if (word == "show") {
    show(name);
  } else if (word == "replicas") {
    show_replicas(name);
  } else {
    FAIL("unknown word ", word);
  }
}

}  // namespace onggi::test
