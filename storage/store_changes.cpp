// Changes: each becomes an operation in the log's open record, and then an effect.
#include "storage/store_impl.h"

namespace onggi {

uint64_t Store::max_record_bytes() const {
  return impl_->options.max_record_bytes;
}

void Store::begin() {
  ONGGI_CHECK(!impl_->open);
  impl_->open = true;
}

std::optional<Offset> Store::commit() {
  ONGGI_CHECK(impl_->open);
  impl_->open = false;
  if (!impl_->record_begun) return std::nullopt;
  impl_->record_begun = false;
  return impl_->log.end_record();
}

void Store::Impl::append(Operation& operation) {
  ONGGI_CHECK(open);
  if (!record_begun) {
    log.begin_record(RecordType::kOperations);
    record_begun = true;
  }
  append_operation(log, operation);
}

void Store::Impl::append_and_apply(Operation& operation, Place& place) {
  append(operation);
  place.key = operation.key;  // the record's copy: the caller's may lie in what changes
  const Fault fault = effects.apply(operation, place);
  if (fault != nullptr) check_failed(fault, __FILE__, __LINE__);
}

uint8_t Store::Impl::flags_of(const Place& place) const {
  if (!place.exists()) return 0;
  return kExisted | (place.entry->deadline_ms != 0 ? kHadDeadline : 0);
}

void Store::Impl::remove_at(uint32_t db, Place& place) {
  Operation operation;
  operation.kind = OperationKind::kRemove;
  operation.flags = flags_of(place);
  operation.db = db;
  operation.key = place.key;
  append_and_apply(operation, place);
}

Place Store::Impl::changeable(uint32_t db, std::string_view key, Part part) {
  Place place = Keyspace::locate(keyspace.db(db), key);
  if (place.exists() && expired(*place.entry)) {
    remove_at(db, place);
    expired_keys++;
    place = Keyspace::locate(keyspace.db(db), key);
  }
  ONGGI_CHECK(part == Part::kHeader ? place.header_certain() : place.certain());
  return place;
}

void Store::put_string(uint32_t db, std::string_view key, std::string_view value, WallTime expire_at) {
  Place place = impl_->changeable(db, key);
  Operation operation;
  operation.kind = OperationKind::kPutString;
  operation.flags = static_cast<uint8_t>(impl_->flags_of(place) | (expire_at.ms != 0 ? kHasDeadline : 0));
  operation.db = db;
  operation.deadline_ms = expire_at.ms;
  operation.key = key;
  operation.other = value;
  impl_->append_and_apply(operation, place);
}

void Store::patch_string(uint32_t db, std::string_view key, size_t at, std::string_view bytes) {
  Place place = impl_->changeable(db, key);
  Operation operation;
  operation.kind = OperationKind::kPatchString;
  operation.flags = impl_->flags_of(place);
  operation.db = db;
  operation.number = at;
  operation.key = key;
  operation.other = bytes;
  impl_->append_and_apply(operation, place);
}

void Store::remove(uint32_t db, std::string_view key) {
  Place place = Keyspace::locate(impl_->keyspace.db(db), key);
  ONGGI_CHECK(place.exists());
  impl_->remove_at(db, place);
}

void Store::set_expiry(uint32_t db, std::string_view key, WallTime expire_at) {
  Place place = impl_->changeable(db, key, Part::kHeader);
  Operation operation;
  operation.kind = OperationKind::kSetExpiry;
  operation.flags = static_cast<uint8_t>(impl_->flags_of(place) | (expire_at.ms != 0 ? kHasDeadline : 0));
  operation.db = db;
  operation.deadline_ms = expire_at.ms;
  operation.key = key;
  impl_->append_and_apply(operation, place);
}

void Store::hash_set(uint32_t db, std::string_view key, std::span<const FieldValue> fields) {
  if (fields.empty()) return;
  Place place = impl_->changeable(db, key);
  Operation operation;
  operation.kind = OperationKind::kHashSet;
  operation.flags = impl_->flags_of(place);
  operation.db = db;
  operation.key = key;
  operation.fields = fields;
  impl_->append_and_apply(operation, place);
}

namespace {
Operation names_operation(OperationKind kind, uint32_t db, std::string_view key,
                          std::span<const std::string_view> names) {
  Operation operation;
  operation.kind = kind;
  operation.db = db;
  operation.key = key;
  operation.names = names;
  return operation;
}
}  // namespace

void Store::hash_remove(uint32_t db, std::string_view key, std::span<const std::string_view> fields) {
  if (fields.empty()) return;
  Operation operation = names_operation(OperationKind::kHashRemove, db, key, fields);
  Place place = impl_->changeable(db, key);
  operation.flags = impl_->flags_of(place);
  impl_->append_and_apply(operation, place);
}

void Store::set_add(uint32_t db, std::string_view key, std::span<const std::string_view> members) {
  if (members.empty()) return;
  Operation operation = names_operation(OperationKind::kSetAdd, db, key, members);
  Place place = impl_->changeable(db, key);
  operation.flags = impl_->flags_of(place);
  impl_->append_and_apply(operation, place);
}

void Store::set_remove(uint32_t db, std::string_view key, std::span<const std::string_view> members) {
  if (members.empty()) return;
  Operation operation = names_operation(OperationKind::kSetRemove, db, key, members);
  Place place = impl_->changeable(db, key);
  operation.flags = impl_->flags_of(place);
  impl_->append_and_apply(operation, place);
}

void Store::rename(uint32_t db, std::string_view from, std::string_view to) {
  if (from == to) return;
  const uint8_t flags = impl_->flags_of(impl_->changeable(db, to));
  Place place = impl_->changeable(db, from);
  Operation operation;
  operation.kind = OperationKind::kRename;
  operation.flags = flags;
  operation.db = db;
  operation.key = from;
  operation.other = to;
  impl_->append_and_apply(operation, place);
}

void Store::copy(uint32_t from_db, std::string_view from, uint32_t to_db, std::string_view to) {
  if (from == to && from_db == to_db) return;
  const uint8_t flags = impl_->flags_of(impl_->changeable(to_db, to));
  Place place = impl_->changeable(from_db, from);
  Operation operation;
  operation.kind = OperationKind::kCopy;
  operation.flags = flags;
  operation.db = from_db;
  operation.other_db = to_db;
  operation.key = from;
  operation.other = to;
  impl_->append_and_apply(operation, place);
}

void Store::flush(uint32_t db) {
  if (size(db) == 0) return;
  Operation operation;
  operation.kind = OperationKind::kFlush;
  operation.db = db;
  operation.number = impl_->next_id.value;
  impl_->append(operation);
  ONGGI_CHECK(impl_->effects.apply_to_database(operation) == nullptr);
}

void Store::flush_all() {
  bool any = false;
  for (uint32_t db = 0; db < databases(); db++) any |= size(db) != 0;
  if (!any) return;
  Operation operation;
  operation.kind = OperationKind::kFlushAll;
  operation.number = impl_->next_id.value;
  impl_->append(operation);
  ONGGI_CHECK(impl_->effects.apply_to_database(operation) == nullptr);
}

void Store::swap(uint32_t a, uint32_t b) {
  if (a == b) return;
  Operation operation;
  operation.kind = OperationKind::kSwap;
  operation.db = a;
  operation.other_db = b;
  impl_->append(operation);
  ONGGI_CHECK(impl_->effects.apply_to_database(operation) == nullptr);
}

// ---- a replica's stream, and replay

Result<void> Store::apply(const RecordView& record, const Loader& load) {
  ONGGI_CHECK(!impl_->open);
  if (record.type != RecordType::kOperations) return {};
  OperationReader reader(record.payload, databases());
  while (!reader.at_end()) {
    const Result<Operation> operation = reader.next();
    if (!operation) return Error{operation.error().message + " at offset " + std::to_string(record.start.offset.value)};
    if (const Result<void> applied = impl_->apply_operation(*operation, load); !applied) {
      return Error{applied.error().message + ", in the record at offset " + std::to_string(record.start.offset.value)};
    }
  }
  return {};
}

namespace {
Result<void> unless(Fault fault) {
  if (fault == nullptr) return {};
  return Error{fault};
}
}  // namespace

Result<void> Store::Impl::apply_operation(const Operation& operation, const Loader& load) {
  if (Effects::on_database(operation.kind)) return unless(effects.apply_to_database(operation));
  Place place = Keyspace::locate(keyspace.db(operation.db), operation.key);
  if (Effects::needs_value(operation.kind)) {
    if (Result<void> ensured = ensure(place, load); !ensured) return ensured;
  }
  return unless(effects.apply(operation, place));
}

// A value that can't be read is not one that isn't there.
Result<void> Store::Impl::ensure(Place& place, const Loader& load) {
  if (place.certain()) return {};
  const Result<std::optional<std::string>> value = load(place.db->id, place.number, place.key);
  if (!value) return value.error();
  if (install(place, *value) == LoadOutcome::kSettled) return {};
  return Error{"a value in the tier is damaged"};
}

}  // namespace onggi
