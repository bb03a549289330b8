#include "tests/simulation/sim_client.h"

#include "common/numbers.h"
#include "common/resp/writer.h"

namespace onggi::sim {

namespace {
constexpr Micros kReplyTimeout = 4'000'000;
constexpr Micros kRetry = 30'000;
constexpr uint64_t kKeys = 4;
constexpr Micros kHurried = 15'000;   // the longest thought while in a hurry
constexpr Micros kHurry = 1'000'000;  // how long after an error
}  // namespace

SimClient::SimClient(World& world, HostId host, std::string name, std::vector<Address> sentinels, const Shape& shape)
    : Process(world, host, name, {name, 1}),
      sentinels_(std::move(sentinels)),
      write_acks_(shape.write_acks),
      most_thought_(Micros{shape.think_ms} * 1000),
      enough_(std::max(shape.write_acks, static_cast<uint32_t>(shape.nodes) / 2)) {}

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
  world_.network.connect(host(), attempt, sentinels_[world_.random.below(sentinels_.size())]);
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

void SimClient::request() {
  if (finishing_) return;
  const uint64_t draw = world_.random.below(100);
  const std::string index = std::to_string(world_.random.below(kKeys));
  current_ = {};
  if (draw < 50) {
    current_ = {Request::Kind::kRegister, name() + ":r" + index, next_value_++};
    auto& history = history_.registers[current_.key];
    history.unanswered.insert(current_.value);
    send({"SET", current_.key, std::to_string(current_.value)});
  } else if (draw < 70) {
    current_ = {Request::Kind::kCounter, name() + ":c" + index, 0};
    history_.counters[current_.key].attempted++;
    send({"INCR", current_.key});
  } else if (draw < 80) {
    history_.sessions.insert(name() + ":s" + index);
    current_ = {Request::Kind::kSession, name() + ":s" + index, 0};
    send({"HSET", current_.key, "user", name(), "page", std::to_string(next_value_)});
  } else if (draw < 90) {
    current_ = {Request::Kind::kTouch, name() + ":s" + index, 0};
    send({"PEXPIRE", current_.key, std::to_string(500 + world_.random.below(5000))});
  } else {
    current_ = {Request::Kind::kRead, name() + ":r" + index, 0};
    send({"GET", current_.key});
  }
  if (draw < 70 && world_.random.below(10) < (write_acks_ == 0 ? 7 : 1)) {
    current_.waits = true;
    send({"WAIT", std::to_string(enough_), "400"});
  }
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
    Address address{reply.elements[0].text, static_cast<uint16_t>(*parse_int64(reply.elements[1].text))};
    world_.network.close(wire_);
    wire_ = 0;
    doing_ = Doing::kConnecting;
    world_.network.connect(host(), ++attempt_, address);
    return;
  }
  if (doing_ != Doing::kWaiting) return;
  if (reply.is_error() && !current_.executed) return refused(reply.text);
  if (current_.waits && !current_.executed) {
    current_.executed = true;  // the WAIT's own answer comes next
    return;
  }
  if (current_.waits) {
    executed(write_acks_ > 0 || (!reply.is_error() && reply.integer >= enough_));
  } else {
    executed(write_acks_ > 0 || current_.kind == Request::Kind::kRead);
  }
  const Micros most = world_.timeline.now() < hurries_until_ ? kHurried : most_thought_;
  next_after(static_cast<Micros>(world_.random.below(static_cast<uint64_t>(most))));
}

void SimClient::refused(const std::string& why) {
  history_.errors++;
  const bool perhaps = why.starts_with("NOACK");
  if (!perhaps && current_.kind == Request::Kind::kRegister)
    history_.registers[current_.key].unanswered.erase(current_.value);
  if (why.starts_with("WRONGTYPE") || why.starts_with("ERR")) say("is told " + why);
  lost(why);
}

// Covered: by as many nodes as keep it through every failover.
void SimClient::executed(bool covered) {
  if (covered) history_.acknowledged++;
  if (current_.kind == Request::Kind::kRegister) {
    auto& history = history_.registers[current_.key];
    history.unanswered.erase(current_.value);
    if (covered) {
      history.last_acknowledged = current_.value;
      history.told.clear();
    } else {
      history.told.insert(current_.value);
    }
  } else if (covered && current_.kind == Request::Kind::kCounter) {
    history_.counters[current_.key].acknowledged++;
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
