#include "node/commands/parse.h"

#include <limits>
#include <string>

#include "common/glob.h"
#include "node/services.h"

namespace onggi {

namespace {

constexpr int64_t kMost = std::numeric_limits<int64_t>::max();
constexpr int64_t kLeast = std::numeric_limits<int64_t>::min();
constexpr int64_t kMsPerSecond = 1000;

// The deadline as milliseconds since 1970; nullopt when it doesn't fit.
std::optional<WallTime> add_up(const Call& call, int64_t amount, const Expiry& expiry) {
  if (expiry.unit == ExpiryUnit::kSeconds) {
    if (amount > kMost / kMsPerSecond || amount < kLeast / kMsPerSecond) return std::nullopt;
    amount *= kMsPerSecond;
  }
  if (expiry.basis == ExpiryBasis::kFromNow) {
    if (amount > kMost - call.store.now().ms) return std::nullopt;
    amount += call.store.now().ms;
  }
  return WallTime{amount};
}

std::optional<WallTime> refuse_deadline(Call& call, std::string_view command) {
  call.reply.error("ERR invalid expire time in '" + std::string(command) + "' command");
  return std::nullopt;
}

struct ExpiryWord {
  std::string_view word;
  ExpiryUnit unit;
  ExpiryBasis basis;
};
constexpr ExpiryWord kExpiryWords[] = {
    {"ex", ExpiryUnit::kSeconds, ExpiryBasis::kFromNow},
    {"px", ExpiryUnit::kMilliseconds, ExpiryBasis::kFromNow},
    {"exat", ExpiryUnit::kSeconds, ExpiryBasis::kAbsolute},
    {"pxat", ExpiryUnit::kMilliseconds, ExpiryBasis::kAbsolute},
};

const ExpiryWord* expiry_word(std::string_view argument) {
  for (const ExpiryWord& word : kExpiryWords) {
    if (is_word(argument, word.word)) return &word;
  }
  return nullptr;
}

// The same kind of deadline may come twice, the last one counts; two kinds may not.
bool excludes(const SetOptions& options, const ExpiryWord& word) {
  if (options.keep_ttl || options.persist) return true;
  return options.expiry && (options.expiry->unit != word.unit || options.expiry->basis != word.basis);
}

// Words without a value. False: it is none, or not allowed here.
bool take_flag(SetOptions& options, std::string_view argument, SetFamily family) {
  if (family == SetFamily::kSet) {
    if (is_word(argument, "nx") && !options.if_present) return options.if_absent = true;
    if (is_word(argument, "xx") && !options.if_absent) return options.if_present = true;
    if (is_word(argument, "get")) return options.get = true;
    if (is_word(argument, "keepttl") && !options.expiry) return options.keep_ttl = true;
    return false;
  }
  if (is_word(argument, "persist") && !options.expiry) return options.persist = true;
  return false;
}

}  // namespace

Outcome reply_integer(Call& call, int64_t value) {
  call.reply.integer(value);
  return Outcome::kDone;
}

Outcome reply_null(Call& call) {
  call.reply.null();
  return Outcome::kDone;
}

Outcome reply_arity(Call& call, std::string_view command) {
  return reply_error(call, "ERR wrong number of arguments for '" + std::string(command) + "' command");
}

std::optional<int64_t> integer_argument(Call& call, std::string_view text) {
  const auto value = parse_int64(text);
  if (!value) call.reply.error(kNotAnInteger);
  return value;
}

std::optional<int64_t> integer_between(Call& call, std::string_view text, int64_t least, int64_t most) {
  const auto value = integer_argument(call, text);
  if (value && (*value < least || *value > most)) {
    call.reply.error("ERR value is out of range, value must between " + std::to_string(least) + " and " +
                     std::to_string(most));
    return std::nullopt;
  }
  return value;
}

std::optional<int64_t> natural_argument(Call& call, std::string_view text) {
  const auto value = parse_int64(text);
  if (value && *value >= 0) return value;
  call.reply.error("ERR value is out of range, must be positive");
  return std::nullopt;
}

std::optional<int64_t> signed_count_argument(Call& call, std::string_view text) {
  return integer_between(call, text, -kMost, kMost);
}

std::optional<uint32_t> database_argument(Call& call, std::string_view text) {
  const auto value = integer_between(call, text, INT32_MIN, INT32_MAX);
  if (!value) return std::nullopt;
  if (*value < 0 || *value >= static_cast<int64_t>(call.store.databases())) {
    call.reply.error("ERR DB index is out of range");
    return std::nullopt;
  }
  return static_cast<uint32_t>(*value);
}

std::optional<uint32_t> peek_database(std::string_view text, uint32_t databases) {
  const auto value = parse_int64(text);
  if (!value || *value < 0 || *value >= static_cast<int64_t>(databases)) return std::nullopt;
  return static_cast<uint32_t>(*value);
}

bool fits_record(Call& call, size_t strings, uint64_t bytes) {
  if (strings * kOperationBytes + bytes <= call.store.max_record_bytes()) return true;
  call.reply.error(kTooLongForRecord);
  return false;
}

std::optional<WallTime> positive_deadline(Call& call, const Expiry& expiry, std::string_view command) {
  const auto amount = integer_argument(call, expiry.value);
  if (!amount) return std::nullopt;
  const auto deadline = *amount > 0 ? add_up(call, *amount, expiry) : std::nullopt;
  return deadline ? deadline : refuse_deadline(call, command);
}

std::optional<WallTime> any_deadline(Call& call, const Expiry& expiry, std::string_view command) {
  const auto amount = integer_argument(call, expiry.value);
  if (!amount) return std::nullopt;
  const auto deadline = add_up(call, *amount, expiry);
  return deadline ? deadline : refuse_deadline(call, command);
}

std::optional<SetOptions> set_options(Call& call, size_t first, SetFamily family) {
  SetOptions options;
  for (size_t i = first; i < call.size(); i++) {
    if (take_flag(options, call[i], family)) continue;
    const ExpiryWord* word = expiry_word(call[i]);
    if (word == nullptr || excludes(options, *word) || i + 1 == call.size()) {
      call.reply.error(kSyntaxError);
      return std::nullopt;
    }
    options.expiry = Expiry{call[++i], word->unit, word->basis};
  }
  return options;
}

namespace {
Entry* counted(Call& call, Entry* entry, Access access) {
  if (access == Access::kRead) {
    Stats& stats = call.services.stats;
    (entry != nullptr ? stats.keyspace_hits : stats.keyspace_misses)++;
  }
  return entry;
}
}  // namespace

Entry* look_up(Call& call, std::string_view key, Access access) {
  return counted(call, call.store.find(call.db(), key), access);
}

Entry* look_up_header(Call& call, std::string_view key, Access access) {
  return counted(call, call.store.find_header(call.db(), key), access);
}

Found find_of_type(Call& call, std::string_view key, ValueType type, Access access) {
  Entry* entry = look_up(call, key, access);
  if (entry == nullptr || type_of(*entry) == type) return {.entry = entry};
  call.reply.error(kWrongType);
  return {.refused = true};
}

std::optional<uint64_t> parse_cursor(std::string_view text) {
  text = text.substr(0, text.find('\0'));
  std::string_view digits = text;
  const bool negative = digits.starts_with('-');
  if (negative || digits.starts_with('+')) digits.remove_prefix(1);
  if (digits.empty() && !text.empty()) return std::nullopt;
  uint64_t value = 0;
  for (const char c : digits) {
    const auto digit = static_cast<uint64_t>(c - '0');
    if (c < '0' || c > '9' || value > (UINT64_MAX - digit) / 10) return std::nullopt;
    value = value * 10 + digit;
  }
  return negative ? 0 - value : value;
}

std::optional<uint64_t> cursor_argument(Call& call, std::string_view text) {
  const auto cursor = parse_cursor(text);
  if (!cursor) call.reply.error("ERR invalid cursor");
  return cursor;
}

std::optional<ScanOptions> scan_options(Call& call, size_t first, ScanTarget target) {
  ScanOptions options;
  for (size_t i = first; i < call.size(); i += 2) {
    const bool has_value = i + 1 < call.size();
    if (has_value && is_word(call[i], "count")) {
      const auto count = integer_argument(call, call[i + 1]);
      if (!count) return std::nullopt;
      if (*count >= 1) {
        options.count = static_cast<size_t>(*count);
        continue;
      }
    } else if (has_value && is_word(call[i], "match")) {
      options.pattern = call[i + 1];
      continue;
    } else if (has_value && is_word(call[i], "type") && target == ScanTarget::kKeys) {
      options.type = call[i + 1];
      continue;
    }
    call.reply.error(kSyntaxError);
    return std::nullopt;
  }
  return options;
}

// In Redis the empty name matches nothing but "*" itself and the empty pattern, not even "**".
bool matches(const ScanOptions& options, std::string_view name) {
  if (options.pattern == "*") return true;
  return name.empty() ? options.pattern.empty() : glob_match(options.pattern, name);
}

}  // namespace onggi
