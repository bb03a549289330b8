// Random operations on a master beside a plain model, with cuts, evictions, tier reads that come late, flushes, swaps,
// expiry; and a replica that follows the log, evicts, and restarts from its own tier. A failing run prints its seed.
#include <doctest/doctest.h>

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "storage/store.h"
#include "tests/storage/fake_log.h"
#include "tests/storage/store_with_tier.h"

using namespace onggi;

namespace {

constexpr uint32_t kDatabases = 3;

struct Value {
  ValueType type = ValueType::kString;
  std::string string;
  std::map<std::string, std::string> items;  // a set's members have empty values
  int64_t deadline_ms = 0;
};
using Model = std::map<std::pair<uint32_t, std::string>, Value>;

void check_equal(Store& store, uint32_t db, const std::string& key, const Value* value) {
  const Entry* entry = store.peek(db, key);
  const bool live = value != nullptr && (value->deadline_ms == 0 || value->deadline_ms >= store.now().ms);
  REQUIRE((entry != nullptr) == live);
  if (!live) return;
  REQUIRE(type_of(*entry) == value->type);
  REQUIRE(expiry_of(*entry).ms == value->deadline_ms);
  REQUIRE(key_of(*entry) == key);
  if (value->type == ValueType::kString) {
    REQUIRE(string_of(*entry) == value->string);
    return;
  }
  std::map<std::string, std::string> items;
  HashView(*entry).for_each([&](std::string_view name, std::string_view item) {
    items.emplace(name, item);
    return true;
  });
  REQUIRE(items == value->items);
  REQUIRE(HashView(*entry).size() == items.size());
}

class Run {
 public:
  explicit Run(uint64_t seed) : random_(seed), master_(log_, options(8, 16)), replica_(log_, options(4, 300)) {}

  void go(int steps) {
    for (int i = 0; i < steps; i++) {
      master_.store->set_now({now_});
      step();
      check_some();
    }
    compare_all();
  }

 private:
  static StoreOptions options(uint32_t entries, uint32_t bytes) {
    StoreOptions made;
    made.databases = kDatabases;
    made.hash_max_packed_entries = made.set_max_packed_entries = entries;
    made.hash_max_packed_value = bytes;
    return made;
  }

  uint32_t db() { return static_cast<uint32_t>(random_.below(kDatabases)); }
  std::string key() {
    const std::string number = std::to_string(random_.below(25));
    return random_.below(2) == 0 ? "{tag}" + number : "key" + number;
  }
  std::string text() {
    const uint64_t kind = random_.below(40);
    const uint64_t size = kind == 0  ? 17000 + random_.below(5000)
                          : kind < 8 ? 10 + random_.below(100)
                                     : random_.below(12);
    return std::string(size, static_cast<char>('a' + random_.below(26)));
  }
  int64_t deadline() { return random_.below(2) == 0 ? 0 : now_ + 1 + static_cast<int64_t>(random_.below(60)); }
  Value* model(uint32_t number, const std::string& name) {
    const auto found = model_.find({number, name});
    return found == model_.end() ? nullptr : &found->second;
  }
  // What a command sees: expired is absent.
  Value* live(uint32_t number, const std::string& name) {
    Value* value = model(number, name);
    return value != nullptr && value->deadline_ms != 0 && value->deadline_ms < now_ ? nullptr : value;
  }
  // The model's value for a change: an expired one goes first.
  Value& fresh(uint32_t number, const std::string& name) {
    if (live(number, name) == nullptr) model_.erase({number, name});
    return model_[{number, name}];
  }

  void step() {
    const uint64_t kind = random_.below(100);
    if (kind < 60) return change();
    if (kind < 75) return master_.step_cut(random_), note_cut();
    if (kind < 79) return start_read();
    if (kind < 83) return finish_read();
    if (kind < 87) return void(master_.store->evict(0, random_.below(400), random_));
    if (kind < 90) return void(now_ += static_cast<int64_t>(random_.below(20)));
    if (kind < 92) return expire();
    if (kind < 94) return void(master_.store->free_some(1 + random_.below(20)));
    if (kind < 99) return follow();
    if (random_.below(4) == 0) compare_all();
  }

  // At the start of a cut the model is kept; once the tier has it, the tier must be exactly that.
  void note_cut() {
    if (master_.store->cut_active() && !in_cut_) {
      in_cut_ = true;
      at_cut_ = model_;
      ids_at_cut_.clear();
      for (uint32_t number = 0; number < kDatabases; number++) ids_at_cut_.push_back(master_.store->id(number));
    }
    if (!in_cut_ || master_.store->cut_active() || master_.store->cut_pending()) return;
    in_cut_ = false;
    REQUIRE(master_.tier.values.size() == at_cut_.size());
    Store read(other_log_, master_.options, master_.tier.meta);
    for (const auto& [name, value] : at_cut_) {
      REQUIRE(read.id(name.first) == ids_at_cut_[name.first]);
      const auto bytes = master_.tier.get(read.id(name.first), slot_of(name.second), name.second);
      REQUIRE(bytes.has_value());
      REQUIRE(read.loaded(name.first, name.second, bytes) == Store::LoadOutcome::kSettled);
      check_equal(read, name.first, name.second, &value);
    }
  }

  void start_read() {
    const uint32_t number = db();
    const std::string name = key();
    reads_.push_back({number, name, master_.store->read_ticket(number, slot_of(name)), master_.read(number, name)});
  }
  void finish_read() {
    if (reads_.empty()) return;
    const size_t at = random_.below(reads_.size());
    const PendingRead read = reads_[at];
    reads_.erase(reads_.begin() + static_cast<std::ptrdiff_t>(at));
    const Part part = random_.below(3) == 0 ? Part::kHeader : Part::kValue;
    master_.store->loaded(read.db, read.key, read.value, read.ticket, part);
    if (master_.store->residency(read.db, read.key) == Residency::kInMemory) {
      check_equal(*master_.store, read.db, read.key, model(read.db, read.key));
    }
  }

  void expire() {
    if (random_.below(2) == 0) sweep();
    const auto result = master_.store->expire_some(random_.below(5));
    (void)result;
    // What went is what memory doesn't show any more: the log tells which.
    follow_expired();
  }
  // A read of the tier that comes back at once, or after something else.
  void sweep() {
    Store& store = *master_.store;
    const auto due = store.next_expired_slot(swept_, kDatabases * kSlots);
    if (!due) return;
    const auto [number, slot] = *due;
    const DbId id = store.id(number);
    const uint64_t ticket = store.read_ticket(number, slot);
    const auto entries = master_.tier.slot(id, slot);
    if (random_.below(3) == 0) step();
    store.take_expired(number, id, slot, entries, ticket);
  }
  void follow_expired() {
    for (uint32_t number = 0; number < kDatabases; number++) {
      for (auto at = model_.begin(); at != model_.end();) {
        const auto& [name, value] = *at;
        const bool expired = name.first == number && value.deadline_ms != 0 && value.deadline_ms < now_;
        if (expired && removed_in_log(name)) {
          at = model_.erase(at);
        } else {
          ++at;
        }
      }
    }
    read_upto_ = log_.records.size();
  }
  // Whether a record since the last look holds exactly one operation: the removal of this key.
  bool removed_in_log(const std::pair<uint32_t, std::string>& name) const {
    for (size_t at = read_upto_; at < log_.records.size(); at++) {
      const std::string& payload = log_.records[at].payload;
      if (payload[0] == 3 && payload[2] == static_cast<char>(name.first) && payload.substr(4) == name.second)
        return true;
    }
    return false;
  }

  void change() {
    Store& store = *master_.store;
    const uint32_t number = db();
    const std::string name = key();
    const bool by_header = random_.below(8) == 0;
    master_.settle(number, name, by_header ? Part::kHeader : Part::kValue);
    store.begin();
    if (by_header) change_by_header(number, name);
    for (uint64_t left = by_header ? 0 : 1 + random_.below(3); left > 0; left--) operation(number, name);
    store.commit();
    read_upto_ = log_.records.size();
  }

  // What DEL and EXPIRE do, to a key whose value may be in the tier alone.
  void change_by_header(uint32_t number, const std::string& name) {
    Value* value = live(number, name);
    const Entry* entry = master_.store->peek_header(number, name);
    REQUIRE((entry != nullptr) == (value != nullptr));
    if (value == nullptr) return;
    REQUIRE(type_of(*entry) == value->type);
    REQUIRE(expiry_of(*entry).ms == value->deadline_ms);
    if (random_.below(2) == 0) {
      master_.store->remove(number, name);
      model_.erase({number, name});
    } else {
      value->deadline_ms = deadline();
      master_.store->set_expiry(number, name, {value->deadline_ms});
    }
  }

  void operation(uint32_t number, const std::string& name) {
    Store& store = *master_.store;
    Value* value = live(number, name);
    switch (random_.below(12)) {
      case 0:
      case 1: {
        const std::string bytes = text();
        const int64_t at = deadline();
        store.put_string(number, name, bytes, {at});
        fresh(number, name) = Value{ValueType::kString, bytes, {}, at};
        return;
      }
      case 2:
        return patch(number, name, value);
      case 3:
        if (value == nullptr) return;
        store.remove(number, name);
        model_.erase({number, name});
        return;
      case 4:
        if (value == nullptr) return;
        value->deadline_ms = deadline();
        store.set_expiry(number, name, {value->deadline_ms});
        return;
      case 5:
      case 6:
        return add_items(number, name, value, ValueType::kHash);
      case 7:
      case 8:
        return add_items(number, name, value, ValueType::kSet);
      case 9:
        return remove_items(number, name, value);
      case 10:
        return rename_or_copy(number, name, value);
      default:
        return whole_databases(number);
    }
  }

  void patch(uint32_t number, const std::string& name, Value* value) {
    if (value != nullptr && value->type != ValueType::kString) return;
    const size_t at = value == nullptr || random_.below(2) == 0 ? random_.below(30) : value->string.size();
    const std::string bytes = text() + "x";
    master_.store->patch_string(number, name, at, bytes);
    std::string& string = fresh(number, name).string;
    if (string.size() < at + bytes.size()) string.resize(at + bytes.size());
    string.replace(at, bytes.size(), bytes);
  }

  void add_items(uint32_t number, const std::string& name, Value* value, ValueType type) {
    if (value != nullptr && value->type != type) return;
    std::map<std::string, std::string> items;
    const uint64_t count = random_.below(30) == 0 ? 300 : 1 + random_.below(6);
    for (uint64_t i = 0; i < count; i++) {
      items["f" + std::to_string(random_.below(count * 3))] = type == ValueType::kHash ? text() : "";
    }
    std::vector<FieldValue> fields(items.begin(), items.end());
    std::vector<std::string_view> names;
    for (const auto& item : items) names.push_back(item.first);
    if (type == ValueType::kHash) {
      master_.store->hash_set(number, name, fields);
    } else {
      master_.store->set_add(number, name, names);
    }
    Value& changed = fresh(number, name);
    changed.type = type;
    for (const auto& [field, bytes] : items) changed.items[field] = bytes;
  }

  void remove_items(uint32_t number, const std::string& name, Value* value) {
    if (value == nullptr || value->type == ValueType::kString) return;
    std::vector<std::string> gone;
    for (const auto& item : value->items) {
      if (random_.below(3) != 0) gone.push_back(item.first);
    }
    const std::vector<std::string_view> names(gone.begin(), gone.end());
    if (value->type == ValueType::kHash) {
      master_.store->hash_remove(number, name, names);
    } else {
      master_.store->set_remove(number, name, names);
    }
    for (const std::string& item : gone) value->items.erase(item);
    if (value->items.empty()) model_.erase({number, name});
  }

  void rename_or_copy(uint32_t number, const std::string& name, Value* value) {
    if (value == nullptr) return;
    const std::string to = key();
    const uint32_t to_db = random_.below(2) == 0 ? number : db();
    master_.settle(to_db, to);
    if (to == name && to_db == number) return;
    const Value moved = *value;
    if (to_db == number && random_.below(2) == 0) {
      master_.store->rename(number, name, to);
      model_.erase({number, name});
    } else {
      master_.store->copy(number, name, to_db, to);
    }
    fresh(to_db, to) = moved;
  }

  void whole_databases(uint32_t number) {
    const uint64_t kind = random_.below(20);
    if (kind == 0) {
      master_.store->flush(number);
      std::erase_if(model_, [&](const auto& item) { return item.first.first == number; });
    } else if (kind == 1) {
      master_.store->flush_all();
      model_.clear();
    } else if (kind < 5) {
      const uint32_t other = db();
      master_.store->swap(number, other);
      Model swapped;
      for (auto& [name, value] : model_) {
        const uint32_t now_in = name.first == number ? other : name.first == other ? number : name.first;
        swapped[{now_in, name.second}] = std::move(value);
      }
      model_ = std::move(swapped);
    }
    // The keys in hand may be in the tier alone now.
    pending_names_changed();
  }
  void pending_names_changed() {
    for (uint32_t number = 0; number < kDatabases; number++) {
      for (int i = 0; i < 25; i++) {
        master_.settle(number, "{tag}" + std::to_string(i));
        master_.settle(number, "key" + std::to_string(i));
      }
    }
  }

  void check_some() {
    const uint32_t number = db();
    const std::string name = key();
    if (master_.store->residency(number, name) == Residency::kInMemory) {
      check_equal(*master_.store, number, name, model(number, name));
    }
    std::vector<uint64_t> keys(kDatabases);
    std::vector<uint64_t> expires(kDatabases);
    for (const auto& [where, value] : model_) {
      keys[where.first]++;
      expires[where.first] += value.deadline_ms != 0;
    }
    for (uint32_t i = 0; i < kDatabases; i++) {
      REQUIRE(master_.store->size(i) == keys[i]);
      REQUIRE(master_.store->expires(i) == expires[i]);
    }
  }

  // The replica reads on, and does what a replica does besides.
  void follow() {
    Store& store = *replica_.store;
    if (random_.below(6) == 0) {
      replica_.store = std::make_unique<Store>(log_, replica_.options);
      if (!replica_.tier.meta.databases.empty()) replica_.store->reset(replica_.tier.meta);
      applied_ = replica_applied_at_tier_;
      replica_cut_at_ = applied_;
      return;
    }
    store.set_now({now_});
    apply_to(applied_ + random_.below(log_.records.size() - applied_ + 1));
    if (random_.below(2) == 0) replica_.store->evict(0, random_.below(400), random_);
    if (random_.below(4) == 0) replica_.store->free_some(10);
    const bool idle = !replica_.store->cut_active() && !replica_.store->cut_pending();
    if (idle) replica_cut_at_ = applied_;
    for (uint64_t left = random_.below(4); left > 0; left--) {
      const bool pending = replica_.store->cut_pending();
      replica_.step_cut(random_);
      if (pending) {
        replica_applied_at_tier_ = replica_cut_at_;
        break;
      }
    }
  }

  void apply_to(size_t record) {
    for (; applied_ < record; applied_++) {
      const auto result = replica_.store->apply(
          log_.records[applied_].view(),
          [&](DbId id, uint16_t slot, std::string_view name) { return replica_.tier.get(id, slot, name); });
      if (!result) FAIL(result.error().message);
    }
  }

  void compare_all() {
    master_.store->set_now({now_});
    apply_to(log_.records.size());
    for (uint32_t number = 0; number < kDatabases; number++) {
      REQUIRE(replica_.store->size(number) == master_.store->size(number));
      REQUIRE(replica_.store->expires(number) == master_.store->expires(number));
      REQUIRE(replica_.store->id(number) == master_.store->id(number));
    }
    master_.load_all();
    replica_.load_all();
    REQUIRE(master_.store->digest() == replica_.store->digest());
    for (uint32_t number = 0; number < kDatabases; number++) {
      std::set<std::string> seen;
      uint64_t cursor = 0;
      do {
        cursor = master_.store->scan(number, cursor, 1 + random_.below(10),
                                     [&](std::string_view name, const Entry&) { REQUIRE(seen.emplace(name).second); });
      } while (cursor != 0);
      for (const auto& [where, value] : model_) {
        if (where.first != number) continue;
        check_equal(*master_.store, number, where.second, &value);
        REQUIRE(seen.contains(where.second) == (live(number, where.second) != nullptr));
      }
    }
  }

  struct PendingRead {
    uint32_t db;
    std::string key;
    uint64_t ticket;
    std::optional<std::string> value;
  };

  Random random_;
  FakeLog log_;
  FakeLog other_log_;
  StoreWithTier master_;
  StoreWithTier replica_;
  Model model_;
  Model at_cut_;
  std::vector<DbId> ids_at_cut_;
  bool in_cut_ = false;
  std::vector<PendingRead> reads_;
  int64_t now_ = 1000;
  uint32_t swept_ = 0;
  size_t read_upto_ = 0;
  size_t applied_ = 0;
  size_t replica_cut_at_ = 0;
  size_t replica_applied_at_tier_ = 0;
};

}  // namespace

TEST_CASE("a store, its tier and its replica are what a plain map is") {
  const char* chosen = std::getenv("ONGGI_TEST_SEED");
  const uint64_t first = chosen != nullptr ? std::strtoull(chosen, nullptr, 10) : 1;
  for (uint64_t seed = first; seed < first + (chosen != nullptr ? 1 : 20); seed++) {
    CAPTURE(seed);
    Run(seed).go(3000);
  }
}
