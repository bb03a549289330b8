// Commands against a model: through the engine of a whole node, with time passing, saves, values leaving memory, and
// kills in between, every reply is what a map of maps says; at the end the keyspace and what the log alone gives have
// the same digest.
//
//   input := (action(1) arguments)*
#include "tests/fuzz/model.h"
#include "tests/fuzz/node_box.h"

using namespace onggi;

namespace {

constexpr int kMostActions = 200;
constexpr int kMostKills = 3;

class Run {
 public:
  Run(fuzz::Input& input) : input_(input), box_(config()) {
    model_.now_ms = box_.now.wall.ms;
    client_ = box_.connect();
  }

  void go() {
    for (int i = 0; i < kMostActions && !input_.empty(); i++) act();
    if (kills_ > 0) return read_all();  // DEBUG DIGEST would first warm up slot after slot, which takes too long here
    const std::string digest = raw({"DEBUG", "DIGEST"});
    fuzz::require(digest == "+" + box_.digest_of_log() + "\r\n", "the log alone gives the same keyspace: " + digest);
  }

 private:
  static Config config() {
    Config made;
    made.databases = 3;
    made.enable_debug_command = DebugCommand::kLocal;
    made.hash_max_listpack_entries = 4;
    made.set_max_intset_entries = 4;
    return made;
  }

  void read_all() {
    for (int db = 0; db < 3; db++) {
      both({"SELECT", std::to_string(db)});
      for (int number = 0; number < 6; number++) {
        for (const char* prefix : {"{t}k", "key"}) {
          read(prefix + std::to_string(number));
        }
      }
    }
  }
  void read(const std::string& name) {
    both({"PTTL", name});
    both({"TYPE", name});
    const std::string type = model_.reply({"TYPE", name});
    if (type == "+string\r\n") both({"GET", name});
    if (type == "+hash\r\n") both({"HLEN", name});
    if (type == "+set\r\n") both({"SCARD", name});
    for (int i = 0; i < 12 && type != "+none\r\n" && type != "+string\r\n"; i++) {
      both({type == "+hash\r\n" ? "HGET" : "SISMEMBER", name, "i" + std::to_string(i)});
    }
  }

  std::string key() { return (input_.below(8) < 4 ? "{t}k" : "key") + std::to_string(input_.below(6)); }
  std::string item() { return "i" + std::to_string(input_.below(12)); }
  std::string database() { return std::to_string(input_.below(3)); }
  std::string value() {
    const uint8_t kind = input_.byte();
    if (kind < 40) return std::to_string(static_cast<int64_t>(input_.number(1 + kind % 8)));
    if (kind < 60) return std::string((kind - 39) * 1000, static_cast<char>('a' + kind % 26));
    return std::string(input_.bytes(kind % 80));
  }
  std::string milliseconds_ahead() { return std::to_string(1 + input_.below(200)); }

  std::string raw(const fuzz::Model::Words& words) {
    std::string request = "*" + std::to_string(words.size()) + "\r\n";
    for (const std::string& word : words) request += "$" + std::to_string(word.size()) + "\r\n" + word + "\r\n";
    box_.feed(client_, request);
    return box_.replies(client_, true);
  }
  void both(const fuzz::Model::Words& words) {
    const std::string expected = model_.reply(words);
    const std::string got = raw(words);
    if (got == expected) return;
    std::string shown;
    for (const std::string& word : words) shown += word.substr(0, 50) + " ";
    fuzz::require(false, shown + "-> " + got.substr(0, 200) + "expected " + expected.substr(0, 200));
  }

  void act() {
    const uint8_t action = input_.byte() % 32;
    if (action < 12) return strings(action);
    if (action < 17) return hashes(action);
    if (action < 22) return sets(action);
    if (action < 28) return keys(action);
    besides(action);
  }

  void strings(uint8_t action) {
    switch (action) {
      case 0:
      case 1:
        return both({"SET", key(), value()});
      case 2:
        return both({"SET", key(), value(), "PX", milliseconds_ahead()});
      case 3:
        return both({"SET", key(), value(), "KEEPTTL"});
      case 4:
        return both({"SET", key(), value(), "NX"});
      case 5:
        return both({"GETDEL", key()});
      case 6:
        return both({"APPEND", key(), value()});
      case 7:
        return both({"STRLEN", key()});
      case 8:
        return both({"INCRBY", key(), std::to_string(static_cast<int64_t>(input_.number(8)))});
      case 9:
        return both({"SETRANGE", key(), std::to_string(input_.below(300)), value()});
      default:
        return both({"GET", key()});
    }
  }

  void hashes(uint8_t action) {
    if (action == 12) return both({"HSET", key(), item(), value()});
    if (action == 13) return both({"HSET", key(), item(), value(), item(), value(), item(), value()});
    if (action == 14) return both({"HDEL", key(), item(), item()});
    if (action == 15) return both({"HLEN", key()});
    both({"HGET", key(), item()});
  }

  void sets(uint8_t action) {
    if (action == 17) return both({"SADD", key(), item(), value()});
    if (action == 18) return both({"SADD", key(), item(), item(), item()});
    if (action == 19) return both({"SREM", key(), item(), item()});
    if (action == 20) return both({"SCARD", key()});
    both({"SISMEMBER", key(), item()});
  }

  void keys(uint8_t action) {
    if (action == 22) return both({"DEL", key(), key()});
    if (action == 23) return both({"EXISTS", key(), key()});
    if (action == 24) return both({"RENAME", key(), key()});
    if (action == 25) return both({"COPY", key(), key(), "DB", database(), "REPLACE"});
    if (action == 26) return both({"PTTL", key()});
    switch (input_.below(6)) {
      case 0:
        return both({"PEXPIRE", key(), milliseconds_ahead()});
      case 1:
        return both({"PERSIST", key()});
      case 2:
        return both({"TYPE", key()});
      case 3:
        return both({"SWAPDB", database(), database()});
      case 4:
        return both({input_.below(4) == 0 ? "FLUSHALL" : "FLUSHDB"});
      default:
        return both({"SELECT", database()});
    }
  }

  void besides(uint8_t action) {
    if (action == 28) {
      const auto ms = static_cast<int64_t>(input_.below(150));
      model_.now_ms += ms;
      box_.pass(milliseconds(ms));
    } else if (action == 29) {
      fuzz::require(raw({"SAVE"}) == "+OK\r\n", "SAVE saves");
    } else if (action == 30) {  // what the tier has leaves memory
      raw({"CONFIG", "SET", "maxmemory", "1"});
      box_.pass(milliseconds(1));
      model_.now_ms += 1;
      raw({"CONFIG", "SET", "maxmemory", "0"});
    } else if (kills_ < kMostKills) {
      kills_++;
      box_.kill_and_start();
      client_ = box_.connect();
      model_.disconnected();
    }
  }

  fuzz::Input& input_;
  fuzz::NodeBox box_;
  fuzz::Model model_;
  ConnId client_;
  int kills_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::Input input(data, size);
  Run(input).go();
  return 0;
}
