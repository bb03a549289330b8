#include <algorithm>
#include <map>

#include "tests/simulation/checkers/of_history.h"

namespace onggi::sim {

namespace {

// What may be a session's deadline, as its one client learns it: of its last durable change, and of those that may
// have come after it or may still come.
class Deadlines {
 public:
  void change(const Operation& o, int64_t slack) {
    const bool missed = o.action == Action::kTouch && o.outcome == Outcome::kOk && o.value == 0;
    if (o.outcome == Outcome::kError || missed) return;
    const bool sure = o.outcome == Outcome::kOk && o.durable;
    const int64_t least = o.invoked + o.ttl_ms * 1000 - slack;
    const int64_t most = o.outcome == Outcome::kOk ? o.completed + o.ttl_ms * 1000 + slack : kNever;
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

 private:
  bool known_ = false;
  bool forever_ = false;  // one of unknown outcome may still come
  int64_t open_ = kNever;
  int64_t least_ = kNever;
  int64_t most_ = 0;
};

}  // namespace

void sessions_live_as_told(const Operations& operations, int64_t slack_ms, Failures& failures) {
  std::map<std::string, Deadlines> sessions;
  for (const Operation& o : operations) {
    if (o.family != Family::kSession) continue;
    Deadlines& deadlines = sessions[o.key];
    if (o.action != Action::kRead) {
      deadlines.change(o, slack_ms * 1000);
      continue;
    }
    if (o.outcome != Outcome::kOk || !o.fresh) continue;
    const std::string read = o.key + ", read at " + std::to_string(o.invoked) + " us from " + o.node;
    if (o.value == 0 && deadlines.must_live(o.completed)) failures.push_back("a live key is gone: " + read);
    if (o.value != 0 && deadlines.must_be_gone(o.invoked)) failures.push_back("an expired key was returned: " + read);
  }
}

}  // namespace onggi::sim
