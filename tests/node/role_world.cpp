#include "tests/node/role_world.h"

#include <doctest/doctest.h>

#include <cstring>

#include "common/check.h"

namespace onggi::test {

TestNode& World::node(const std::string& name) {
  const auto found = nodes_.find(name);
  REQUIRE_MESSAGE(found != nodes_.end(), "no node ", name);
  return *found->second;
}

std::string World::take_trace() {
  return std::exchange(trace_, {});
}

// ---- life of nodes

void World::start(const Words& words) {
  const std::string& name = words[1];
  if (!nodes_.contains(name)) {
    nodes_[name] = std::make_unique<TestNode>(name, 1 + static_cast<unsigned char>(name[0]));
    RoleOptions& options = nodes_[name]->options;
    options.managed = true;
    options.announce = Address{name, 1};
    options.tail_directory = "/tails";
  }
  TestNode& it = node(name);
  for (size_t i = 2; i < words.size(); i++) {
    if (words[i] == "unmanaged") it.options.managed = false;
    if (words[i] == "managed") it.options.managed = true;
    if (words[i] == "durability=disk") it.options.durability = Durability::kDisk;
    if (words[i] == "durability=none") it.options.durability = Durability::kNone;
    if (words[i] == "priority=0") it.options.priority = 0;
    if (words[i].starts_with("replica-of=")) it.options.replica_of = Address{words[i].substr(11), 1};
    if (words[i].starts_with("k=")) it.options.write_acks = static_cast<uint32_t>(std::stoul(words[i].substr(2)));
    if (words[i].starts_with("segment=")) it.options.stream_chunk_bytes = std::stoul(words[i].substr(8));
    if (words[i].starts_with("unwritten=")) it.options.most_unwritten_bytes = std::stoull(words[i].substr(10));
  }
  LogOptions log;
  log.directory = "/log";
  log.segment_bytes = 200;
  log.backlog_bytes = 200;
  REQUIRE(it.disk->make_directory("/tails"));
  Result<std::unique_ptr<Log>> opened = Log::open(*it.disk, log);
  REQUIRE_MESSAGE(opened, opened.error().message);
  it.log = std::move(*opened);
  REQUIRE(replay(it));
  it.runs++;
  Result<std::unique_ptr<Role>> role =
      Role::start(it.options, RoleSeams{*it.log, *it.state, it, it.random, it.conns},
                  RunId{name + " run " + std::to_string(it.runs)}, name + " boot " + std::to_string(it.boots), now());
  if (!role) return say(name + " can't start: " + role.error().message);
  it.role = std::move(*role);
  ids_[name] = it.role->id();
  it.role->tier_reached(it.tier_at);
  drain(it);
  end_batch(it);
}

// kill: SIGKILL. power: the host too. clean: as SIGTERM ends.
void World::stop(const std::string& name, const std::string& how) {
  TestNode& it = node(name);
  if (how == "clean") {
    REQUIRE(it.log->sync_now());
    REQUIRE(it.role->stopped_clean());
  }
  it.role.reset();
  it.log.reset();
  it.copy_open.reset();
  if (how == "power") {
    it.boots++;
    it.disk->crash(it.random);
  } else {
    it.disk->kill();
  }
  std::erase_if(flights_, [&](const Flight& flight) { return flight.to == name; });
  for (auto end = ends_.begin(); end != ends_.end();) {
    if (end->first.first != name) {
      ++end;
      continue;
    }
    if (end->second.peer_conn != ConnId{})
      flights_.push_back({name, end->second.peer, end->second.peer_conn, std::nullopt});
    end = ends_.erase(end);
  }
}

Result<void> World::replay(TestNode& it) {
  if (it.tier_at > it.log->end().offset) return Error{"the tier is beyond the log"};
  it.memory = it.tier;
  return it.log->visit(it.tier_at, [&](const RecordView& record) { return bool(it.apply(record, {})); });
}

// N7: the log is on the disk first.
void World::write_tier(TestNode& it, Offset upto) {
  REQUIRE(it.log->sync_now());
  REQUIRE(it.log->visit(it.tier_at, [&](const RecordView& record) {
    if (record.end > upto) return false;
    if (record.type == RecordType::kOperations) it.tier.emplace_back(record.payload);
    it.tier_at = record.end;
    return true;
  }));
  it.role->tier_reached(it.tier_at);
}

// ---- network

void World::flow() {
  for (int limit = 0; limit < 10000; limit++) {
    size_t at = 0;
    while (at < flights_.size() && blocked(flights_[at].from, flights_[at].to)) at++;
    if (at == flights_.size()) return;
    const Flight flight = flights_[at];
    flights_.erase(flights_.begin() + static_cast<std::ptrdiff_t>(at));
    deliver(flight);
  }
  FAIL("the network doesn't come to rest");
}

void World::deliver(const Flight& flight) {
  const auto found = nodes_.find(flight.to);
  if (found == nodes_.end()) return;
  TestNode& it = *found->second;
  if (!it.up() || !ends_.contains({it.name, flight.conn.value})) return;
  if (!flight.message) {
    ends_.erase({it.name, flight.conn.value});
    it.role->closed(now(), flight.conn);
  } else {
    const Message& message = *flight.message;
    const auto* chunk = std::get_if<StreamChunk>(&message);
    const auto* ack = std::get_if<Ack>(&message);
    const bool sign_of_life = (chunk != nullptr && chunk->bytes.empty()) || (ack != nullptr && ack->epoch == Epoch{});
    if (!sign_of_life) say(flight.from + " -> " + flight.to + ": " + describe(message));
    it.role->message(now(), flight.conn, message);
  }
  drain(it);
  end_batch(it);
}

void World::pass_time(int64_t ms) {
  const Instant until = instant_ + milliseconds(ms);
  flow();
  for (int limit = 0; limit < 100000; limit++) {
    std::optional<Instant> next;
    for (auto& [name, it] : nodes_) {
      if (!it->up()) continue;
      const std::optional<Instant> deadline = it->role->next_deadline();
      if (deadline && (!next || *deadline < *next)) next = deadline;
    }
    if (!next || *next > until) break;
    instant_ = std::max(instant_, *next);
    for (auto& [name, it] : nodes_) {
      if (!it->up()) continue;
      it->role->tick(now());
      drain(*it);
      end_batch(*it);
    }
    flow();
  }
  instant_ = until;
}

void World::end_batch(TestNode& it) {
  if (it.holds_writes) return;
  (void)it.log->write_out();
  it.role->after_write_out(now());
  drain(it);
}

void World::from_sentinel(const std::string& sentinel, const std::string& name, Message message) {
  TestNode& it = node(name);
  if (!it.up() || blocked(sentinel, name)) return;
  const ConnId conn = it.conns.take();
  ends_[{name, conn.value}] = End{sentinel, {}};  // stays open: some answers come later
  it.role->message(now(), conn, std::move(message));
  drain(it);
  end_batch(it);
}

// ---- effects

void World::drain(TestNode& it) {
  for (int limit = 0; limit < 100; limit++) {
    RoleEffects effects = it.role->drain();
    for (const LogLine& line : effects.log) {
      if (!quiet_) say(it.name + " log: " + line.text);
    }
    data_effects(it, effects);
    link_effects(it, effects);
    const bool again = effects.rewind || !effects.connects.empty() || effects.copy_install ||
                       !effects.start_checkpoints.empty() || !effects.read_chunks.empty();
    if (!again) return;
  }
}

void World::data_effects(TestNode& it, RoleEffects& effects) {
  if (effects.demoted) {
    say(it.name + ": demoted from epoch " + std::to_string(effects.demoted->epoch.value) +
        (effects.demoted->planned ? ", planned" : "") + (effects.demoted->close_clients ? "" : ", clients stay"));
  }
  for (const CutTail& cut : effects.cut_tails) {
    CHECK(it.disk->exists(cut.path));
    say(it.name + ": cut tail of " + std::to_string(cut.records) + " records from " + words_of(cut.from) + " to " +
        words_of(cut.end));
  }
  if (effects.rewind) {
    say(it.name + ": rewind to " + words_of(effects.rewind->to));
    it.role->rewound(now(), replay(it));
  }
  copy_effects(it, effects);
  if (effects.promoted) say(it.name + ": promoted in epoch " + std::to_string(effects.promoted->value));
  if (effects.new_master) say(it.name + ": held commands go to " + effects.new_master->host);
  if (effects.handover_refused) say(it.name + ": no hand-over: " + *effects.handover_refused);
  if (effects.watcher_targets) {
    say(it.name + ": the watcher tells " + std::to_string(effects.watcher_targets->size()) + " sentinels");
  }
}

// A copy is one file: the payloads applied.
void World::copy_effects(TestNode& it, RoleEffects& effects) {
  if (effects.copy_drop) {
    say(it.name + ": drops the copy it was receiving");
    it.copy_open.reset();
  }
  if (effects.copy_open) {
    it.copy_open = effects.copy_open;
    it.copy.clear();
  }
  for (const auto& write : effects.copy_writes) it.copy += write.bytes;
  if (effects.copy_install) {
    say(it.name + ": swaps the copy in");
    it.role->copy_installed(now(), install(it));
  }
  for (CopyId copy : effects.drop_checkpoints) it.copies.erase(copy);
  for (const auto& start : effects.start_checkpoints) {
    std::string& bytes = it.copies[start.copy];
    for (const std::string& payload : it.memory) bytes += payload + "\n";
    it.role->checkpoint_ready(now(), start.copy, it.log->end(), it.log->history(), {{"data", bytes.size()}});
  }
  for (const auto& read : effects.read_chunks) {
    it.role->chunk_read(now(), read.copy, read.file, read.at, it.copies[read.copy].substr(read.at, read.size));
  }
}

Result<void> World::install(TestNode& it) {
  REQUIRE(it.copy_open);
  it.memory.clear();
  for (size_t at = 0; at < it.copy.size();) {
    const size_t line = it.copy.find('\n', at);
    it.memory.push_back(it.copy.substr(at, line - at));
    at = line + 1;
  }
  it.tier = it.memory;
  it.tier_at = it.copy_open->position.offset;
  return it.log->reset(it.copy_open->position, it.copy_open->history);
}

void World::link_effects(TestNode& it, RoleEffects& effects) {
  for (const auto& end : effects.closes) {
    if (!quiet_ && ends_.contains({it.name, end.conn.value})) say(it.name + ": closes a link: " + end.why);
    close(it, end.conn);
  }
  for (const auto& wish : effects.connects) connect(it, wish.conn, wish.address);
  for (auto& send : effects.sends) {
    const auto end = ends_.find({it.name, send.conn.value});
    if (end == ends_.end()) continue;
    if (end->second.peer_conn == ConnId{}) {
      heard(it.name, end->second.peer, send.message);
    } else {
      flights_.push_back({it.name, end->second.peer, end->second.peer_conn, std::move(send.message)});
      it.role->drained(now(), send.conn, 0);
    }
  }
}

void World::connect(TestNode& it, ConnId conn, const Address& address) {
  const std::string host = moved_.contains(address.host) ? moved_[address.host] : address.host;
  const auto found = nodes_.find(host);
  if (blocked(it.name, host)) return;  // no answer at all
  if (found == nodes_.end() || !found->second->up()) {
    it.role->connect_failed(now(), conn, true);
    return;
  }
  TestNode& peer = *found->second;
  const ConnId there = peer.conns.take();
  ends_[{it.name, conn.value}] = End{peer.name, there};
  ends_[{peer.name, there.value}] = End{it.name, conn};
  it.role->connected(now(), conn);
  drain(it);
}

void World::close(TestNode& it, ConnId conn) {
  const auto end = ends_.find({it.name, conn.value});
  if (end == ends_.end()) return;
  if (end->second.peer_conn != ConnId{}) {
    flights_.push_back({it.name, end->second.peer, end->second.peer_conn, std::nullopt});
  }
  ends_.erase(end);
}

void World::heard(const std::string& name, const std::string& sentinel, const Message& message) {
  const auto keep = [&](const NodeStatus& status) {
    if (status.token) tokens_[name] = *status.token;
  };
  if (const auto* beat = std::get_if<HeartbeatAnswer>(&message)) keep(beat->status);
  if (const auto* promoted = std::get_if<PromoteAnswer>(&message)) keep(promoted->status);
  if (!quiet_) say(name + " -> " + sentinel + ": " + describe(message));
}

}  // namespace onggi::test
