#include "node/role/acks.h"

#include <algorithm>
#include <functional>

#include "common/check.h"
#include "common/defects.h"

namespace onggi {

void Acks::begin(Epoch epoch, Offset start_end) {
  end();
  active_ = true;
  epoch_ = epoch;
  start_end_ = start_end;
}

void Acks::end() {
  active_ = false;
  readers_.clear();
  held_start_.clear();
}

void Acks::follow(ConnId conn, const NodeId& node, bool member) {
  std::erase_if(readers_, [&](const auto& entry) { return entry.second.node == node; });
  readers_[conn] = Reader{node, member || has_defect(Defect::kLearnersCount), false, {}, {}};
}

void Acks::forget(ConnId conn) {
  readers_.erase(conn);
}

void Acks::passed(ConnId conn, const Ack& ack) {
  const auto found = readers_.find(conn);
  if (!active_ || found == readers_.end() || (ack.epoch != epoch_ && !has_defect(Defect::kStaleAcks))) return;
  Reader& reader = found->second;
  reader.written = std::max(reader.written, ack.written.offset);
  reader.synced = std::max(reader.synced, ack.synced.offset);
  if (reader.member && covers(reader)) held_start_.insert(reader.node);
}

void Acks::quiet(ConnId conn, bool quiet) {
  const auto found = readers_.find(conn);
  if (found != readers_.end()) found->second.quiet = quiet;
}

Offset Acks::passed_by(uint32_t members) const {
  ONGGI_CHECK(members >= 1);
  std::vector<Offset> offsets;
  for (const auto& [conn, reader] : readers_) {
    if (reader.member && covers(reader)) offsets.push_back(reader.written);
  }
  if (offsets.size() < members) return {};
  std::sort(offsets.begin(), offsets.end(), std::greater<>());
  return offsets[members - 1];
}

size_t Acks::count(Offset offset) const {
  return static_cast<size_t>(std::count_if(readers_.begin(), readers_.end(), [&](const auto& entry) {
    return entry.second.member && covers(entry.second) && entry.second.written >= offset;
  }));
}

size_t Acks::count_synced(Offset offset) const {
  return static_cast<size_t>(std::count_if(readers_.begin(), readers_.end(), [&](const auto& entry) {
    return entry.second.member && covers(entry.second) && entry.second.synced >= offset;
  }));
}

bool Acks::follows(ConnId conn) const {
  const auto found = readers_.find(conn);
  return found != readers_.end() && covers(found->second) && !found->second.quiet;
}

Offset Acks::written(ConnId conn) const {
  const auto found = readers_.find(conn);
  return found == readers_.end() ? Offset{} : found->second.written;
}

Offset Acks::synced(ConnId conn) const {
  const auto found = readers_.find(conn);
  return found == readers_.end() ? Offset{} : found->second.synced;
}

// One reader a node: follow() sees to that.
size_t Acks::following() const {
  return static_cast<size_t>(std::count_if(readers_.begin(), readers_.end(), [&](const auto& entry) {
    return entry.second.member && covers(entry.second) && !entry.second.quiet;
  }));
}

std::vector<NodeId> Acks::following_ids() const {
  std::set<NodeId> ids;
  for (const auto& [conn, reader] : readers_) {
    if (reader.member && covers(reader) && !reader.quiet) ids.insert(reader.node);
  }
  return {ids.begin(), ids.end()};
}

Offset Acks::passed_by_node(const NodeId& node) const {
  for (const auto& [conn, reader] : readers_) {
    if (reader.node == node && covers(reader) && !reader.quiet) return reader.written;
  }
  return {};
}

}  // namespace onggi
