// The keyspace as the commands' descriptions have it, in the plainest way: a map of maps, scanned where need be. It
// gives the reply, as RESP2, that each command of the target `commands` must have.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace onggi::fuzz {

class Model {
 public:
  using Words = std::vector<std::string>;

  int64_t now_ms = 0;
  size_t db = 0;  // selected

  // The words of one command; empty when the model doesn't know it.
  std::string reply(const Words& words);
  void disconnected() { db = 0; }

 private:
  struct Value {
    enum class Type : uint8_t { kString, kHash, kSet } type = Type::kString;
    std::string string;
    std::map<std::string, std::string> items;
    int64_t deadline_ms = 0;
  };
  static constexpr size_t kDatabases = 3;

  Value* find(const std::string& key) { return find(db, key); }
  Value* find(size_t in, const std::string& key);
  std::string on_keys(const Words& words);
  std::string on_expiry(const Words& words);
  std::string on_strings(const Words& words);
  std::string on_hashes(const Words& words);
  std::string on_sets(const Words& words);
  std::string set(const Words& words);
  std::string add(const std::string& key, int64_t step);
  std::string patch(const std::string& key, size_t at, const std::string& bytes);
  std::string remove_item(Value& value, const Words& words);

  std::map<std::string, Value> keys_[kDatabases];
};

}  // namespace onggi::fuzz
