#include "storage/cut.h"

#include <limits>
#include <utility>

#include "storage/prefetch.h"
#include "storage/value_codec.h"

namespace onggi {

void Cut::changed(Database& db, Entry* entry) {
  if (entry->list == dirty_list(open())) return;
  db.enlist(entry, dirty_list(open()));
  dirty_keys_++;
  dirty_bytes_ += Entry::kHeader + entry->key_size + entry->value_size;
}

void Cut::forget(Database& db, Entry* entry) {
  if (entry->list == dirty_list(open())) dirty_keys_--;
  db.unlist(entry);
}

bool Cut::settled(const Entry& entry) const {
  if (entry.list != ListId::kNone) return false;
  return !(active_ || pending_) || entry.generation != static_cast<uint8_t>(generation_);
}

void Cut::begin(TierMeta meta) {
  ONGGI_CHECK(!active_ && !pending_);
  drop_hidden(std::numeric_limits<size_t>::max());
  active_ = true;
  droppable_ = false;
  closed_ ^= 1;
  generation_++;
  batch_ = TierBatch{};
  batch_.meta = std::move(meta);
  // Room from the start: a long vector that moves would be a pause. Memory that isn't touched costs nothing.
  batch_.puts.reserve(dirty_keys_);
  batch_.deletes.reserve(dirty_keys_);
  dirty_keys_ = 0;
  dirty_bytes_ = 0;
  batch_.drops = std::exchange(drops_, {});
  databases_ = keyspace_.all();
  next_database_ = 0;
  next_entry_ = 0;
}

void Cut::encode(Database& db, Entry* entry) {
  const std::string_view key = entry->key();
  TierBatch::Key name{db.id, slot_of(key), std::string(key)};
  batch_.bytes += key.size() + Entry::kHeader;
  entry->generation = static_cast<uint8_t>(generation_);
  entry->in_tier = true;
  if (entry->form == Form::kNone) {
    batch_.deletes.push_back(std::move(name));
    db.enlist(entry, deleted_list(closed_));
    return;
  }
  db.unlist(entry);
  if (entry->form == Form::kCold) {
    batch_.touches.push_back({std::move(name), WallTime{entry->deadline_ms}});
  } else {
    batch_.puts.push_back({std::move(name), encode_value(*entry)});
    batch_.bytes += batch_.puts.back().value.size();
  }
}

bool Cut::encode_some(size_t max_bytes) {
  ONGGI_CHECK(active_);
  constexpr size_t kHoleCost = 16;
  constexpr size_t kAhead = 8;  // entries are in no cache
  size_t holes = 0;
  const uint64_t begin = batch_.bytes;
  for (; next_database_ < databases_.size(); next_database_++, next_entry_ = 0) {
    Database& db = *databases_[next_database_];
    EntryList& list = db.list(dirty_list(closed_));
    for (; next_entry_ < list.size(); next_entry_++) {
      if (batch_.bytes - begin + holes >= max_bytes) return false;
      if (next_entry_ + kAhead < list.size() && list[next_entry_ + kAhead] != nullptr) {
        const char* const ahead = reinterpret_cast<const char*>(list[next_entry_ + kAhead]);
        prefetch(ahead);
        prefetch(ahead + 64);
      }
      if (list[next_entry_] == nullptr) {
        holes += kHoleCost;
      } else {
        encode(db, list[next_entry_]);
      }
    }
    list = {};
  }
  return true;
}

TierBatch Cut::take() {
  ONGGI_CHECK(active_ && next_database_ == databases_.size());
  active_ = false;
  pending_ = true;
  databases_.clear();
  return std::exchange(batch_, {});
}

void Cut::written() {
  droppable_ = std::exchange(pending_, false);
}

size_t Cut::drop_hidden(size_t limit) {
  if (!droppable_) return 0;
  size_t done = 0;
  for (const auto& db : keyspace_.all()) {
    EntryList& list = db->list(deleted_list(closed_));
    while (!list.empty()) {
      if (done == limit) return done;
      done++;
      Entry* entry = list.back();
      if (entry != nullptr) {
        Place place = Keyspace::locate(*db, entry->key());
        keyspace_.drop(place);
      }
      list.pop_back();
    }
    list = {};
  }
  droppable_ = false;
  return done;
}

void Cut::reset() {
  const uint32_t generation = generation_;
  active_ = pending_ = droppable_ = false;
  generation_ = generation + 1;
  batch_ = {};
  databases_.clear();
  drops_.clear();
  dirty_keys_ = dirty_bytes_ = 0;
}

}  // namespace onggi
