// Numbers kept in strings. The log gets the result, never the sum; a deadline stays.
#include <cmath>
#include <limits>

#include "node/commands/handlers.h"
#include "node/commands/parse.h"

namespace onggi {

namespace {

Outcome add(Call& call, int64_t increment) {
  const Found found = find_of_type(call, call[1], ValueType::kString, Access::kWrite);
  if (found.refused) return Outcome::kDone;
  int64_t value = 0;
  WallTime deadline;
  if (found.entry != nullptr) {
    const auto old = integer_argument(call, string_of(*found.entry));
    if (!old) return Outcome::kDone;
    value = *old;
    deadline = expiry_of(*found.entry);
  }
  if (__builtin_add_overflow(value, increment, &value)) return reply_error(call, kOverflow);
  char digits[kMaxInt64Digits];
  call.store.put_string(call.db(), call[1], {digits, format_int64(value, digits)}, deadline);
  return reply_integer(call, value);
}

}  // namespace

Outcome incr_command(Call& call) {
  return add(call, 1);
}

Outcome decr_command(Call& call) {
  return add(call, -1);
}

Outcome incrby_command(Call& call) {
  const auto increment = integer_argument(call, call[2]);
  return increment ? add(call, *increment) : Outcome::kDone;
}

Outcome decrby_command(Call& call) {
  const auto decrement = integer_argument(call, call[2]);
  if (!decrement) return Outcome::kDone;
  if (*decrement == std::numeric_limits<int64_t>::min()) return reply_error(call, "ERR decrement would overflow");
  return add(call, -*decrement);
}

Outcome incrbyfloat_command(Call& call) {
  const Found found = find_of_type(call, call[1], ValueType::kString, Access::kWrite);
  if (found.refused) return Outcome::kDone;
  long double value = 0;
  WallTime deadline;
  if (found.entry != nullptr) {
    const auto old = parse_long_double(string_of(*found.entry));
    if (!old) return reply_error(call, kNotAFloat);
    value = *old;
    deadline = expiry_of(*found.entry);
  }
  const auto increment = parse_long_double(call[2]);
  if (!increment) return reply_error(call, kNotAFloat);
  value += *increment;
  if (!std::isfinite(value)) return reply_error(call, kNotFinite);
  const std::string text = format_long_double(value);
  call.store.put_string(call.db(), call[1], text, deadline);
  call.reply.bulk(text);
  return Outcome::kDone;
}

}  // namespace onggi
