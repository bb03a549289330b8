// Which followers have passed offset X in the master's current epoch: the one answer behind `write-acks`, WAIT, WAITAOF
// and the tier's limit (PROTOCOL N3, M3).
//
// Invariants:
// 1. An acknowledgement belongs to its connection, and counts only if it names the current epoch and covers this
// epoch's
//    start: a follower that only holds records of older epochs counts for nothing.
// 2. Only members count; one node counts once.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <vector>

#include "common/messages.h"

#include "common/defects.h"

namespace onggi {

class Acks {
 public:
  // A new epoch (or run of an unmanaged master) whose start record ends at `start_end`: all begins anew.
  void begin(Epoch epoch, Offset start_end);
  void end();

  void follow(ConnId conn, const NodeId& node, bool member);  // histories compared: from now on it may acknowledge
  void forget(ConnId conn);                                   // gone, or to be compared again
  void passed(ConnId conn, const Ack& ack);
  void quiet(ConnId conn, bool quiet);  // nothing was heard of it for a while: it doesn't follow

  Offset passed_by(uint32_t members) const;  // the greatest offset that so many members passed; members >= 1
  size_t count(Offset offset) const;
  size_t count_synced(Offset offset) const;
  size_t following() const;
  bool follows(ConnId conn) const;
  Offset written(ConnId conn) const;
  Offset synced(ConnId conn) const;
  std::vector<NodeId> following_ids() const;
  const std::set<NodeId>& held_start() const { return held_start_; }  // members that acknowledged it, connected or not
  Offset passed_by_node(const NodeId& node) const;                    // member or not; 0: not following

 private:
  struct Reader {
    NodeId node;
    bool member = false;
    bool quiet = false;
    Offset written;
    Offset synced;
  };
  bool covers(const Reader& reader) const {
    return active_ && (reader.written >= start_end_ || has_defect(Defect::kStaleAcks));
  }

  bool active_ = false;
  Epoch epoch_;
  Offset start_end_;
  std::map<ConnId, Reader> readers_;
  std::set<NodeId> held_start_;
};

}  // namespace onggi
