// Whole databases: counting, exchanging and emptying them.
#include "node/commands/handlers.h"
#include "node/commands/parse.h"

namespace onggi {

namespace {

// [ASYNC | SYNC]: both are the same here, emptying a database is cheap and its memory is given back bit by bit.
bool flush_mode_is_valid(Call& call) {
  if (call.size() == 1 || (call.size() == 2 && (is_word(call[1], "async") || is_word(call[1], "sync")))) return true;
  call.reply.error(kSyntaxError);
  return false;
}

std::optional<int64_t> database_index(Call& call, std::string_view text, std::string_view error) {
  const auto index = parse_int64(text);
  if (index && *index >= INT32_MIN && *index <= INT32_MAX) return index;
  call.reply.error(error);
  return std::nullopt;
}

}  // namespace

Outcome dbsize_command(Call& call) {
  return reply_integer(call, static_cast<int64_t>(call.store.size(call.db())));
}

Outcome swapdb_command(Call& call) {
  const auto a = database_index(call, call[1], "ERR invalid first DB index");
  if (!a) return Outcome::kDone;
  const auto b = database_index(call, call[2], "ERR invalid second DB index");
  if (!b) return Outcome::kDone;
  const auto first = peek_database(call[1], call.store.databases());
  const auto second = peek_database(call[2], call.store.databases());
  if (!first || !second) return reply_error(call, "ERR DB index is out of range");
  if (*first != *second) call.store.swap(*first, *second);
  return reply_ok(call);
}

Outcome flushdb_command(Call& call) {
  if (!flush_mode_is_valid(call)) return Outcome::kDone;
  if (call.store.size(call.db()) > 0) call.store.flush(call.db());
  return reply_ok(call);
}

Outcome flushall_command(Call& call) {
  if (!flush_mode_is_valid(call)) return Outcome::kDone;
  uint64_t keys = 0;
  for (uint32_t db = 0; db < call.store.databases(); db++) keys += call.store.size(db);
  if (keys > 0) call.store.flush_all();
  return reply_ok(call);
}

}  // namespace onggi
