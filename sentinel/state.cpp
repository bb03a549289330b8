#include "sentinel/state.h"

#include <algorithm>
#include <utility>

#include "common/defects.h"
#include "common/json_file.h"

namespace onggi {
namespace {

constexpr uint32_t kVersion = 1;

// The file's own shape, with names that an operator can read; messages' encodings may change without it.
struct AddressedId {
  std::string id, host;
  uint16_t port = 0;
  template <class A>
  void serialize(A& a) {
    a(CEREAL_NVP(id), CEREAL_NVP(host), CEREAL_NVP(port));
  }
};

struct ConfigurationFile {
  uint64_t epoch = 0;
  std::string cluster, master;
  std::vector<AddressedId> members, sentinels;
  uint32_t write_acks = 0, lease_ms = 0;
  template <class A>
  void serialize(A& a) {
    a(CEREAL_NVP(epoch), CEREAL_NVP(cluster), CEREAL_NVP(master), CEREAL_NVP(members), CEREAL_NVP(sentinels),
      CEREAL_NVP(write_acks), CEREAL_NVP(lease_ms));
  }
};

struct StateFile {
  uint32_t version = kVersion;
  std::string id, vote;
  uint64_t epoch = 0, vote_epoch = 0;
  ConfigurationFile configuration;
  template <class A>
  void serialize(A& a) {
    a(CEREAL_NVP(version), CEREAL_NVP(id), CEREAL_NVP(epoch), CEREAL_NVP(vote_epoch), CEREAL_NVP(vote),
      CEREAL_NVP(configuration));
  }
};

template <class Out, class In>
std::vector<Out> convert(const std::vector<In>& from, Out (*one)(const In&)) {
  std::vector<Out> to;
  to.reserve(from.size());
  for (const In& item : from) to.push_back(one(item));
  return to;
}

template <class Who>
AddressedId to_file(const Who& who) {
  return {who.id.hex.str(), who.address.host, who.address.port};
}

template <class Who>
Who from_file(const AddressedId& file) {
  return {{file.id}, {file.host, file.port}};
}

}  // namespace

std::string encode_state(const SentinelState& state) {
  const Configuration& c = state.configuration;
  StateFile file;
  file.id = state.id.hex.str();
  file.vote = state.vote.hex.str();
  file.epoch = state.epoch.value;
  file.vote_epoch = state.vote_epoch.value;
  file.configuration = {c.epoch.value,
                        c.cluster.hex.str(),
                        c.master.hex.str(),
                        convert<AddressedId, Member>(c.members, to_file<Member>),
                        convert<AddressedId, SentinelPeer>(c.sentinels, to_file<SentinelPeer>),
                        c.write_acks,
                        c.lease_ms};
  return to_json(file);
}

Result<SentinelState> decode_state(std::string_view text) {
  Result<StateFile> read = from_json<StateFile>(text);
  if (!read) return Error{"the sentinel's state can't be read: " + read.error().message};
  const StateFile& file = *read;
  if (file.version != kVersion) return Error{"the sentinel's state is of version " + std::to_string(file.version)};
  if (file.id.empty()) return Error{"the sentinel's state names no id"};
  const ConfigurationFile& c = file.configuration;
  for (const std::string* id : {&file.id, &file.vote, &c.cluster, &c.master}) {
    if (!IdText::fits(*id)) return Error{"the sentinel's state holds an id that is too long"};
  }
  for (const auto* list : {&c.members, &c.sentinels}) {
    for (const AddressedId& one : *list) {
      if (!IdText::fits(one.id)) return Error{"the sentinel's state holds an id that is too long"};
    }
  }
  SentinelState state;
  state.id = {file.id};
  state.vote = {file.vote};
  state.epoch = {file.epoch};
  state.vote_epoch = {file.vote_epoch};
  state.configuration = {{c.epoch},
                         {c.cluster},
                         {c.master},
                         convert<Member, AddressedId>(c.members, from_file<Member>),
                         convert<SentinelPeer, AddressedId>(c.sentinels, from_file<SentinelPeer>),
                         c.write_acks,
                         c.lease_ms};
  if (state.vote_epoch > state.epoch || state.configuration.epoch > state.epoch) {
    return Error{"the sentinel's state contradicts itself: its epoch is below its vote's or its configuration's"};
  }
  return state;
}

Result<Durable> Durable::open(StateStore& store, Random& random) {
  if (std::optional<std::string> text = store.load()) {
    Result<SentinelState> state = decode_state(*text);
    if (!state) return state.error();
    return Durable(store, *std::move(state));
  }
  Durable fresh(store, {});
  SentinelState first;
  first.id = {random.hex(40)};
  if (Result<void> saved = fresh.save(std::move(first)); !saved) return saved.error();
  return fresh;
}

Result<void> Durable::vote(Epoch epoch, const SentinelId& candidate) {
  ONGGI_CHECK(epoch > state_.epoch || has_defect(Defect::kLeaderResumes));
  SentinelState next = state_;
  next.epoch = next.vote_epoch = epoch;
  next.vote = candidate;
  if (has_defect(Defect::kVoteNotStored)) {
    state_ = std::move(next);
    return {};
  }
  return save(std::move(next));
}

Result<void> Durable::store(const Configuration& configuration) {
  ONGGI_CHECK(configuration.epoch > state_.configuration.epoch);
  SentinelState next = state_;
  next.configuration = configuration;
  next.epoch = std::max(next.epoch, configuration.epoch);
  return save(std::move(next));
}

Result<void> Durable::save(SentinelState next) {
  if (Result<void> saved = store_->save(encode_state(next)); !saved) return saved;
  state_ = std::move(next);
  return {};
}

}  // namespace onggi
