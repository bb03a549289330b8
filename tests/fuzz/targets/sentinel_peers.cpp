// Whatever nodes, sentinels, watchers and clients say to a sentinel, in whatever order: it never crashes, its epoch and
// its configuration's never go down, it never votes twice in an epoch, its answers are whole, and a connection without
// the password changes nothing.
//
//   input := flags(1) (action(1) arguments)*      flags & 1: there is a password, and nobody knows it
#include "common/codec.h"
#include "common/run_id.h"
#include "sentinel/api/app.h"
#include "sentinel/state.h"
#include "tests/fuzz/state_in_memory.h"
#include "tests/fuzz/words.h"

using namespace onggi;

namespace {

constexpr int kMostActions = 100;
constexpr size_t kMostConnections = 8;
constexpr size_t kMostConnects = 8;

SentinelConfig config_with(const char* password) {
  const std::string text =
      "sentinel monitor mymaster 127.0.0.1 7001 2\nsentinel announce-ip 127.0.0.1\n"
      "sentinel known-replica mymaster 127.0.0.1 7002\nsentinel known-replica mymaster 127.0.0.1 7003\n"
      "sentinel known-sentinel mymaster 127.0.0.1 27002\nsentinel known-sentinel mymaster 127.0.0.1 27003\n"
      "sentinel write-acks mymaster 1\n";
  auto directives = parse_config_text(text + password, "fuzz.conf");
  fuzz::require(static_cast<bool>(directives), "the configuration can be read");
  auto config = load_sentinel_config(*directives);
  fuzz::require(static_cast<bool>(config), "the configuration can be loaded");
  config->options.self = {"127.0.0.1", 27001};
  return *config;
}

class Run {
 public:
  Run(fuzz::Input& input, bool strangers) : input_(input), strangers_(strangers), words_(input) {
    auto app = SentinelApp::start(config_with(strangers ? "requirepass secret\n" : ""), state_, random_, now_);
    fuzz::require(static_cast<bool>(app), "the sentinel starts");
    app_ = std::move(*app);
    accept();
    carry_out();
    look();
    words_.ids = {before_.id.hex.str(), std::string(40, 'a'), std::string(40, 'b'), std::string(40, 'd')};
    words_.positions = {{{1}, {100}}, {{2}, {200}}};
  }

  void go() {
    for (int i = 0; i < kMostActions && !input_.empty(); i++) {
      act();
      carry_out();
      look();
    }
  }

 private:
  void accept() {
    const auto id = app_->accepted(now_, {"127.0.0.1", 50000}, {"127.0.0.1", 27001});
    fuzz::require(id.has_value(), "a client is let in");
    connections_.push_back(*id);
  }

  void look() {
    const auto state = decode_state(*state_.load());
    fuzz::require(static_cast<bool>(state), "what is stored can be read");
    fuzz::require(state->epoch >= before_.epoch && state->configuration.epoch >= before_.configuration.epoch,
                  "epochs never go down");
    const bool same_vote = state->vote_epoch == before_.vote_epoch;
    fuzz::require(!same_vote || state->vote == before_.vote, "one vote an epoch");
    fuzz::require(state->epoch.value < uint64_t{1} << 40, "nobody uses the epochs up");
    if (strangers_ && !connected_) {
      fuzz::require(state->epoch == Epoch{} && state->configuration == Configuration{}, "strangers change nothing");
    }
    before_ = *state;
    words_.epochs = {before_.epoch, before_.configuration.epoch, before_.vote_epoch};
  }

  // Connects wait until the input says how they went; the rest is done at once.
  void carry_out() {
    AppEffects effects = app_->drain();
    for (const auto& [id, address] : effects.connect) connects_.push_back(id);
    while (connects_.size() > kMostConnects) {
      app_->connect_failed(now_, connects_.front(), LinkDown::Why::kTimeout);
      connects_.erase(connects_.begin());
    }
    for (ConnId id : effects.send) hear(app_->take_output(id));
    for (ConnId id : effects.close) std::erase(connections_, id);
    for (ConnId id : effects.close_after_send) std::erase(connections_, id);
    for (ConnId id : effects.resume) app_->receive(now_, id, "");
    if (connections_.empty()) accept();
  }

  void hear(const std::string& output) {
    RequestParser parser;
    std::vector<std::string_view> args;
    for (std::string_view rest = output; rest.starts_with("*2\r\n$5\r\nONGGI");) {
      size_t used = 0;
      fuzz::require(parser.parse(rest, used, args) == ParseResult::kCommand, "what is sent is whole");
      fuzz::require(static_cast<bool>(decode(args[1])), "what is sent can be read");
      rest.remove_prefix(used);
    }
  }

  ConnId conn() { return connections_[input_.below(connections_.size())]; }
  void feed(ConnId who, const std::string& bytes) {
    const size_t taken = app_->receive(now_, who, bytes);
    fuzz::require(taken <= bytes.size(), "no more is taken than there is");
  }

  void act() {
    const uint8_t action = input_.byte() % 20;
    if (action < 3) return pass(input_.below(action == 0 ? 3000 : 300));
    if (action == 3) return answer_connect();
    if (action == 4 && connections_.size() < kMostConnections) return accept();
    if (action == 5) return close();
    if (action == 6) return feed(conn(), command());
    if (action == 7) {
      const std::string payload(input_.bytes(input_.below(300)));
      return feed(conn(), "*2\r\n$5\r\nONGGI\r\n$" + std::to_string(payload.size()) + "\r\n" + payload + "\r\n");
    }
    const ConnId who = conn();
    feed(who, frame(message(action)));
  }

  void pass(uint64_t ms) {
    now_.instant = now_.instant + milliseconds(ms);
    now_.wall.ms += static_cast<int64_t>(ms);
    app_->tick(now_);
  }

  void answer_connect() {
    if (connects_.empty()) return;
    const size_t which = input_.below(connects_.size());
    const ConnId id = connects_[which];
    connects_.erase(connects_.begin() + static_cast<std::ptrdiff_t>(which));
    if (words_.flag()) {
      app_->connected(now_, id);
      connections_.push_back(id);
      connected_ = true;
    } else {
      app_->connect_failed(now_, id, static_cast<LinkDown::Why>(input_.below(3)));
    }
  }

  void close() {
    const ConnId who = conn();
    std::erase(connections_, who);
    app_->closed(now_, who);
  }

  std::string command() {
    static const std::vector<std::string> commands = {"PING",
                                                      "INFO",
                                                      "SENTINEL MASTERS",
                                                      "SENTINEL REPLICAS mymaster",
                                                      "SENTINEL SENTINELS mymaster",
                                                      "SENTINEL FAILOVER mymaster",
                                                      "SENTINEL RESET *",
                                                      "SENTINEL CKQUORUM mymaster",
                                                      "SUBSCRIBE +switch-master",
                                                      "PSUBSCRIBE *",
                                                      "UNSUBSCRIBE",
                                                      "SENTINEL SET mymaster down-after-milliseconds 200",
                                                      "SENTINEL SET mymaster write-acks 2",
                                                      "SENTINEL GET-MASTER-ADDR-BY-NAME mymaster",
                                                      "SENTINEL FORCE-SENTINELS mymaster",
                                                      "HELLO 3",
                                                      "SENTINEL PENDING-SCRIPTS"};
    if (input_.below(6) == 0) return "SENTINEL FORCE-PROMOTE mymaster " + words_.ids[input_.below(4)] + "\r\n";
    return commands[input_.below(commands.size())] + "\r\n";
  }

  Message message(uint8_t kind) {
    switch (kind) {
      case 8:
      case 9:
      case 10:
        return HeartbeatAnswer{input_.below(9), words_.status()};
      case 11:
        return FenceAnswer{words_.epoch(), words_.flag(), words_.status()};
      case 12:
        return PromoteAnswer{words_.epoch(), words_.flag(), words_.text(), words_.status()};
      case 13: {
        const std::string secret = words_.text();
        return RunDead{{words_.id()}, words_.flag() ? run_id_of(secret) : RunId{words_.id()}, secret};
      }
      case 14:
      case 15:
        return sentinel_heartbeat();
      case 16:
        return VoteRequest{
            words_.epoch(), {words_.id()}, words_.epoch(), {words_.flag() ? words_.id() : ""}, words_.flag()};
      case 17:
        return VoteReply{words_.epoch(), {words_.id()},  words_.flag(),          words_.flag(), words_.flag(),
                         words_.epoch(), words_.epoch(), words_.configuration(), words_.text()};
      case 18:
        return Publish{words_.configuration(), words_.text()};
      default:
        return words_.flag() ? Message(PauseAnswer{input_.below(9), words_.flag(), words_.position(), words_.text()})
                             : Message(RunDeadHeard{{words_.id()}});
    }
  }

  SentinelHeartbeat sentinel_heartbeat() {
    SentinelHeartbeat made;
    made.sender = {words_.id()};
    made.run = {words_.id()};
    made.address = words_.address();
    made.sequence = input_.below(9);
    made.answer = words_.flag();
    made.epoch = words_.epoch();
    made.stored = words_.epoch();
    if (words_.flag()) made.master_seen_down = {words_.id()};
    made.majority_contact = words_.flag();
    made.forced_sentinels = input_.below(5) == 0;
    if (words_.flag()) made.configuration = words_.configuration();
    return made;
  }

  fuzz::Input& input_;
  bool strangers_;
  fuzz::Words words_;
  fuzz::StateInMemory state_;
  Random random_{7};
  Now now_{{1'000'000'000}, {1'700'000'000'000}};
  std::unique_ptr<SentinelApp> app_;
  std::vector<ConnId> connections_;
  std::vector<ConnId> connects_;
  bool connected_ = false;  // a link of the sentinel's own is up: who answers there is no stranger
  SentinelState before_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::Input input(data, size);
  const bool strangers = (input.byte() & 1) != 0;
  Run(input, strangers).go();
  return 0;
}
