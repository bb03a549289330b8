// What the trace of a scenario says of messages and states. Ids are shown as names, so that traces can be read.
#include "common/check.h"
#include "tests/node/role_world.h"

namespace onggi::test {
namespace {

template <class... Parts>
struct Overloaded : Parts... {
  using Parts::operator()...;
};
template <class... Parts>
Overloaded(Parts...) -> Overloaded<Parts...>;

}  // namespace

std::string words_of(Position position) {
  return "(" + std::to_string(position.epoch.value) + ", " + std::to_string(position.offset.value) + ")";
}

std::string World::name_of(const NodeId& id) const {
  for (const auto& [name, known] : ids_) {
    if (known == id) return name;
  }
  return id ? "a stranger" : "nobody";
}

std::string World::describe(const NodeStatus& status) const {
  std::string text = status.is_master ? (status.writable ? "master, writable" : "master, no lease")
                                      : (status.following_master ? "follower" : "nobody's");
  text += ", epoch " + std::to_string(status.master_epoch.value) + ", promise " + std::to_string(status.promise.value);
  if (status.promised_to) text += " to " + status.promised_to.hex;
  text += ", end " + words_of(status.position);
  if (status.fenced) text += ", fenced";
  if (!status.sure) text += ", unsure";
  if (!status.can_lead) text += ", can't lead";
  if (status.wants_handover) text += ", wants to hand over";
  if (!status.managed) text += ", unmanaged";
  const auto list = [&](const char* what, const std::vector<NodeId>& ids) {
    std::set<std::string> names;
    for (const NodeId& id : ids) names.insert(name_of(id));
    if (!names.empty()) text += std::string(", ") + what;
    for (const std::string& name : names) text += " " + name;
  };
  list("followed by", status.following);
  list("start held by", status.holding_start);
  if (status.hears_master) text += ", hears its master";
  if (status.in_step) text += ", in step";
  return text;
}

std::string World::describe(const Message& message) const {
  const Overloaded visitor{
      [&](const HeartbeatAnswer& m) -> std::string { return "heartbeat answer: " + describe(m.status); },
      [&](const FenceAnswer& m) -> std::string {
        return std::string("fence answer ") + std::to_string(m.epoch.value) +
               (m.promised ? " promised: " : " refused: ") + describe(m.status);
      },
      [&](const PromoteAnswer& m) -> std::string {
        return "promote answer " + std::to_string(m.epoch.value) + (m.promoted ? " yes: " : " no, " + m.why + ": ") +
               describe(m.status);
      },
      [&](const PauseAnswer& m) -> std::string {
        return "pause answer " + std::to_string(m.handover) +
               (m.reached ? " reached " : " not reached (" + m.why + ") ") + words_of(m.position);
      },
      [&](const SyncRequest& m) -> std::string {
        return "sync request: promise " + std::to_string(m.promise.value) + ", end " + words_of(m.position) +
               (m.catch_up ? ", to catch up" : "") + (m.must_copy ? ", must copy" : "");
      },
      [&](const SyncReply& m) -> std::string {
        if (m.kind == SyncReply::Kind::kRefused) return "sync reply: refused, " + m.why;
        const bool copy = m.kind == SyncReply::Kind::kFullCopy;
        return "sync reply: epoch " + std::to_string(m.epoch.value) +
               (copy ? ", full copy" : ", continue after " + words_of(m.common)) + ", its end " + words_of(m.end);
      },
      [&](const Ack& m) -> std::string {
        return "ack in epoch " + std::to_string(m.epoch.value) + " of " + words_of(m.written) + ", synced " +
               std::to_string(m.synced.offset.value);
      },
      [&](const StreamChunk& m) -> std::string {
        return "stream of epoch " + std::to_string(m.epoch.value) + " from " + std::to_string(m.from.value) + ", " +
               std::to_string(m.bytes.size()) + " bytes";
      },
      [&](const CopyBegin& m) -> std::string {
        return "copy begins: " + words_of(m.position) + ", " + std::to_string(m.files.size()) + " files";
      },
      [&](const CopyChunk& m) -> std::string { return "copy piece: " + std::to_string(m.bytes.size()) + " bytes"; },
      [&](const CopyEnd&) -> std::string { return "copy ends"; },
      [&](const auto&) -> std::string { return "another message"; }};
  return std::visit(visitor, message);
}

void World::show(const std::string& name) {
  TestNode& it = node(name);
  if (!it.up()) return say(name + ": down");
  const Role& role = *it.role;
  static constexpr const char* kGates[] = {"open",       "hold: lease", "hold: replicas",
                                           "hold: disk", "hold: pause", "readonly"};
  say(name + ": " + describe(it.role->status(now())));
  std::string text = "  gate " + std::string(kGates[static_cast<size_t>(role.gate(now()))]) +
                     (role.says_master(now()) ? ", says master" : ", says slave") +
                     (role.may_expire(now()) ? ", may expire" : "") + ", released " +
                     std::to_string(role.released().value) + ", tier may go to " +
                     std::to_string(role.tier_limit().value);
  if (role.cluster()) text += ", cluster " + role.cluster().hex;
  if (const auto link = role.master_link(now()); link && !link->refused.empty()) text += ", stuck: " + link->refused;
  say(text);
  text = "  memory:";
  for (const std::string& payload : it.memory) text += " " + payload;
  say(text);
}

void World::show_replicas(const std::string& name) {
  static constexpr const char* kStates[] = {"wait copy", "send copy", "online"};
  for (const ReplicaInfo& info : node(name).role->replicas(now())) {
    say(name + " has " + name_of(info.id) + ": " + kStates[static_cast<size_t>(info.state)] + ", acked " +
        std::to_string(info.acked.value) + (info.member ? ", member" : ", no member") +
        (info.following ? ", following" : ", not following"));
  }
}

}  // namespace onggi::test
