// The consistent cut: what changed since the last one, taken at one log position while changes go on.
//
// Two lists a database, by turns: begin() closes the list of the current generation and opens the other. Whoever
// changes an entry calls before_change() first, which encodes it if it is in the closed list still, and changed()
// after. An entry of form kNone is encoded as a delete and stays, to hide what the tier has, until written() says that
// the batch is there.
//
// Invariants:
// 1. While active(), an entry in a closed list is as it was at begin().
// 2. An entry may leave memory only if settled(): the tier has it as it is.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "storage/keyspace.h"
#include "storage/tier.h"

namespace onggi {

class Cut {
 public:
  explicit Cut(Keyspace& keyspace) : keyspace_(keyspace) {}

  bool active() const { return active_; }    // begin() to take()
  bool pending() const { return pending_; }  // take() to written()

  void before_change(Database& db, Entry* entry) {
    if (active_ && entry->list == dirty_list(closed_)) encode(db, entry);
  }
  void changed(Database& db, Entry* entry);
  // The entry's block is about to go; it was never in the tier.
  void forget(Database& db, Entry* entry);
  void dropped(DbId id) { drops_.push_back(id); }
  bool settled(const Entry& entry) const;

  void begin(TierMeta meta);
  bool encode_some(size_t max_bytes);
  TierBatch take();
  void written();
  // Takes out of memory what hid values that the tier has deleted by now; about `limit`. Returns how many.
  size_t drop_hidden(size_t limit);
  // Forgets everything: the keyspace starts over.
  void reset();

  uint64_t dirty_keys() const { return dirty_keys_; }
  uint64_t dirty_bytes() const { return dirty_bytes_; }

 private:
  static ListId dirty_list(uint8_t parity) { return parity == 0 ? ListId::kDirty0 : ListId::kDirty1; }
  static ListId deleted_list(uint8_t parity) { return parity == 0 ? ListId::kDeleted0 : ListId::kDeleted1; }
  uint8_t open() const { return closed_ ^ 1; }
  void encode(Database& db, Entry* entry);

  Keyspace& keyspace_;
  bool active_ = false;
  bool pending_ = false;
  bool droppable_ = false;  // the deleted list of closed_ is written
  uint8_t closed_ = 1;
  uint32_t generation_ = 0;  // of the newest cut
  TierBatch batch_;
  std::vector<std::shared_ptr<Database>> databases_;  // those of the cut, also if flushed since
  size_t next_database_ = 0;
  size_t next_entry_ = 0;
  std::vector<DbId> drops_;
  uint64_t dirty_keys_ = 0;
  uint64_t dirty_bytes_ = 0;
};

}  // namespace onggi
