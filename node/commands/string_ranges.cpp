// Parts of strings. Only the bytes that change go to the log.
#include <algorithm>

#include "node/commands/handlers.h"
#include "node/commands/parse.h"
#include "node/services.h"

namespace onggi {

namespace {

// Whether a string of `size` and `more` bytes is within the limit; else the error was written.
bool fits(Call& call, uint64_t size, uint64_t more) {
  const uint64_t limit = call.services.config.proto_max_bulk_len;
  if (size <= limit && more <= limit - size) return true;
  call.reply.error(kTooLong);
  return false;
}

}  // namespace

Outcome append_command(Call& call) {
  const Found found = find_of_type(call, call[1], ValueType::kString, Access::kWrite);
  if (found.refused) return Outcome::kDone;
  const std::string_view tail = call[2];
  if (found.entry == nullptr) {
    call.store.put_string(call.db(), call[1], tail, {});
    return reply_integer(call, static_cast<int64_t>(tail.size()));
  }
  const size_t size = string_of(*found.entry).size();
  if (!fits(call, size, tail.size())) return Outcome::kDone;
  if (!tail.empty()) call.store.patch_string(call.db(), call[1], size, tail);
  return reply_integer(call, static_cast<int64_t>(size + tail.size()));
}

Outcome strlen_command(Call& call) {
  const Found found = find_of_type(call, call[1], ValueType::kString, Access::kRead);
  if (found.refused) return Outcome::kDone;
  return reply_integer(call, found.entry == nullptr ? 0 : static_cast<int64_t>(string_of(*found.entry).size()));
}

Outcome getrange_command(Call& call) {
  const auto first = integer_argument(call, call[2]);
  if (!first) return Outcome::kDone;
  const auto last = integer_argument(call, call[3]);
  if (!last) return Outcome::kDone;
  const Found found = find_of_type(call, call[1], ValueType::kString, Access::kRead);
  if (found.refused) return Outcome::kDone;
  const std::string_view text = found.entry == nullptr ? std::string_view() : string_of(*found.entry);
  const auto size = static_cast<int64_t>(text.size());
  // Both before the beginning and the wrong way round: nothing, although each alone would mean the first byte.
  const bool reversed = *first < 0 && *last < 0 && *first > *last;
  const int64_t begin = std::max<int64_t>(*first < 0 ? size + *first : *first, 0);
  const int64_t end = std::min(std::max<int64_t>(*last < 0 ? size + *last : *last, 0), size - 1);
  if (reversed || begin > end) {
    call.reply.bulk({});
  } else {
    call.reply.bulk(text.substr(static_cast<size_t>(begin), static_cast<size_t>(end - begin + 1)));
  }
  return Outcome::kDone;
}

Outcome setrange_command(Call& call) {
  const auto offset = integer_argument(call, call[2]);
  if (!offset) return Outcome::kDone;
  if (*offset < 0) return reply_error(call, "ERR offset is out of range");
  const Found found = find_of_type(call, call[1], ValueType::kString, Access::kWrite);
  if (found.refused) return Outcome::kDone;
  const std::string_view patch = call[3];
  const size_t size = found.entry == nullptr ? 0 : string_of(*found.entry).size();
  if (patch.empty()) return reply_integer(call, static_cast<int64_t>(size));
  const auto at = static_cast<uint64_t>(*offset);
  if (!fits(call, at, patch.size())) return Outcome::kDone;
  call.store.patch_string(call.db(), call[1], at, patch);
  return reply_integer(call, static_cast<int64_t>(std::max(size, at + patch.size())));
}

}  // namespace onggi
