#include "tests/sentinel/trace.h"

namespace onggi::test {
namespace {

std::string number(Epoch epoch) {
  return std::to_string(epoch.value);
}

std::string words(const Configuration& c) {
  std::string members, sentinels;
  for (const Member& m : c.members) members += (members.empty() ? "" : ",") + m.id.hex;
  for (const SentinelPeer& s : c.sentinels) sentinels += (sentinels.empty() ? "" : ",") + s.id.hex;
  return "{epoch " + number(c.epoch) + ", master " + c.master.hex + ", members " + members + ", sentinels " +
         sentinels + ", k " + std::to_string(c.write_acks) + "}";
}

struct Describe {
  std::string operator()(const Fence& m) const { return "Fence(" + number(m.epoch) + ")"; }
  std::string operator()(const FenceAnswer& m) const {
    return "FenceAnswer(" + number(m.epoch) +
           (m.promised ? ", promised" : ", refused: promised " + number(m.status.promise)) +
           (m.status.sure ? ")" : ", unsure)");
  }
  std::string operator()(const CatchUp& m) const {
    return "CatchUp(" + number(m.epoch) + ", from " + m.source.hex + ")";
  }
  std::string operator()(const Promote& m) const { return "Promote" + words(m.configuration); }
  std::string operator()(const PromoteAnswer& m) const {
    return "PromoteAnswer(" + number(m.epoch) + (m.promoted ? ", promoted)" : ", no: " + m.why + ")");
  }
  std::string operator()(const Follow& m) const {
    return "Follow(" + number(m.configuration.epoch) + ", " + m.configuration.master.hex + ")";
  }
  std::string operator()(const Pause& m) const { return "Pause(target " + m.target.hex + ")"; }
  std::string operator()(const PauseAnswer& m) const {
    return m.reached ? "PauseAnswer(reached)" : "PauseAnswer(" + m.why + ")";
  }
  std::string operator()(const HandoverRefused& m) const { return "HandoverRefused(" + m.why + ")"; }
  std::string operator()(const RunDead& m) const { return "RunDead(" + m.node.hex + ")"; }
  std::string operator()(const VoteRequest& m) const {
    return (m.poll ? "Poll(" : "VoteRequest(") + number(m.epoch) +
           (m.planned_for ? ", planned for " + m.planned_for.hex : "") + ")";
  }
  std::string operator()(const VoteReply& m) const {
    const std::string kind = m.poll ? "PollReply(" : "VoteReply(";
    if (m.granted) return kind + number(m.epoch) + ", yes)";
    return kind + number(m.epoch) + (m.waits_for_lease ? ", waits" : ", no") + ": " + m.why + ")";
  }
  std::string operator()(const Publish& m) const { return "Publish" + words(m.configuration); }
  template <class Other>
  std::string operator()(const Other&) const {
    return {};
  }
};

}  // namespace

std::string describe(const Message& message) {
  return std::visit(Describe{}, message);
}

}  // namespace onggi::test
