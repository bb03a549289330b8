// The parts of a Store, and what its functions share. Only storage/store*.cpp include this.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "storage/cut.h"
#include "storage/effects.h"
#include "storage/keyspace.h"
#include "storage/operations.h"
#include "storage/store.h"

namespace onggi {

struct Store::Impl {
  Impl(Log& the_log, const StoreOptions& the_options);

  bool expired(const Entry& entry) const { return entry.deadline_ms != 0 && now.ms > entry.deadline_ms; }
  bool live(const Entry& entry) const { return entry.has_value() && !expired(entry); }
  bool live_header(const Entry& entry) const { return entry.form != Form::kNone && !expired(entry); }

  // ---- changing (store_changes.cpp)
  // Where a command's key is; an expired one is removed first.
  Place changeable(uint32_t db, std::string_view key, Part part = Part::kValue);
  uint8_t flags_of(const Place& place) const;
  void append(Operation& operation);
  void append_and_apply(Operation& operation, Place& place);
  void remove_at(uint32_t db, Place& place);

  // ---- expiry (store_expiry.cpp)
  // Collects up to `limit` expired keys of a slot, and sets its bound by what it saw.
  void collect_expired(Slot& slot, size_t limit);

  // ---- residency (store_residency.cpp)
  LoadOutcome install(Place& place, const std::optional<std::string>& value);
  LoadOutcome install_header(Place& place, std::string_view value);
  bool pinned(const Database& db, const Entry& entry) const;
  Result<void> apply_operation(const Operation& operation, const Loader& load);
  Result<void> ensure(Place& place, const Loader& load);
  Entry* sample(Database& db, Random& random);
  TierMeta meta() const;

  Log& log;
  const StoreOptions options;
  Keyspace keyspace;
  Cut cut;
  DbId next_id;
  Effects effects;
  WallTime now;
  bool open = false;          // between begin() and commit()
  bool record_begun = false;  // the log has an open record
  uint64_t expired_keys = 0;
  uint64_t evicted_keys = 0;
  uint64_t undecodable_values = 0;
  StoreStats stats;
  std::shared_ptr<Pins> pins = std::make_shared<Pins>();
  std::vector<std::string> expired_now;  // of collect_expired()
};

}  // namespace onggi
