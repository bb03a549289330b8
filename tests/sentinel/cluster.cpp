#include "tests/sentinel/cluster.h"

#include <algorithm>

#include "sentinel/state.h"
#include "tests/sentinel/trace.h"

namespace onggi::test {
namespace {

constexpr Duration kReplication = milliseconds(2);
constexpr Duration kStoppedAgain = milliseconds(5);

}  // namespace

Cluster::Cluster(ClusterOptions options) : options_(options), random_(options.seed) {
  for (size_t i = 0; i < options.nodes + options.spare_nodes; i++) {
    auto n = std::make_unique<FakeNode>();
    n->name = std::string(1, static_cast<char>('A' + i));
    n->address = {"10.0.0." + std::to_string(i + 1), kNodePort};
    n->start();
    n->up = i < options.nodes;
    nodes_.push_back(std::move(n));
  }
  for (size_t i = 0; i < options.sentinels + options.spare_sentinels; i++) {
    auto p = std::make_unique<Process>();
    p->name = "S" + std::to_string(i + 1);
    p->address = {"10.0.1." + std::to_string(i + 1), kSentinelPort};
    SentinelState state;
    state.id = {p->name};
    p->store.text = encode_state(state);
    sentinels_.push_back(std::move(p));
  }
  for (size_t i = 0; i < options.sentinels; i++) start_sentinel(*sentinels_[i]);
  at(now_ + kReplication, [this] { replication_turn(); });
}

void Cluster::replication_turn() {
  replicate();
  write();
  at(now_ + kReplication, [this] { replication_turn(); });
}

void Cluster::start_sentinel(Process& p) {
  SentinelOptions o;
  o.self = p.address;
  for (size_t i = 0; i < options_.nodes; i++) o.nodes.push_back({"10.0.0." + std::to_string(i + 1), kNodePort});
  for (size_t i = 0; i < options_.sentinels; i++)
    o.sentinels.push_back({"10.0.1." + std::to_string(i + 1), kSentinelPort});
  o.write_acks = options_.write_acks;
  p.life++;
  p.stopped = false;
  p.random = std::make_unique<Random>(options_.seed * 1000 + p.life * 10 + static_cast<uint64_t>(p.name.back()));
  auto started = Sentinel::start(o, p.store, *p.random, both_clocks());
  ONGGI_CHECK(started);
  p.sentinel = *std::move(started);
  execute(p);
}

void Cluster::at(Instant when, std::function<void()> action) {
  events_.push({when, order_++, std::move(action)});
}

Duration Cluster::delay() {
  const auto span = static_cast<uint64_t>((options_.most_delay - options_.least_delay).count());
  return options_.least_delay + Duration(static_cast<int64_t>(random_.below(span + 1)));
}

void Cluster::run_for(Duration duration) {
  run_until([] { return false; }, duration);
}

bool Cluster::run_until(const std::function<bool()>& condition, Duration at_most) {
  const Instant end = now_ + at_most;
  while (!condition()) {
    Instant next = events_.empty() ? end : events_.top().at;
    for (auto& p : sentinels_) {
      if (!p->sentinel || p->stopped) continue;
      if (auto deadline = p->sentinel->next_deadline()) next = std::min(next, *deadline);
    }
    if (next > end) {
      now_ = end;
      return condition();
    }
    now_ = std::max(now_, next);
    if (!events_.empty() && events_.top().at <= now_) {
      auto action = events_.top().action;
      events_.pop();
      action();
    } else {
      tick_sentinels();
    }
    check();
  }
  return true;
}

void Cluster::tick_sentinels() {
  for (auto& p : sentinels_) {
    if (!p->sentinel || p->stopped) continue;
    auto deadline = p->sentinel->next_deadline();
    if (!deadline || *deadline > now_) continue;
    p->wakes++;
    feed(*p, Tick{});
  }
}

void Cluster::feed(Process& p, const SentinelEvent& event) {
  p.sentinel->step(both_clocks(), event);
  execute(p);
}

void Cluster::execute(Process& p) {
  SentinelEffects effects = p.sentinel->drain();
  for (LinkId link : effects.closes) {
    if (auto found = conn_of_.find(link); found != conn_of_.end()) close(found->second, p.name);
  }
  for (const Connect& c : effects.connects) connect(p, c.address);
  for (const Send& s : effects.sends) {
    if (auto found = conn_of_.find(s.link); found != conn_of_.end()) send(found->second, p.name, s.message);
  }
  for (const Publication& pub : effects.publications) note(p.name + " " + pub.channel + " " + pub.payload);
  for (const OperatorReply& r : effects.replies) note(p.name + " replies " + (r.ok ? "" : "-") + r.text);
}

void Cluster::connect(Process& p, const Address& address) {
  std::string target;
  for (auto& n : nodes_) {
    if (n->address == address) target = n->name;
  }
  for (auto& s : sentinels_) {
    if (s->address == address) target = s->name;
  }
  Process* process_ptr = &p;
  const uint64_t life = p.life;
  const bool cut = is_cut(p.name, target);
  at(now_ + (cut ? Duration(kConnectTimeout) : delay()), [this, process_ptr, life, target, address, cut] {
    Process& from = *process_ptr;
    if (!from.sentinel || from.life != life) return;
    if (cut || is_cut(from.name, target)) return feed(from, LinkDown{{}, address, LinkDown::Why::kTimeout});
    if (target.empty() || !alive(target) || rejects_.contains(pair(from.name, target)))
      return feed(from, LinkDown{{}, address, LinkDown::Why::kRefused});
    Conn conn;
    conn.from = from.name;
    conn.to = target;
    conn.from_link = {++links_};
    conn.to_link = {++links_};
    conn_of_[conn.from_link] = conn_of_[conn.to_link] = conns_.size();
    conns_.push_back(conn);
    feed(from, LinkUp{address, conn.from_link});
  });
}

void Cluster::send(size_t index, const std::string& sender, const Message& message) {
  Conn& conn = conns_[index];
  if (!conn.open) return;
  const std::string& to = sender == conn.from ? conn.to : conn.from;
  note_message(sender, to, message);
  Instant& clear = sender == conn.from ? conn.to_clear : conn.from_clear;
  clear = std::max(clear, now_ + delay());
  at(clear, [this, index, to, message] { deliver(index, to, message); });
}

void Cluster::deliver(size_t index, const std::string& to, const Message& message) {
  Conn& conn = conns_[index];
  if (!conn.open || conn.stuck) return;
  if (is_cut(conn.from, conn.to)) {
    conn.stuck = true;
    return;
  }
  const LinkId link = to == conn.from ? conn.from_link : conn.to_link;
  if (Process* p = process(to)) {
    if (!p->sentinel) return;
    if (p->stopped) return at(now_ + kStoppedAgain, [this, index, to, message] { deliver(index, to, message); });
    return feed(*p, MessageFrom{link, message});
  }
  FakeNode& n = node(to);
  if (!n.up) return;
  if (n.stopped) return at(now_ + kStoppedAgain, [this, index, to, message] { deliver(index, to, message); });
  if (const auto* pause = std::get_if<Pause>(&message)) {  // the paused master's target reaches its end
    for (auto& f : nodes_) {
      if (f->up && f->id == pause->target && n.followers.contains(f->id)) f->log = n.log;
    }
  }
  const bool was_master = n.is_master;
  std::optional<Message> answer = n.handle(message, now_);
  if (was_master && !n.is_master) note(to + " is no longer master");
  if (!was_master && n.is_master) {
    note(to + " becomes master of epoch " + std::to_string(n.master_epoch.value));
    auto [it, first] = master_of_.emplace(n.master_epoch, n.id);
    if (!first) broken_.push_back("P2: a second promotion in epoch " + std::to_string(n.master_epoch.value));
  }
  if (answer) send(index, to, *answer);
}

void Cluster::close(size_t index, const std::string& by) {
  Conn& conn = conns_[index];
  if (!conn.open) return;
  conn.open = false;
  for (const auto& [name, link] : {std::pair(conn.from, conn.from_link), std::pair(conn.to, conn.to_link)}) {
    Process* p = process(name);
    if (name == by || p == nullptr || is_cut(conn.from, conn.to)) continue;
    const Address address = conn.from == name
                                ? (process(conn.to) != nullptr ? process(conn.to)->address : node(conn.to).address)
                                : Address{};
    at(now_ + delay(), [this, p, link = link, address, life = p->life] {
      if (p->sentinel && p->life == life) feed(*p, LinkDown{link, address, LinkDown::Why::kClosed});
    });
  }
}

void Cluster::close_all_of(const std::string& name) {
  for (size_t i = 0; i < conns_.size(); i++) {
    if (conns_[i].from == name || conns_[i].to == name) close(i, name);
  }
}

void Cluster::kill(const std::string& name) {
  note("kill " + name);
  if (Process* p = process(name)) {
    p->sentinel.reset();
  } else {
    node(name).up = false;
  }
  close_all_of(name);
}

void Cluster::kill_proven(const std::string& name) {
  const FakeNode& n = node(name);
  const RunDead proof{n.id, n.run, n.secret};
  kill(name);
  for (auto& s : sentinels_) {
    Process* p = s.get();
    at(now_ + delay(), [this, p, proof] {
      if (p->sentinel) feed(*p, MessageFrom{{++links_}, proof});
    });
  }
}

void Cluster::restart(const std::string& name) {
  if (alive(name)) kill(name);
  note("restart " + name);
  if (Process* p = process(name)) return start_sentinel(*p);
  node(name).start();
}

void Cluster::wipe(const std::string& name) {
  Process* p = process(name);
  if (p == nullptr) return node(name).wipe();
  SentinelState state;
  state.id = {name + "." + std::to_string(++p->wipes)};
  p->store.text = encode_state(state);
}

void Cluster::move(const std::string& name) {
  Process* p = process(name);
  Address& address = p != nullptr ? p->address : node(name).address;
  note("move " + name);
  address.port++;
}

Address Cluster::address(const std::string& name) {
  const Process* p = process(name);
  return p != nullptr ? p->address : node(name).address;
}

std::vector<std::string> Cluster::names() const {
  std::vector<std::string> all;
  for (const auto& n : nodes_) all.push_back(n->name);
  for (const auto& p : sentinels_) all.push_back(p->name);
  return all;
}

void Cluster::reject(const std::string& a, const std::string& b) {
  note("reject " + a + " " + b);
  rejects_.insert(pair(a, b));
  for (size_t i = 0; i < conns_.size(); i++) {
    if (pair(conns_[i].from, conns_[i].to) == pair(a, b)) close(i, "");
  }
}

void Cluster::stop(const std::string& name, bool stopped) {
  note((stopped ? "stop " : "continue ") + name);
  if (Process* p = process(name)) {
    p->stopped = stopped;
  } else {
    node(name).stopped = stopped;
  }
}

void Cluster::command(const std::string& sentinel, const SentinelEvent& event) {
  feed(*process(sentinel), event);
}

FakeNode& Cluster::node(const std::string& name) {
  for (auto& n : nodes_) {
    if (n->name == name) return *n;
  }
  ONGGI_CHECK(false);
}

Cluster::Process* Cluster::process(const std::string& name) {
  for (auto& p : sentinels_) {
    if (p->name == name) return p.get();
  }
  return nullptr;
}

bool Cluster::alive(const std::string& name) {
  if (Process* p = process(name)) return p->sentinel != nullptr;
  return node(name).up;
}

SentinelView Cluster::view(const std::string& sentinel) const {
  for (auto& p : sentinels_) {
    if (p->name == sentinel) return p->sentinel->view(both_clocks());
  }
  ONGGI_CHECK(false);
}

MemoryStore& Cluster::store(const std::string& sentinel) {
  return process(sentinel)->store;
}

FakeNode* Cluster::writable_master() {
  for (auto& n : nodes_) {
    if (n->accepts_writes(now_)) return n.get();
  }
  return nullptr;
}

// Followers copy the log of the master that they follow; each at each turn or not, by chance.
void Cluster::replicate() {
  for (auto& n : nodes_) {
    FakeNode& f = *n;
    f.hears_master = false;
    if (!f.up || f.stopped) continue;
    for (auto& other : nodes_) {
      FakeNode& m = *other;
      if (&m == &f || !m.up || m.stopped || is_cut(f.name, m.name)) {
        if (!f.id.hex.empty()) m.followers.erase(f.id);
        continue;
      }
      if (f.wants_tail && f.wants_tail->source == m.id) {
        f.log.assign(m.log.begin(), m.log.begin() + static_cast<int64_t>(f.wants_tail->until.offset.value));
        f.wants_tail.reset();
      }
      const bool follows =
          !f.is_master && !f.fenced && f.configuration.master == m.id && f.configuration.epoch == f.master_epoch;
      if (!follows || !m.is_master || m.fenced) continue;
      if (m.master_epoch != f.master_epoch || f.promise > m.master_epoch) continue;
      f.hears_master = true;
      if (random_.below(2) == 0) continue;
      f.log = m.log;
      f.sure = f.following_master = f.in_step = true;
      m.followers.insert(f.id);
      m.holders.insert(f.id);
    }
  }
}

void Cluster::write() {
  for (auto& n : nodes_) {
    FakeNode& m = *n;
    if (!m.accepts_writes(now_) || m.stopped) continue;
    const uint32_t k = m.configuration.write_acks;
    auto is_member = [&](const NodeId& id) {
      return std::any_of(m.configuration.members.begin(), m.configuration.members.end(),
                         [&](const Member& member) { return member.id == id; });
    };
    // What enough members hold, of this very epoch's stream, is acknowledged.
    for (size_t i = m.log.size(); i-- > 0 && k > 0;) {
      if (m.log[i].write == 0 || acknowledged_.contains(m.log[i].write)) break;
      size_t hold = 0;
      for (auto& f : nodes_) {
        hold += f->up && f->id != m.id && is_member(f->id) && m.followers.contains(f->id) &&
                f->master_epoch == m.master_epoch && f->promise == m.master_epoch && f->log.size() > i &&
                f->log[i] == m.log[i];
      }
      if (hold >= k) acknowledged_.insert(m.log[i].write);
    }
    m.log.push_back({m.master_epoch, ++writes_});
  }
}

void Cluster::check() {
  std::string who;
  for (auto& n : nodes_) {
    if (!n->accepts_writes(now_)) continue;
    if (!who.empty()) broken_.push_back("P2: " + who + " and " + n->id.hex + " accept writes at once");
    who = n->id.hex;
    if (who == writable_note_ || options_.write_acks == 0) continue;
    std::set<uint64_t> has;
    for (const Record& record : n->log) has.insert(record.write);
    for (uint64_t write : acknowledged_) {
      if (!has.contains(write)) broken_.push_back("P1: write " + std::to_string(write) + " is not with " + who);
    }
  }
  if (who == writable_note_) return;
  note(who.empty() ? "nobody is writable" : who + " is writable");
  writable_note_ = who;
}

void Cluster::note(const std::string& text) {
  trace_.push_back(std::to_string((now_.us - 1000000) / 1000) + "ms " + text);
}

void Cluster::note_message(const std::string& from, const std::string& to, const Message& message) {
  if (!options_.trace_messages) return;
  const std::string text = describe(message);
  if (!text.empty()) note(from + "->" + to + " " + text);
}

}  // namespace onggi::test
