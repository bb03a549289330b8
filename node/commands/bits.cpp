// Strings as rows of bits: bit 0 is the highest of the first byte.
#include <algorithm>
#include <bit>

#include "node/commands/handlers.h"
#include "node/commands/parse.h"
#include "node/services.h"

namespace onggi {

namespace {

constexpr std::string_view kBadOffset = "ERR bit offset is not an integer or out of range";
constexpr int64_t kBitsPerByte = 8;

bool bit_at(std::string_view text, int64_t bit) {
  const auto byte = static_cast<size_t>(bit / kBitsPerByte);
  return byte < text.size() && ((static_cast<uint8_t>(text[byte]) >> (7 - bit % kBitsPerByte)) & 1) != 0;
}

std::optional<int64_t> offset_argument(Call& call, std::string_view text) {
  const auto offset = parse_int64(text);
  const auto limit = static_cast<int64_t>(call.services.config.proto_max_bulk_len);
  if (offset && *offset >= 0 && *offset / kBitsPerByte < limit) return offset;
  call.reply.error(kBadOffset);
  return std::nullopt;
}

// Bits [begin, end) of a string; empty if begin >= end.
struct BitRange {
  int64_t begin = 0;
  int64_t end = 0;
};

struct RangeArguments {
  int64_t first = 0;
  int64_t last = -1;
  bool in_bits = false;
};

// Each reads one part of [start [end [BYTE | BIT]]] from args[at]; false: the error was written.
bool read_index(Call& call, size_t at, int64_t& index) {
  if (call.size() <= at) return true;
  const auto value = integer_argument(call, call[at]);
  if (value) index = *value;
  return value.has_value();
}

bool read_unit(Call& call, size_t at, RangeArguments& range) {
  if (call.size() <= at) return true;
  range.in_bits = is_word(call[at], "bit");
  if (range.in_bits || is_word(call[at], "byte")) return true;
  call.reply.error(kSyntaxError);
  return false;
}

BitRange resolve(const RangeArguments& range, std::string_view text) {
  const auto bytes = static_cast<int64_t>(text.size());
  const int64_t unit = range.in_bits ? 1 : kBitsPerByte;
  const int64_t size = bytes * kBitsPerByte / unit;
  const int64_t first = std::max<int64_t>(range.first < 0 ? size + range.first : range.first, 0);
  const int64_t last = std::min(std::max<int64_t>(range.last < 0 ? size + range.last : range.last, 0), size - 1);
  if (first > last) return {};
  return {first * unit, (last + 1) * unit};
}

int64_t count_bits(std::string_view text, BitRange range) {
  int64_t count = 0;
  int64_t bit = range.begin;
  for (; bit < range.end && bit % kBitsPerByte != 0; bit++) count += bit_at(text, bit) ? 1 : 0;
  for (; bit + kBitsPerByte <= range.end; bit += kBitsPerByte) {
    count += std::popcount(static_cast<uint8_t>(text[static_cast<size_t>(bit / kBitsPerByte)]));
  }
  for (; bit < range.end; bit++) count += bit_at(text, bit) ? 1 : 0;
  return count;
}

// -1: none.
int64_t find_bit(std::string_view text, BitRange range, bool wanted) {
  const char nothing = wanted ? '\x00' : '\xff';
  for (int64_t bit = range.begin; bit < range.end;) {
    const bool whole = bit % kBitsPerByte == 0 && bit + kBitsPerByte <= range.end;
    if (whole && text[static_cast<size_t>(bit / kBitsPerByte)] == nothing) {
      bit += kBitsPerByte;
    } else if (bit_at(text, bit) == wanted) {
      return bit;
    } else {
      bit++;
    }
  }
  return -1;
}

}  // namespace

Outcome setbit_command(Call& call) {
  const auto offset = offset_argument(call, call[2]);
  if (!offset) return Outcome::kDone;
  const auto bit = parse_int64(call[3]);
  if (!bit || *bit < 0 || *bit > 1) return reply_error(call, "ERR bit is not an integer or out of range");
  const Found found = find_of_type(call, call[1], ValueType::kString, Access::kWrite);
  if (found.refused) return Outcome::kDone;
  const std::string_view text = found.entry == nullptr ? std::string_view() : string_of(*found.entry);
  const auto byte = static_cast<size_t>(*offset / kBitsPerByte);
  const bool old = bit_at(text, *offset);
  if (byte >= text.size() || old != (*bit == 1)) {
    const auto mask = static_cast<uint8_t>(1u << (7 - *offset % kBitsPerByte));
    const auto before = static_cast<uint8_t>(byte < text.size() ? text[byte] : 0);
    const char after = static_cast<char>(*bit == 1 ? before | mask : before & ~mask);
    call.store.patch_string(call.db(), call[1], byte, {&after, 1});
  }
  return reply_integer(call, old ? 1 : 0);
}

Outcome getbit_command(Call& call) {
  const auto offset = offset_argument(call, call[2]);
  if (!offset) return Outcome::kDone;
  const Found found = find_of_type(call, call[1], ValueType::kString, Access::kRead);
  if (found.refused) return Outcome::kDone;
  return reply_integer(call, found.entry != nullptr && bit_at(string_of(*found.entry), *offset) ? 1 : 0);
}

Outcome bitcount_command(Call& call) {
  const Found found = find_of_type(call, call[1], ValueType::kString, Access::kRead);
  if (found.refused) return Outcome::kDone;
  if (found.entry == nullptr) return reply_integer(call, 0);
  if (call.size() == 3 || call.size() > 5) return reply_error(call, kSyntaxError);
  RangeArguments range;
  if (!read_index(call, 2, range.first) || !read_index(call, 3, range.last)) return Outcome::kDone;
  // Both from the end and the wrong way round: nothing, before the unit is looked at. BITPOS has no such rule.
  if (range.first < 0 && range.last < 0 && range.first > range.last) return reply_integer(call, 0);
  if (!read_unit(call, 4, range)) return Outcome::kDone;
  const std::string_view text = string_of(*found.entry);
  return reply_integer(call, count_bits(text, resolve(range, text)));
}

Outcome bitpos_command(Call& call) {
  const auto bit = integer_argument(call, call[2]);
  if (!bit) return Outcome::kDone;
  if (*bit != 0 && *bit != 1) return reply_error(call, "ERR The bit argument must be 1 or 0.");
  const Found found = find_of_type(call, call[1], ValueType::kString, Access::kRead);
  if (found.refused) return Outcome::kDone;
  if (found.entry == nullptr) return reply_integer(call, *bit == 1 ? -1 : 0);
  if (call.size() > 6) return reply_error(call, kSyntaxError);
  RangeArguments range;
  if (!read_index(call, 3, range.first) || !read_unit(call, 5, range) || !read_index(call, 4, range.last)) {
    return Outcome::kDone;
  }
  const std::string_view text = string_of(*found.entry);
  const BitRange bits = resolve(range, text);
  int64_t at = find_bit(text, bits, *bit == 1);
  // Without an end, a string of ones is followed by zeros without end.
  if (at < 0 && *bit == 0 && call.size() < 5 && bits.begin < bits.end) at = bits.end;
  return reply_integer(call, at);
}

}  // namespace onggi
