// Whatever peers say to a node, in whatever order: it never crashes, its promise never goes down, it answers in whole
// frames, and a connection without the password changes nothing of who leads and who follows.
//
//   input := flags(1) (action(1) arguments)*      flags & 1: there is a password, and nobody knows it
#include "common/codec.h"
#include "storage/record.h"
#include "tests/fuzz/node_box.h"
#include "tests/fuzz/words.h"

using namespace onggi;

namespace {

constexpr int kMostActions = 100;
constexpr size_t kMostConnections = 5;

class Run {
 public:
  Run(fuzz::Input& input, bool strangers)
      : input_(input), strangers_(strangers), box_(config(strangers)), words_(input) {
    words_.ids = {box_.node->role().id().hex.str(), std::string(40, 'a'), std::string(40, 'b'), std::string(40, 'd')};
    words_.password = strangers ? "wrong" : "";
    look();
    connections_.push_back(box_.connect());
  }

  void go() {
    for (int i = 0; i < kMostActions && !input_.empty() && !box_.exited; i++) {
      act();
      look();
    }
  }

 private:
  static Config config(bool strangers) {
    Config made;
    made.managed = true;
    made.databases = 2;
    if (strangers) made.requirepass = "secret";
    return made;
  }

  // What is known now is said later; and what must hold.
  void look() {
    const Role& role = box_.node->role();
    fuzz::require(role.promise() >= promise_, "a promise never goes down");
    fuzz::require(role.promise().value < uint64_t{1} << 40, "nobody uses the epochs up");
    if (strangers_) {
      fuzz::require(role.promise() == Epoch{} && !role.is_master() && role.configuration() == Configuration{},
                    "strangers change nothing");
    }
    promise_ = role.promise();
    words_.epochs = {promise_, role.epoch(), role.configuration().epoch};
    words_.positions = {box_.node->log().end(), {role.epoch(), box_.node->log().begin()}};
  }

  ConnId conn() { return connections_[input_.below(connections_.size())]; }

  void act() {
    const uint8_t action = input_.byte() % 24;
    if (action == 0 && connections_.size() < kMostConnections) return connections_.push_back(box_.connect());
    if (action == 1) return box_.pass(milliseconds(input_.below(700)));
    if (action == 2) return box_.feed(conn(), "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1\r\nv\r\n"), box_.settle();
    if (action == 3) return close();
    if (action == 4) return say_raw();
    if (action == 5) return answer_connect();
    const ConnId who = conn();
    say(who, message(action));
  }

  void close() {
    const size_t which = input_.below(connections_.size());
    if (connections_.size() == 1) return;
    box_.close(connections_[which]);
    connections_.erase(connections_.begin() + static_cast<std::ptrdiff_t>(which));
    box_.settle();
  }

  void say_raw() {
    const std::string payload(input_.bytes(input_.below(300)));
    const ConnId who = conn();
    box_.feed(who, "*2\r\n$5\r\nONGGI\r\n$" + std::to_string(payload.size()) + "\r\n" + payload + "\r\n");
    hear(who);
  }

  // A connection that the node asked for: made or refused.
  void answer_connect() {
    if (box_.connects.empty()) return;
    const ConnId link = box_.connects.back().first;
    box_.connects.pop_back();
    if (words_.flag()) {
      box_.node->connected(box_.now, link);
      connections_.push_back(link);
    } else {
      box_.node->connect_failed(box_.now, link, words_.flag());
    }
    box_.settle();
  }

  void say(ConnId who, const Message& message) {
    box_.feed(who, frame(message));
    hear(who);
  }

  // Tokens in answers are echoed later.
  void hear(ConnId who) {
    const std::string replies = box_.replies(who);
    RequestParser parser;
    std::vector<std::string_view> args;
    for (std::string_view rest = replies; rest.starts_with("*2\r\n$5\r\nONGGI");) {
      size_t used = 0;
      fuzz::require(parser.parse(rest, used, args) == ParseResult::kCommand, "answers are whole frames");
      const auto said = decode(args[1]);
      fuzz::require(static_cast<bool>(said), "answers can be read");
      const auto* answer = std::get_if<HeartbeatAnswer>(&*said);
      if (answer != nullptr && answer->status.token) words_.tokens = {*answer->status.token};
      rest.remove_prefix(used);
    }
  }

  Message message(uint8_t kind) {
    switch (kind) {
      case 6:
      case 7: {
        Heartbeat beat{{words_.id()}, words_.address(), input_.below(9), words_.epoch(), words_.epoch(), {}, {}};
        if (words_.flag()) beat.echo = words_.token();
        if (words_.flag()) beat.watcher_targets.push_back(words_.address());
        return beat;
      }
      case 8:
      case 9:
        return Fence{words_.epoch(), {words_.id()}};
      case 10:
      case 11:
        return Promote{{words_.id()}, {std::string(40, 'a')}, words_.position(), words_.configuration()};
      case 12:
        return CatchUp{words_.epoch(), {words_.id()}, {words_.id()}, words_.address(), words_.position()};
      case 13:
        return Follow{words_.configuration()};
      case 14:
        return Pause{input_.below(9), {words_.id()}};
      case 15:
      case 16:
        return sync_request();
      case 17:
        return Ack{words_.epoch(), words_.position(), words_.position()};
      case 18:
        return SyncReply{static_cast<SyncReply::Kind>(input_.below(3)),
                         words_.text(),
                         {words_.id()},
                         {words_.id()},
                         words_.epoch(),
                         words_.position(),
                         words_.position(),
                         words_.history(),
                         {words_.id()},
                         words_.configuration()};
      case 19:
      case 20:
        return chunk();
      case 21:
        return CopyBegin{words_.position(), words_.history(), {{words_.text(), input_.number(8)}, {"log", 10}}};
      case 22:
        return CopyChunk{static_cast<uint32_t>(input_.below(3)), input_.number(8), words_.text()};
      default:
        return words_.flag() ? Message(CopyEnd{input_.number(8)}) : Message(HandoverRefused{words_.text()});
    }
  }

  SyncRequest sync_request() {
    SyncRequest made;
    made.id = {words_.id()};
    made.run = {words_.id()};
    made.address = words_.address();
    made.cluster = {words_.flag() ? std::string(40, 'c') : ""};
    made.promise = words_.epoch();
    made.master_epoch = words_.epoch();
    made.position = words_.position();
    made.history = words_.history();
    made.catch_up = input_.below(5) == 0;
    made.must_copy = input_.below(5) == 0;
    made.password = words_.password;
    return made;
  }

  // A record at the log's end, sealed as by a master of `epoch`; or bytes that are none.
  StreamChunk chunk() {
    StreamChunk made{words_.epoch(), words_.position().offset, {static_cast<int64_t>(input_.number(8))}, {}};
    if (input_.below(4) == 0) {
      made.bytes = words_.text();
      return made;
    }
    const bool starts = words_.flag();
    const Fork fork{made.epoch, {input_.below(4)}};
    const std::string payload = starts ? epoch_start_payload(fork.epoch, fork.branch, {}) : words_.text();
    made.bytes = std::string(kRecordHeaderBytes, '\0') + payload;
    seal_record(made.bytes.data(), starts ? RecordType::kEpochStart : RecordType::kOperations, payload.size(), fork,
                made.from);
    return made;
  }

  fuzz::Input& input_;
  bool strangers_;
  fuzz::NodeBox box_;
  fuzz::Words words_;
  std::vector<ConnId> connections_;
  Epoch promise_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::Input input(data, size);
  const bool strangers = (input.byte() & 1) != 0;
  Run(input, strangers).go();
  return 0;
}
