// Numbers kept in fields of hashes. The log gets the result, never the sum.
#include <cmath>
#include <string>

#include "node/commands/handlers.h"
#include "node/commands/parse.h"

namespace onggi {

namespace {

void put_field(Call& call, std::string_view value) {
  const FieldValue pair{call[2], value};
  call.store.hash_set(call.db(), call[1], {&pair, 1});
}

}  // namespace

Outcome hincrby_command(Call& call) {
  const auto increment = integer_argument(call, call[3]);
  if (!increment) return Outcome::kDone;
  const Found found = find_of_type(call, call[1], ValueType::kHash, Access::kWrite);
  if (found.refused) return Outcome::kDone;
  int64_t value = 0;
  const auto text = found.entry == nullptr ? std::nullopt : HashView(*found.entry).get(call[2]);
  if (text) {
    const auto old = parse_int64(*text);
    if (!old) return reply_error(call, "ERR hash value is not an integer");
    value = *old;
  }
  if (__builtin_add_overflow(value, *increment, &value)) return reply_error(call, kOverflow);
  char digits[kMaxInt64Digits];
  put_field(call, {digits, format_int64(value, digits)});
  return reply_integer(call, value);
}

Outcome hincrbyfloat_command(Call& call) {
  const auto increment = parse_long_double(call[3]);
  if (!increment) return reply_error(call, kNotAFloat);
  if (!std::isfinite(*increment)) return reply_error(call, "ERR value is NaN or Infinity");
  const Found found = find_of_type(call, call[1], ValueType::kHash, Access::kWrite);
  if (found.refused) return Outcome::kDone;
  long double value = 0;
  const auto text = found.entry == nullptr ? std::nullopt : HashView(*found.entry).get(call[2]);
  if (text) {
    const auto old = parse_long_double(*text);
    if (!old) return reply_error(call, "ERR hash value is not a float");
    value = *old;
  }
  value += *increment;
  if (!std::isfinite(value)) return reply_error(call, kNotFinite);
  const std::string result = format_long_double(value);
  put_field(call, result);
  call.reply.bulk(result);
  return Outcome::kDone;
}

}  // namespace onggi
