// What operations do to memory: one function a kind, the same for a command, a replica's stream and a replay. The fault
// they return (nullptr: none) names what can't be: a log that doesn't fit this keyspace. Nothing has changed then.
#pragma once

#include "storage/cut.h"
#include "storage/keyspace.h"
#include "storage/operations.h"

namespace onggi {

using Fault = const char*;

class Effects {
 public:
  Effects(Keyspace& keyspace, Cut& cut, const StoreOptions& options, DbId& next_id)
      : keyspace_(keyspace), cut_(cut), options_(options), next_id_(next_id) {}

  void set_now(WallTime now) { now_seconds_ = static_cast<uint32_t>(now.ms / 1000); }
  uint32_t now_seconds() const { return now_seconds_; }

  // `place` is where operation.key is. Every value that the operation reads is in memory: needs_value() says which.
  static bool needs_value(OperationKind kind);
  [[nodiscard]] Fault apply(const Operation& operation, Place& place);
  [[nodiscard]] Fault apply_to_database(const Operation& operation);  // kFlush, kFlushAll, kSwap
  static bool on_database(OperationKind kind) { return kind >= OperationKind::kFlush; }

 private:
  Fault put_string(const Operation& operation, Place& place);
  Fault patch(const Operation& operation, Place& place);
  Fault remove(const Operation& operation, Place& place);
  Fault set_expiry(const Operation& operation, Place& place);
  Fault set_items(const Operation& operation, Place& place, ValueType type);
  Fault remove_items(const Operation& operation, Place& place, ValueType type);
  Fault rename(const Operation& operation, Place& place);
  Fault copy(const Operation& operation, Place& place);
  void flush(uint32_t db, DbId id);

  // An entry ready to be changed (encoded for the cut, if need be), made if there is none.
  Entry* open(Place& place, size_t inline_bytes);
  void close(Place& place, Entry* entry);  // after the change
  void clear_value(Place& place);          // of an entry that was opened
  void take_away(Place& place);            // the key is gone: counts, and what hides the tier's value

  Keyspace& keyspace_;
  Cut& cut_;
  const StoreOptions& options_;
  DbId& next_id_;
  uint32_t now_seconds_ = 0;
};

}  // namespace onggi
