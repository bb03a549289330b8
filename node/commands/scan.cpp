// Walking over many things: SCAN, HSCAN, SSCAN, KEYS, RANDOMKEY.
//
// What a scan sees is collected as views and written after its new cursor is known. Nothing here changes the store.
#include <string>
#include <vector>

#include "node/commands/handlers.h"
#include "node/commands/parse.h"

namespace onggi {

namespace {

void reply_scan(Call& call, uint64_t cursor, const std::vector<std::string_view>& items) {
  char digits[kMaxInt64Digits];
  call.reply.array_header(2);
  call.reply.bulk({digits, format_uint64(cursor, digits)});
  call.reply.array_header(items.size());
  for (const std::string_view item : items) call.reply.bulk(item);
}

// The collection to scan; null: everything is answered already.
const Entry* scanned(Call& call, ValueType type) {
  const Found found = find_of_type(call, call[1], type, Access::kRead);
  if (!found.refused && found.entry == nullptr) reply_scan(call, 0, {});
  return found.entry;
}

}  // namespace

Outcome scan_command(Call& call) {
  const auto cursor = cursor_argument(call, call[1]);
  if (!cursor) return Outcome::kDone;
  const auto options = scan_options(call, 2, ScanTarget::kKeys);
  if (!options) return Outcome::kDone;
  std::vector<std::string_view> keys;
  const uint64_t next =
      call.store.scan(call.db(), *cursor, options->count, [&](std::string_view key, const Entry& entry) {
        if (options->type && !is_word(*options->type, type_name(type_of(entry)))) return;
        if (matches(*options, key)) keys.push_back(key);
      });
  reply_scan(call, next, keys);
  return Outcome::kDone;
}

Outcome hscan_command(Call& call) {
  const auto cursor = cursor_argument(call, call[2]);
  if (!cursor) return Outcome::kDone;
  const Entry* entry = scanned(call, ValueType::kHash);
  if (entry == nullptr) return Outcome::kDone;
  const auto options = scan_options(call, 3, ScanTarget::kCollection);
  if (!options) return Outcome::kDone;
  std::vector<std::string_view> items;
  const uint64_t next =
      HashView(*entry).scan(*cursor, options->count, [&](std::string_view field, std::string_view value) {
        if (!matches(*options, field)) return;
        items.push_back(field);
        items.push_back(value);
      });
  reply_scan(call, next, items);
  return Outcome::kDone;
}

Outcome sscan_command(Call& call) {
  const auto cursor = cursor_argument(call, call[2]);
  if (!cursor) return Outcome::kDone;
  const Entry* entry = scanned(call, ValueType::kSet);
  if (entry == nullptr) return Outcome::kDone;
  const auto options = scan_options(call, 3, ScanTarget::kCollection);
  if (!options) return Outcome::kDone;
  std::vector<std::string_view> members;
  const uint64_t next = SetView(*entry).scan(*cursor, options->count, [&](std::string_view member) {
    if (matches(*options, member)) members.push_back(member);
  });
  reply_scan(call, next, members);
  return Outcome::kDone;
}

Outcome keys_command(Call& call) {
  const ScanOptions options{.pattern = call[1]};
  std::vector<std::string_view> keys;
  for (uint32_t slot = 0; slot < kSlots; slot++) {
    if (call.store.keys_in_slot(call.db(), static_cast<uint16_t>(slot)) == 0) continue;
    call.store.for_each(call.db(), static_cast<uint16_t>(slot), [&](std::string_view key, const Entry&) {
      if (matches(options, key)) keys.push_back(key);
    });
  }
  call.reply.array_header(keys.size());
  for (const std::string_view key : keys) call.reply.bulk(key);
  return Outcome::kDone;
}

Outcome randomkey_command(Call& call) {
  const Entry* entry = call.store.random_entry(call.db(), call.random);
  if (entry == nullptr) return reply_null(call);
  call.reply.bulk(key_of(*entry));
  return Outcome::kDone;
}

}  // namespace onggi
