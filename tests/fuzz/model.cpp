#include "tests/fuzz/model.h"

#include "common/numbers.h"
#include "tests/fuzz/input.h"

namespace onggi::fuzz {

namespace {

constexpr const char* kOk = "+OK\r\n";
constexpr const char* kNil = "$-1\r\n";
constexpr const char* kWrongType = "-WRONGTYPE Operation against a key holding the wrong kind of value\r\n";

std::string number(int64_t value) {
  return ":" + std::to_string(value) + "\r\n";
}
std::string bulk(std::string_view text) {
  return "$" + std::to_string(text.size()) + "\r\n" + std::string(text) + "\r\n";
}

}  // namespace

Model::Value* Model::find(size_t in, const std::string& key) {
  const auto found = keys_[in].find(key);
  if (found == keys_[in].end()) return nullptr;
  if (found->second.deadline_ms == 0 || found->second.deadline_ms >= now_ms) return &found->second;
  keys_[in].erase(found);
  return nullptr;
}

std::string Model::reply(const Words& words) {
  for (auto family : {&Model::on_keys, &Model::on_expiry, &Model::on_strings, &Model::on_hashes, &Model::on_sets}) {
    if (std::string reply = (this->*family)(words); !reply.empty()) return reply;
  }
  return "";
}

std::string Model::on_keys(const Words& words) {
  const std::string& name = words[0];
  if (name == "SELECT") {
    db = static_cast<size_t>(words[1][0] - '0');
    return kOk;
  }
  if (name == "FLUSHDB") return keys_[db].clear(), kOk;
  if (name == "FLUSHALL") {
    for (auto& keys : keys_) keys.clear();
    return kOk;
  }
  if (name == "SWAPDB") {
    std::swap(keys_[words[1][0] - '0'], keys_[words[2][0] - '0']);
    return kOk;
  }
  if (name == "DEL" || name == "EXISTS") {
    int64_t count = 0;
    for (size_t i = 1; i < words.size(); i++) {
      if (find(words[i]) == nullptr) continue;
      count++;
      if (name == "DEL") keys_[db].erase(words[i]);
    }
    return number(count);
  }
  if (name == "TYPE") {
    const Value* value = find(words[1]);
    if (value == nullptr) return "+none\r\n";
    return value->type == Value::Type::kString ? "+string\r\n"
           : value->type == Value::Type::kHash ? "+hash\r\n"
                                               : "+set\r\n";
  }
  if (name == "RENAME") {
    const Value* value = find(words[1]);
    if (value == nullptr) return "-ERR no such key\r\n";
    const Value moved = *value;
    keys_[db].erase(words[1]);
    keys_[db][words[2]] = moved;
    return kOk;
  }
  if (name == "COPY") {  // COPY from to DB n REPLACE
    const auto to_db = static_cast<size_t>(words[4][0] - '0');
    if (to_db == db && words[1] == words[2]) return "-ERR source and destination objects are the same\r\n";
    const Value* value = find(words[1]);
    if (value == nullptr) return number(0);
    const Value copied = *value;
    keys_[to_db][words[2]] = copied;
    return number(1);
  }
  return "";
}

std::string Model::on_expiry(const Words& words) {
  const std::string& name = words[0];
  if (name != "PEXPIRE" && name != "PERSIST" && name != "PTTL") return "";
  Value* value = find(words[1]);
  if (name == "PTTL") {
    if (value == nullptr) return number(-2);
    return number(value->deadline_ms == 0 ? -1 : value->deadline_ms - now_ms);
  }
  if (value == nullptr) return number(0);
  if (name == "PERSIST") {
    if (value->deadline_ms == 0) return number(0);
    value->deadline_ms = 0;
    return number(1);
  }
  const int64_t ms = *parse_int64(words[2]);
  if (ms <= 0) {
    keys_[db].erase(words[1]);
  } else {
    value->deadline_ms = now_ms + ms;
  }
  return number(1);
}

std::string Model::set(const Words& words) {
  Value value;
  value.string = words[2];
  if (words.size() > 3 && words[3] == "PX") value.deadline_ms = now_ms + *parse_int64(words[4]);
  if (words.size() > 3 && words[3] == "KEEPTTL") {
    if (const Value* old = find(words[1])) value.deadline_ms = old->deadline_ms;
  }
  if (words.size() > 3 && words[3] == "NX" && find(words[1]) != nullptr) return kNil;
  keys_[db][words[1]] = value;
  return kOk;
}

std::string Model::add(const std::string& key, int64_t step) {
  Value* value = find(key);
  const std::optional<int64_t> old = value == nullptr ? 0 : parse_int64(value->string);
  if (!old) return "-ERR value is not an integer or out of range\r\n";
  int64_t sum = 0;
  if (__builtin_add_overflow(*old, step, &sum)) return "-ERR increment or decrement would overflow\r\n";
  keys_[db][key].string = std::to_string(sum);
  return number(sum);
}

std::string Model::patch(const std::string& key, size_t at, const std::string& bytes) {
  const Value* value = find(key);
  if (bytes.empty()) return number(value == nullptr ? 0 : static_cast<int64_t>(value->string.size()));
  std::string& string = keys_[db][key].string;
  if (string.size() < at + bytes.size()) string.resize(at + bytes.size());
  string.replace(at, bytes.size(), bytes);
  return number(static_cast<int64_t>(string.size()));
}

std::string Model::on_strings(const Words& words) {
  const std::string& name = words[0];
  if (name == "SET") return set(words);
  if (name != "GET" && name != "GETDEL" && name != "APPEND" && name != "STRLEN" && name != "INCRBY" &&
      name != "SETRANGE") {
    return "";
  }
  Value* value = find(words[1]);
  if (value != nullptr && value->type != Value::Type::kString) return kWrongType;
  if (name == "STRLEN") return number(value == nullptr ? 0 : static_cast<int64_t>(value->string.size()));
  if (name == "INCRBY") return add(words[1], *parse_int64(words[2]));
  if (name == "SETRANGE") return patch(words[1], static_cast<size_t>(*parse_int64(words[2])), words[3]);
  if (name == "APPEND") {
    std::string& string = keys_[db][words[1]].string;  // an empty string is made of an empty piece too
    string += words[2];
    return number(static_cast<int64_t>(string.size()));
  }
  const std::string found = value == nullptr ? kNil : bulk(value->string);
  if (name == "GETDEL") keys_[db].erase(words[1]);
  return found;
}

// HDEL, SREM: the words from the third on.
std::string Model::remove_item(Value& value, const Words& words) {
  int64_t count = 0;
  for (size_t i = 2; i < words.size(); i++) count += static_cast<int64_t>(value.items.erase(words[i]));
  if (value.items.empty()) keys_[db].erase(words[1]);
  return number(count);
}

std::string Model::on_hashes(const Words& words) {
  const std::string& name = words[0];
  if (name != "HSET" && name != "HGET" && name != "HDEL" && name != "HLEN") return "";
  Value* value = find(words[1]);
  if (value != nullptr && value->type != Value::Type::kHash) return kWrongType;
  if (name == "HSET") {
    Value& changed = keys_[db][words[1]];
    changed.type = Value::Type::kHash;
    int64_t added = 0;
    for (size_t i = 2; i + 1 < words.size(); i += 2) {
      added += changed.items.contains(words[i]) ? 0 : 1;
      changed.items[words[i]] = words[i + 1];
    }
    return number(added);
  }
  if (name == "HLEN") return number(value == nullptr ? 0 : static_cast<int64_t>(value->items.size()));
  if (name == "HDEL") return value == nullptr ? number(0) : remove_item(*value, words);
  return value == nullptr || !value->items.contains(words[2]) ? kNil : bulk(value->items[words[2]]);
}

std::string Model::on_sets(const Words& words) {
  const std::string& name = words[0];
  if (name != "SADD" && name != "SREM" && name != "SCARD" && name != "SISMEMBER") return "";
  Value* value = find(words[1]);
  if (value != nullptr && value->type != Value::Type::kSet) return kWrongType;
  if (name == "SADD") {
    Value& changed = keys_[db][words[1]];
    changed.type = Value::Type::kSet;
    int64_t added = 0;
    for (size_t i = 2; i < words.size(); i++) added += changed.items.emplace(words[i], "").second ? 1 : 0;
    return number(added);
  }
  if (name == "SCARD") return number(value == nullptr ? 0 : static_cast<int64_t>(value->items.size()));
  if (name == "SREM") return value == nullptr ? number(0) : remove_item(*value, words);
  return number(value != nullptr && value->items.contains(words[2]) ? 1 : 0);
}

}  // namespace onggi::fuzz
