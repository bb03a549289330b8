#include <algorithm>
#include <map>

#include "chaos/checkers/of_history.h"

namespace onggi::checkers {

namespace {

// What may be a session's deadline, as its one client learns it: of its last durable change, and of those that may
// have come after it or may still come.
class Deadlines {
 public:
  void change(const Operation& o, int64_t slack) {
    const bool missed = o.action == Action::kTouch && o.outcome == Outcome::kOk && o.value.empty();
    if (o.outcome == Outcome::kError || missed) return;
    const bool sure = o.outcome == Outcome::kOk && o.durable;
    const int64_t least = o.invoked + o.ttl_ms * 1000 - slack;
    const int64_t most = o.outcome == Outcome::kOk ? o.completed + o.ttl_ms * 1000 + slack : kNever;
    longest_ = std::max(longest_, most);
    if (sure) {
      known_ = true;
      least_ = open_ == kNever ? least : std::min(least, open_);
      most_ = forever_ ? kNever : most;
      return;
    }
    least_ = std::min(least_, least);
    if (o.outcome == Outcome::kUnknown) {
      open_ = std::min(open_, least);
      forever_ = true;
    }
    most_ = std::max(most_, most);
  }
  bool must_live(int64_t at) const { return known_ && at < least_; }
  bool must_be_gone(int64_t at) const { return at > most_; }
  // Whatever it was told last: for answers of who may not know that yet.
  bool gone_for_all(int64_t at) const { return at > longest_; }

 private:
  bool known_ = false;
  bool forever_ = false;  // one of unknown outcome may still come
  int64_t open_ = kNever;
  int64_t least_ = kNever;
  int64_t most_ = 0;
  int64_t longest_ = 0;
};

}  // namespace

Verdict sessions_live_as_told(const Recording& recording) {
  Verdict verdict{"sessions live as told"};
  uint64_t judged = 0;
  uint64_t late = 0;
  uint64_t early = 0;
  std::map<std::string, Deadlines> sessions;
  for (const Operation& o : recording.operations) {
    if (o.family != Family::kSession) continue;
    Deadlines& deadlines = sessions[o.key];
    const bool reads = o.action == Action::kRead;
    // A touch is a write: who may write knows all that is durable.
    const bool knows = reads ? o.fresh : o.action == Action::kTouch && o.durable;
    if (o.outcome == Outcome::kOk && o.action != Action::kWrite) {
      const std::string where = o.key + ", asked for at " + at(o.invoked) + (o.node.empty() ? "" : " of " + o.node);
      judged += reads;
      if (o.value.empty() && knows && deadlines.must_live(o.completed)) {
        early++;
        verdict.violations.push_back({o.key, "a live session is gone: " + where, {o.line}});
      }
      if (!o.value.empty() && (knows ? deadlines.must_be_gone(o.invoked) : deadlines.gone_for_all(o.invoked))) {
        late++;
        verdict.violations.push_back({o.key, "an expired session was returned: " + where, {o.line}});
      }
    }
    if (!reads) deadlines.change(o, recording.slack_ms * 1000);
  }
  verdict.counts = {{"reads", judged}, {"expired_returned", late}, {"gone_early", early}};
  return verdict;
}

}  // namespace onggi::checkers
