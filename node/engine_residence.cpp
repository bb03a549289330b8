// The part of Engine that has the keys of a command in memory before it runs, and takes others out.
//
// A command's keys come some at a time. Each stays (it is pinned) until the command runs: else those that came first
// would have left again, in favour of the last, and the command would ask for ever. What commands of many keys are
// given is bounded: by half of maxmemory if memory is full.
#include <algorithm>

#include "node/commands/parse.h"
#include "node/engine.h"

namespace onggi {

namespace {
constexpr size_t kLoadsAtOnce = 64;   // keys, or slots, that one command waits for
constexpr size_t kFewestLooks = 256;  // at entries, for one write above maxmemory

constexpr std::string_view kTooManyKeys =
    "OOM the keys of this command, together, need more than half of 'maxmemory': ask for fewer at once, or raise "
    "'maxmemory'";
constexpr std::string_view kNeedsEveryKey =
    "ERR this command needs every key in memory, and the data is larger than 'maxmemory': use SCAN";
}  // namespace

// Above maxmemory, cold values leave memory; they stay in the tier. False: too much can't leave yet.
bool Engine::make_room() {
  const uint64_t limit = services_.config.maxmemory;
  more_may_leave_ = false;
  if (limit == 0 || store_.memory_bytes() <= limit) return true;
  const size_t looks = eviction_looks(limit, store_.memory_bytes() - limit);
  looks_left_ -= std::min(looks_left_, looks);  // end_of_batch() gives new ones
  const size_t evicted = store_.evict(limit, looks, random_);
  services_.stats.evicted_keys += evicted;
  if (evicted > 0) tier_.cooled();
  more_may_leave_ = evicted > 0 && store_.memory_bytes() > limit;
  return store_.memory_bytes() <= limit + limit / 8;
}

// The more is to leave, the more entries are looked at: all that a batch has time for where writes would be refused.
// Memory that left and is being freed still counts: meanwhile little else needs to leave.
size_t Engine::eviction_looks(uint64_t limit, uint64_t excess) const {
  if (store_.freeing()) return kFewestLooks;
  const uint64_t bytes_a_look = std::max<uint64_t>(1, limit / 8 / kMostEvictionLooks);
  return std::max<size_t>(kFewestLooks, std::min<uint64_t>(looks_left_, excess / bytes_a_look));
}

// Whether all that the call needs is in memory, or certainly absent. If not, the session waits for the tier.
Engine::Verdict Engine::reside(Session& session, const CommandSpec& spec, std::span<const std::string_view> args) {
  if (spec.flags & kAllDatabases) return reside_all(session, 0, store_.databases());
  if (spec.flags & kAllSlots) return reside_all(session, session.db, session.db + 1);
  if (spec.flags & kCursorSlot) return reside_slot(session, args[1]);
  needed_.clear();
  keys_of(spec, args, key_indices_);
  for (size_t index : key_indices_) needed_.emplace_back(session.db, args[index]);
  if (spec.other_db_key != nullptr) {
    if (const auto other = spec.other_db_key(args, store_.databases())) needed_.push_back(*other);
  }
  const Part part = spec.flags & kHeaderOnly ? Part::kHeader : Part::kValue;
  if (session.pins.empty() && all_reside(part)) return Verdict::kExecuted;
  return bring_in(session, part);
}

bool Engine::resides(const NeededKey& key, Part part) const {
  return store_.residency(key.first, key.second, part) == Residency::kInMemory;
}

bool Engine::all_reside(Part part) const {
  return std::all_of(needed_.begin(), needed_.end(), [&](const NeededKey& key) { return resides(key, part); });
}

Engine::Verdict Engine::bring_in(Session& session, Part part) {
  pin_those_there(session, part);
  if (session.keys_pinned == needed_.size()) {
    if (all_reside(part)) return Verdict::kExecuted;
    session.end_loads();  // some were removed meanwhile, and what remembered that has gone
    pin_those_there(session, part);
  }
  if (session.keys_pinned >= kLoadsAtOnce && crowded()) return refuse(session, kTooManyKeys);
  session.loads = 0;
  for (size_t i = session.keys_pinned; i < needed_.size() && session.loads < kLoadsAtOnce; i++) {
    const auto& [db, key] = needed_[i];
    store_.pin(db, key, session.pins);
    if (resides(needed_[i], part)) continue;
    tier_.need_key(db, key, part, session.id);
    session.loads++;
  }
  block(session, Blocked::kLoad);
  return Verdict::kNotYet;
}

// The first of the keys, up to one that isn't there yet.
void Engine::pin_those_there(Session& session, Part part) {
  for (size_t& next = session.keys_pinned; next < needed_.size() && resides(needed_[next], part); next++) {
    store_.pin(needed_[next].first, needed_[next].second, session.pins);
  }
}

// Memory is full, and much of it waits for its command.
bool Engine::crowded() const {
  const uint64_t limit = services_.config.maxmemory;
  return limit != 0 && store_.memory_bytes() > limit && store_.pinned_bytes() > limit / 2;
}

Engine::Verdict Engine::reside_slot(Session& session, std::string_view cursor_argument) {
  const auto cursor = parse_cursor(cursor_argument);
  if (!cursor) return Verdict::kExecuted;  // the command itself refuses it
  const uint16_t slot = store_.scan_slot(*cursor);
  if (store_.complete(session.db, slot)) return Verdict::kExecuted;
  store_.pin_slot(session.db, slot, session.pins);
  session.loads = 1;
  tier_.need_slot(session.db, slot, session.id);
  block(session, Blocked::kLoad);
  return Verdict::kNotYet;
}

// Once something had to leave memory while it waited, not all of it fits.
Engine::Verdict Engine::reside_all(Session& session, uint32_t first_db, uint32_t end_db) {
  const uint64_t limit = services_.config.maxmemory;
  const uint64_t evicted = services_.stats.evicted_keys;
  const bool full = store_.memory_bytes() >= limit || session.evicted_before.value_or(evicted) != evicted;
  session.loads = 0;
  for (uint32_t db = first_db; db < end_db; db++) {
    for (uint16_t slot = 0; slot < kSlots && session.loads < kLoadsAtOnce; slot++) {
      if (store_.complete(db, slot)) continue;
      if (limit != 0 && full) return refuse(session, kNeedsEveryKey);
      tier_.need_slot(db, slot, session.id);
      session.loads++;
    }
  }
  if (session.loads == 0) return Verdict::kExecuted;
  session.evicted_before = evicted;
  block(session, Blocked::kLoad);
  return Verdict::kNotYet;
}

void Engine::loaded(ConnId id, const std::optional<Error>& error) {
  Session* session = services_.clients.find(id);
  if (session == nullptr || session->blocked != Blocked::kLoad) return;
  if (error) {
    // The command is not executed, and its bytes must go: the connection closes after a plain word.
    refuse(*session, "ERR the tier could not be read: " + error->message);
    session->close_after_flush = true;
    session->end_loads();
    session->blocked = Blocked::kNo;
    mark_ready(*session);
    return;
  }
  if (session->loads > 0) session->loads--;
  if (session->loads == 0) unblock(*session);
}

}  // namespace onggi
