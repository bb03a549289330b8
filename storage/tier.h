// The tier: every session on disk, at an exact log position. What the node core asks of it, as a seam: the programs
// hand in RocksDB (storage/rocks_tier.h), the simulator a map that loses what was not flushed.
//
// Invariants:
// 1. A batch carries its position, the history and the databases in the same atomic write as its data: after any crash
//    the tier holds exactly the state at meta().position.
// 2. N7: a batch is written only once the log is synced up to its position.
// get() and scan_slot() may be called from any thread; the rest from one thread.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/messages.h"
#include "common/result.h"

namespace onggi {

// A database as the tier knows it: flushing gives a logical database a new DbId.
struct DatabaseMeta {
  DbId id;
  uint64_t keys = 0;
  uint64_t expires = 0;  // keys with a deadline
  template <class A>
  void serialize(A& a) {
    a(id, keys, expires);
  }
};

struct TierMeta {
  Position position;
  History history;
  std::vector<DatabaseMeta> databases;  // by logical number
  DbId next_id;
  template <class A>
  void serialize(A& a) {
    a(position, history, databases, next_id);
  }
};

// One consistent cut of what changed since the last. Order: drops, then deletes, then touches and puts.
struct TierBatch {
  TierMeta meta;
  struct Key {
    DbId db;
    uint16_t slot = 0;
    std::string key;
  };
  struct Put {
    Key key;
    std::string value;  // storage/value_codec.h
  };
  struct Touch {  // only the deadline changed, the value is not in memory
    Key key;
    WallTime expire_at;  // 0: none
  };
  std::vector<DbId> drops;  // whole databases
  std::vector<Key> deletes;
  std::vector<Touch> touches;
  std::vector<Put> puts;
  uint64_t bytes = 0;
};

struct CheckpointFile {
  std::string name;
  uint64_t size = 0;
};

class Tier {
 public:
  virtual ~Tier() = default;
  virtual TierMeta meta() const = 0;     // of the newest batch written
  virtual Position durable() const = 0;  // what survives a power cut
  virtual Result<std::optional<std::string>> get(DbId db, uint16_t slot, std::string_view key) const = 0;
  // Every (key, value) of a slot in key order; stops if `visit` returns false.
  virtual Result<void> scan_slot(
      DbId db, uint16_t slot, const std::function<bool(std::string_view key, std::string_view value)>& visit) const = 0;
  virtual Result<void> write(const TierBatch& batch) = 0;
  virtual Result<void> flush() = 0;  // durable() reaches the newest batch
  // A copy of the newest state by hard links in `directory` (made), durable; its files in order.
  virtual Result<std::vector<CheckpointFile>> checkpoint(const std::string& directory) = 0;
  // name=value pairs for INFO tier.
  virtual std::vector<std::pair<std::string, std::string>> stats() const = 0;
};

}  // namespace onggi
