#include "node/role/role.h"

#include <algorithm>
#include <utility>

#include "node/role/core.h"

namespace onggi {

Result<std::unique_ptr<Role>> Role::start(RoleOptions options, RoleSeams seams, RunId run, const std::string& boot,
                                          Now now) {
  Result<Promise> promise = Promise::load(seams.state, seams.log, seams.random, options.durability, boot);
  if (!promise) return promise.error();
  auto core = std::make_unique<RoleCore>(
      RoleContext{std::move(options), seams.log, seams.sink, seams.random, seams.conns, run, std::move(*promise)});
  const Result<void> taken = core->take_up(now);
  if (!taken) return taken.error();
  return std::unique_ptr<Role>(new Role(std::move(core)));
}

Role::Role(std::unique_ptr<RoleCore> core) : core_(std::move(core)) {}
Role::~Role() = default;

void Role::message(Now now, ConnId conn, Message message) {
  core_->message(now, conn, std::move(message));
}
void Role::connected(Now now, ConnId conn) {
  core_->connected(now, conn);
}
void Role::connect_failed(Now now, ConnId conn, bool refused) {
  core_->lost(now, conn, refused ? "connection refused" : "no connection");
}
void Role::closed(Now now, ConnId conn) {
  core_->lost(now, conn, "closed by the other side");
}
void Role::drained(Now now, ConnId conn, size_t pending_bytes) {
  core_->drained(now, conn, pending_bytes);
}
void Role::after_write_out(Now now) {
  core_->flushed(now, true);
}
void Role::log_synced(Now now) {
  core_->flushed(now, false);
}
void Role::tick(Now now) {
  core_->tick(now);
}
std::optional<Instant> Role::next_deadline() const {
  return core_->next_deadline();
}
RoleEffects Role::drain() {
  return std::exchange(core_->context().out, {});
}

void Role::reconfigure(Now, RoleOptions options) {
  core_->reconfigure(std::move(options));
}
Result<void> Role::replica_of(Now now, std::optional<Address> master) {
  return core_->replica_of(now, std::move(master));
}
Result<void> Role::want_handover(Now, bool wanted) {
  return core_->want_handover(wanted);
}
void Role::tier_reached(Offset offset) {
  core_->context().tier_reached = offset;
}
Result<void> Role::stopped_clean() {
  return core_->context().promise.stop_clean();
}
void Role::rewound(Now now, const Result<void>& result) {
  core_->follower().rewound(now, core_->context(), result);
}
void Role::copy_installed(Now now, const Result<void>& result) {
  core_->follower().copy_installed(now, core_->context(), result);
}
void Role::checkpoint_ready(Now now, CopyId copy, Position position, History history,
                            std::vector<CopyBegin::File> files) {
  core_->sources().checkpoint_ready(now, core_->context(), copy, position, std::move(history), std::move(files));
}
void Role::checkpoint_failed(Now, CopyId copy, const std::string& why) {
  core_->sources().checkpoint_failed(core_->context(), core_->acks(), copy, why);
}
void Role::chunk_read(Now now, CopyId copy, uint32_t file, uint64_t at, const Result<std::string>& bytes) {
  core_->sources().chunk_read(now, core_->context(), core_->acks(), copy, file, at, bytes);
}

WriteGate Role::gate(Now now) const {
  return core_->gate(now);
}
bool Role::lease_valid(Now now) const {
  return core_->lease_valid(now);
}
bool Role::says_master(Now now) const {
  return core_->is_master() && core_->lease_valid(now);
}
bool Role::is_master() const {
  return core_->is_master();
}
bool Role::knows_nothing() const {
  return core_->knows_nothing();
}
bool Role::lacks_records() const {
  return core_->follower().lacks_records();
}
bool Role::may_expire(Now now) const {
  return core_->gate(now) == WriteGate::kOpen;
}
Offset Role::released() const {
  return core_->released();
}
Offset Role::tier_limit() const {
  return core_->tier_limit();
}
Offset Role::readers_floor() const {
  return core_->sources().floor(core_->context().log.end().offset);
}
// N3: while this node's own copy is in memory alone (its disk is full), the members that have it count for nothing: who
// counts on them counts on this one too.
size_t Role::acked(Offset offset) const {
  return core_->context().log.written() >= offset ? core_->acks().count(offset) : 0;
}
size_t Role::synced_by(Offset offset) const {
  return core_->context().log.written() >= offset ? core_->acks().count_synced(offset) : 0;
}

bool Role::managed() const {
  return core_->managed();
}
bool Role::paused(Now now) const {
  return core_->handover().paused(now.instant);
}
const NodeId& Role::id() const {
  return core_->context().id();
}
Epoch Role::epoch() const {
  return core_->epoch();
}
Epoch Role::promise() const {
  return core_->context().durable().promise;
}
Epoch Role::known_epoch() const {
  return std::max({promise(), epoch(), configuration().epoch, core_->context().log.end().epoch});
}
bool Role::sure() const {
  return core_->context().durable().sure;
}
ClusterId Role::cluster() const {
  return core_->context().durable().cluster;
}
const Configuration& Role::configuration() const {
  return core_->context().durable().configuration;
}
uint32_t Role::required_acks() const {
  return core_->required_acks();
}
size_t Role::following() const {
  return core_->acks().following();
}
std::vector<ReplicaInfo> Role::replicas(Now now) const {
  return core_->replicas(now);
}
std::optional<MasterLink> Role::master_link(Now now) const {
  if (!core_->follower().active()) return std::nullopt;
  return core_->follower().link(now, core_->context());
}
std::optional<Address> Role::master_address() const {
  return core_->master_address();
}
Duration Role::lease_left(Now now) const {
  return core_->lease().left(now.instant);
}
const RoleCounters& Role::counters() const {
  return core_->context().counters;
}
NodeStatus Role::status(Now now) {
  return core_->status(now);
}

}  // namespace onggi
