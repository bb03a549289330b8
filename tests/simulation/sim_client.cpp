#include "tests/simulation/sim_client.h"

#include "common/numbers.h"
#include "common/resp/writer.h"

namespace onggi::sim {

namespace {
constexpr Micros kReplyTimeout = 4'000'000;
constexpr Micros kRetry = 30'000;
constexpr Micros kHurried = 15'000;   // the longest thought while in a hurry
constexpr Micros kHurry = 1'000'000;  // how long after an error
}  // namespace

SimClient::SimClient(World& world, HostId host, std::string name, Sentinels sentinels, const Shape& shape,
                     Operations& history)
    : Process(world, host, name, {name, 1}),
      sentinels_(std::move(sentinels)),
      write_acks_(shape.write_acks),
      most_thought_(Micros{shape.think_ms} * 1000),
      enough_(std::max(shape.write_acks, static_cast<uint32_t>(shape.nodes + (shape.changes ? 1 : 0)) / 2)),
      history_(history) {}

void SimClient::start() {
  set_alive();
  look_for_master();
}

void SimClient::look_for_master() {
  if (wire_ != 0) world_.network.close(wire_);
  wire_ = 0;
  reader_ = {};
  doing_ = Doing::kAskingSentinel;
  const uint64_t attempt = ++attempt_;
  const std::vector<Address> sentinels = sentinels_();
  world_.network.connect(host(), attempt, sentinels[world_.random.below(sentinels.size())]);
  later(kReplyTimeout / 4, [this, attempt] {
    if (attempt == attempt_ && doing_ == Doing::kAskingSentinel) look_for_master();
  });
}

void SimClient::connected(uint64_t attempt, std::optional<WireId> wire, bool) {
  if (attempt != attempt_) {
    if (wire) world_.network.close(*wire);
    return;
  }
  if (!wire)
    return later(kRetry, [this, attempt] {
      if (attempt == attempt_) look_for_master();
    });
  wire_ = *wire;
  reader_ = {};
  if (doing_ == Doing::kAskingSentinel) {
    send({"SENTINEL", "GET-MASTER-ADDR-BY-NAME", "mymaster"});
  } else {
    next_after(0);
  }
}

void SimClient::send(std::initializer_list<std::string> words) {
  std::string bytes;
  ReplyWriter writer(bytes);
  writer.array_header(words.size());
  for (const std::string& word : words) writer.bulk(word);
  world_.network.send(wire_, std::move(bytes));
}

void SimClient::next_after(Micros delay) {
  doing_ = Doing::kIdle;
  later(delay, [this, attempt = attempt_] {
    if (attempt == attempt_ && doing_ == Doing::kIdle) request();
  });
}

void SimClient::begin(Family family, Action action, std::string key, int64_t ttl_ms) {
  current_ = history_.size();
  Operation operation;
  operation.client = name();
  operation.host = name();
  operation.action = action;
  operation.family = family;
  operation.key = std::move(key);
  const bool writes = action == Action::kWrite || action == Action::kSwap;
  if (writes) operation.value = std::to_string(history_.size() + 1);  // never written twice
  operation.ttl_ms = ttl_ms;
  operation.invoked = world_.timeline.now();
  operation.node = node_.host;
  history_.push_back(std::move(operation));
}

void SimClient::ask_for(uint64_t draw) {
  const std::string index = std::to_string(world_.random.below(kKeysOfAKind));
  const auto number = [this] { return history_.back().value; };
  const auto ttl = static_cast<int64_t>(300 + world_.random.below(4000));
  if (draw < 35) {
    begin(Family::kOnce, Action::kWrite, name() + ":o" + std::to_string(history_.size()));
    send({"SET", history_.back().key, number()});
  } else if (draw < 50) {
    begin(Family::kCounter, Action::kIncrement, name() + ":c" + index);
    send({"INCR", history_.back().key});
  } else if (draw < 62) {
    begin(Family::kRegister, Action::kSwap, "shared:" + index);
    send({"SET", history_.back().key, number(), "GET"});
  } else if (draw < 67) {
    begin(Family::kRegister, Action::kWrite, "shared:" + index);
    send({"SET", history_.back().key, number()});
  } else if (draw < 76) {
    begin(Family::kRegister, Action::kRead, "shared:" + index);
    send({"GET", history_.back().key});
  } else if (draw < 82) {
    begin(Family::kSession, Action::kWrite, name() + ":s" + index, ttl);
    send({"SET", history_.back().key, number(), "PX", std::to_string(ttl)});
  } else if (draw < 86) {
    begin(Family::kSession, Action::kTouch, name() + ":s" + index, ttl);
    send({"PEXPIRE", history_.back().key, std::to_string(ttl)});
  } else if (draw < 94) {
    begin(Family::kSession, Action::kRead, name() + ":s" + index);
    send({"GET", history_.back().key});
  } else if (draw < 97) {
    // fields that nobody writes again: one that is lost stays so
    send({"HSET", "hash:" + index, name() + ":" + std::to_string(world_.timeline.now()), "x"});
  } else {
    send({"SET", name() + ":bulk", std::string(200 + world_.random.below(3000), 'x')});
  }
}

void SimClient::request() {
  if (finishing_) return;
  current_.reset();
  executed_ = false;
  const uint64_t draw = world_.random.below(100);
  ask_for(draw);
  leased_ = world_.leased_epoch ? world_.leased_epoch(node_) : 0;
  const bool reads = current() != nullptr && current()->action == Action::kRead;
  waits_ = !reads && world_.random.below(10) < (write_acks_ == 0 ? 7 : 1);
  if (waits_) send({"WAIT", std::to_string(enough_), "400"});
  doing_ = Doing::kWaiting;
  const uint64_t number = ++request_number_;
  later(kReplyTimeout, [this, number] {
    if (number == request_number_ && doing_ == Doing::kWaiting) lost("no answer in time");
  });
}

void SimClient::received(WireId wire, std::string_view bytes) {
  if (wire != wire_) return;
  reader_.append(bytes);
  while (true) {
    auto reply = reader_.next();
    if (!reply) return lost("a malformed reply");
    if (!*reply) return;
    answered(**reply);
    if (wire != wire_) return;
  }
}

void SimClient::answered(const Reply& reply) {
  if (doing_ == Doing::kAskingSentinel) {
    if (reply.elements.size() != 2) {
      later(kRetry, [this, attempt = attempt_] {
        if (attempt == attempt_) look_for_master();
      });
      return;
    }
    node_ = {reply.elements[0].text, static_cast<uint16_t>(*parse_int64(reply.elements[1].text))};
    world_.network.close(wire_);
    wire_ = 0;
    doing_ = Doing::kConnecting;
    world_.network.connect(host(), ++attempt_, node_);
    return;
  }
  if (doing_ != Doing::kWaiting) return;
  if (!executed_) {
    if (reply.is_error()) return refused(reply.text);
    executed(reply);
    if (waits_) return;  // the WAIT's own answer comes next
  } else {
    over(reply);
  }
  const Micros most = world_.timeline.now() < hurries_until_ ? kHurried : most_thought_;
  next_after(static_cast<Micros>(world_.random.below(static_cast<uint64_t>(most))));
}

void SimClient::refused(const std::string& why) {
  refusals_++;
  const bool perhaps = why.starts_with("NOACK");
  if (Operation* operation = current()) {
    operation->error = why;
    operation->completed = perhaps ? checkers::kNever : world_.timeline.now();
    if (!perhaps) operation->outcome = checkers::Outcome::kError;
  }
  if (why.starts_with("WRONGTYPE") || why.starts_with("ERR")) say("is told " + why);
  lost(why);
}

// The command's own answer came.
void SimClient::executed(const Reply& reply) {
  executed_ = true;
  if (write_acks_ > 0 || !waits_) acknowledged_++;
  Operation* operation = current();
  if (operation == nullptr) return;
  operation->outcome = checkers::Outcome::kOk;
  operation->completed = world_.timeline.now();
  operation->durable = write_acks_ > 0 && operation->action != Action::kRead;
  if (operation->action == Action::kIncrement) operation->value = std::to_string(reply.integer);
  if (operation->action == Action::kTouch && reply.integer == 1) operation->value = "1";
  if (operation->action == Action::kSwap) operation->previous = reply.text;
  if (operation->action != Action::kRead) return;
  operation->value = reply.text;
  operation->fresh = leased_ != 0 && world_.leased_epoch && world_.leased_epoch(node_) == leased_;
}

// The WAIT's answer came. Covered: by as many nodes as keep it through every failover.
void SimClient::over(const Reply& reply) {
  const bool covered = !reply.is_error() && reply.integer >= enough_;
  if (covered && write_acks_ == 0) acknowledged_++;
  if (current() != nullptr && !reply.is_error()) current()->waited = reply.integer;
  if (Operation* operation = current(); operation != nullptr && covered) {
    operation->durable = true;
    operation->completed = world_.timeline.now();
  }
}

void SimClient::closed(WireId wire) {
  if (wire == wire_) lost("the connection closed");
}

void SimClient::lost(const std::string&) {
  if (finishing_) {
    doing_ = Doing::kNothing;
    return;
  }
  hurries_until_ = world_.timeline.now() + kHurry;
  doing_ = Doing::kAskingSentinel;
  const uint64_t attempt = ++attempt_;
  later(kRetry, [this, attempt] {
    if (attempt == attempt_) look_for_master();
  });
}

}  // namespace onggi::sim
