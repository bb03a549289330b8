// What the data commands share: arguments as Redis reads them, with its errors, and keys of a type.
//
// Convention: a function that returns an empty optional (or a refused Found) has written the error to the call's reply;
// the handler returns Outcome::kDone at once. Nothing here changes the store.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "node/command.h"
#include "node/commands/words.h"

namespace onggi {

inline constexpr std::string_view kWrongType = "WRONGTYPE Operation against a key holding the wrong kind of value";
inline constexpr std::string_view kNotAFloat = "ERR value is not a valid float";
inline constexpr std::string_view kOverflow = "ERR increment or decrement would overflow";
inline constexpr std::string_view kNotFinite = "ERR increment would produce NaN or Infinity";
inline constexpr std::string_view kNoSuchKey = "ERR no such key";
inline constexpr std::string_view kOutOfRange = "ERR value is out of range";
inline constexpr std::string_view kTooLong = "ERR string exceeds maximum allowed size (proto-max-bulk-len)";

// ---- replies
Outcome reply_integer(Call& call, int64_t value);
Outcome reply_null(Call& call);
Outcome reply_arity(Call& call, std::string_view command);

// ---- numbers
std::optional<int64_t> integer_argument(Call& call, std::string_view text);
// An integer that is outside says which values are allowed.
std::optional<int64_t> integer_between(Call& call, std::string_view text, int64_t least, int64_t most);
// 0 or more; every other text is "out of range, must be positive".
std::optional<int64_t> natural_argument(Call& call, std::string_view text);
// A count that may be negative ("with repetitions"): all of int64 but its least.
std::optional<int64_t> signed_count_argument(Call& call, std::string_view text);
// The number of one of the store's databases.
std::optional<uint32_t> database_argument(Call& call, std::string_view text);
// The same without an error: for what looks at arguments before the command runs.
std::optional<uint32_t> peek_database(std::string_view text, uint32_t databases);

// ---- size
// Whether a change with so many names and values, of so many bytes together, fits into a record of the log; else the
// error was written.
bool fits_record(Call& call, size_t strings, uint64_t bytes);

// ---- deadlines
enum class ExpiryUnit : uint8_t { kSeconds, kMilliseconds };
enum class ExpiryBasis : uint8_t { kFromNow, kAbsolute };

struct Expiry {
  std::string_view value;
  ExpiryUnit unit = ExpiryUnit::kSeconds;
  ExpiryBasis basis = ExpiryBasis::kFromNow;
};

// SET's kind of deadline: the number must be positive. `command` is named in the error.
std::optional<WallTime> positive_deadline(Call& call, const Expiry& expiry, std::string_view command);
// EXPIRE's kind: any number, also one that lies in the past.
std::optional<WallTime> any_deadline(Call& call, const Expiry& expiry, std::string_view command);

// Whether a key with this deadline is gone already.
inline bool is_past(const Call& call, WallTime deadline) {
  return deadline.ms <= call.store.now().ms;
}

// ---- options of SET and GETEX
enum class SetFamily : uint8_t { kSet, kGetEx };

struct SetOptions {
  bool if_absent = false;   // NX
  bool if_present = false;  // XX
  bool get = false;
  bool keep_ttl = false;
  bool persist = false;
  std::optional<Expiry> expiry;
};

std::optional<SetOptions> set_options(Call& call, size_t first, SetFamily family);

// ---- keys
enum class Access : uint8_t { kRead, kWrite };  // reads count as hits and misses

struct Found {
  Entry* entry = nullptr;  // null: there is no such key
  bool refused = false;    // it holds another type
};

Entry* look_up(Call& call, std::string_view key, Access access);
// The same for commands that are kHeaderOnly: the value may not be in memory.
Entry* look_up_header(Call& call, std::string_view key, Access access);
Found find_of_type(Call& call, std::string_view key, ValueType type, Access access);

// ---- SCAN and its kind
struct ScanOptions {
  size_t count = 10;
  std::string_view pattern = "*";
  std::optional<std::string_view> type;
};
enum class ScanTarget : uint8_t { kKeys, kCollection };  // only SCAN itself takes TYPE

// As strtoul reads it, which is what clients have come to rely on: an optional sign, nothing for 0, no blanks before;
// a zero byte ends it.
std::optional<uint64_t> parse_cursor(std::string_view text);
std::optional<uint64_t> cursor_argument(Call& call, std::string_view text);
std::optional<ScanOptions> scan_options(Call& call, size_t first, ScanTarget target);
bool matches(const ScanOptions& options, std::string_view name);

}  // namespace onggi
