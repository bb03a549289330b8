#include "common/resp/parser.h"

#include <algorithm>
#include <cstring>

#include "common/numbers.h"
#include "common/quoting.h"

namespace onggi {

namespace {
constexpr int64_t kMaxUnauthenticatedArguments = 10;
constexpr int64_t kMaxUnauthenticatedBytes = 16384;
constexpr size_t kKeepRanges = 1024;

// At most `limit` bytes of `buffer` from `from` are searched: a request is judged the same however its bytes arrive.
size_t find_byte(std::string_view buffer, size_t from, char byte, size_t limit) {
  const size_t size = std::min(buffer.size() - from, limit);
  const void* found = size == 0 ? nullptr : std::memchr(buffer.data() + from, byte, size);
  return found == nullptr ? std::string_view::npos
                          : static_cast<size_t>(static_cast<const char*>(found) - buffer.data());
}

constexpr uint64_t kShortNumberLimit = 100'000'000;  // what short_number() reads has 9 digits at most

// Reads a line "<type><digits>\r\n", without sign or leading zero; returns where it ends. Null: it is something else,
// or not all there.
const char* short_number(const char* at, const char* end, char type, uint64_t& number) {
  if (end - at < 4 || *at != type) return nullptr;
  at++;
  uint64_t value = static_cast<uint8_t>(*at - '0');
  if (value > 9) return nullptr;
  at++;
  if (value != 0) {
    for (; at < end; at++) {
      const auto digit = static_cast<uint8_t>(*at - '0');
      if (digit > 9) break;
      if (value >= kShortNumberLimit) return nullptr;
      value = value * 10 + digit;
    }
  }
  if (end - at < 2 || at[0] != '\r' || at[1] != '\n') return nullptr;
  number = value;
  return at + 2;
}
}  // namespace

ParseResult RequestParser::parse(std::string_view buffer, size_t& consumed, Arguments& args) {
  consumed = 0;
  args.clear();
  for (;;) {
    const ParseResult result = parse_one(buffer.substr(consumed), args);
    if (result != ParseResult::kCommand) return result;
    consumed += position_;
    restart();
    if (!args.empty()) return ParseResult::kCommand;  // else: an empty request, skipped
  }
}

ParseResult RequestParser::parse_one(std::string_view buffer, Arguments& args) {
  if (buffer.empty()) return ParseResult::kNeedMore;
  if (const size_t whole = peek_whole(buffer, args); whole != 0) {
    position_ = whole;
    return ParseResult::kCommand;
  }
  return remaining_ >= 0 || buffer[0] == '*' ? parse_array(buffer, args) : parse_inline(buffer, args);
}

size_t RequestParser::peek_whole(std::string_view buffer, Arguments& args) const {
  if (remaining_ >= 0 || limits_.unauthenticated || buffer.empty()) return 0;
  const char* const end = buffer.data() + buffer.size();
  const size_t before = args.size();
  uint64_t count = 0;
  const char* at = short_number(buffer.data(), end, '*', count);
  if (at == nullptr || count == 0 || count > static_cast<uint64_t>(limits_.max_arguments)) return 0;
  for (; count > 0; count--) {
    uint64_t length = 0;
    at = short_number(at, end, '$', length);
    if (at == nullptr || length > limits_.max_bulk_bytes || static_cast<uint64_t>(end - at) < length + 2) {
      args.resize(before);
      return 0;
    }
    args.emplace_back(at, length);
    at += length + 2;
  }
  return static_cast<size_t>(at - buffer.data());
}

ParseResult RequestParser::parse_array(std::string_view buffer, Arguments& args) {
  if (remaining_ < 0) {
    const ParseResult result = read_count(buffer);
    if (result != ParseResult::kCommand) return result;
  }
  const bool resumed = !ranges_.empty();
  while (remaining_ > 0) {
    if (bulk_length_ < 0) {
      const ParseResult result = read_length(buffer);
      if (result == ParseResult::kNeedMore) return need_more(buffer, args);
      if (result == ParseResult::kError) return result;
    }
    const auto length = static_cast<size_t>(bulk_length_);
    if (buffer.size() < position_ + length + 2) return need_more(buffer, args);
    if (resumed) {
      ranges_.push_back({position_, length});
    } else {
      args.push_back(buffer.substr(position_, length));
    }
    position_ += length + 2;
    bulk_length_ = -1;
    remaining_--;
  }
  if (resumed) {
    args.reserve(ranges_.size());
    for (const Range& range : ranges_) args.push_back(buffer.substr(range.begin, range.size));
  }
  return ParseResult::kCommand;
}

ParseResult RequestParser::need_more(std::string_view buffer, const Arguments& args) {
  for (const std::string_view arg : args)
    ranges_.push_back({static_cast<size_t>(arg.data() - buffer.data()), arg.size()});
  return ParseResult::kNeedMore;
}

ParseResult RequestParser::read_number(std::string_view buffer, std::string_view too_long,
                                       std::optional<int64_t>& number) {
  const size_t end = find_byte(buffer, position_, '\r', limits_.max_inline_bytes + 1);
  if (end == std::string_view::npos) {
    return buffer.size() - position_ > limits_.max_inline_bytes ? fail(too_long) : ParseResult::kNeedMore;
  }
  if (end + 1 == buffer.size()) return ParseResult::kNeedMore;
  number = parse_int64(buffer.substr(position_ + 1, end - position_ - 1));
  return ParseResult::kCommand;
}

ParseResult RequestParser::read_count(std::string_view buffer) {
  std::optional<int64_t> count;
  const ParseResult result = read_number(buffer, "too big mbulk count string", count);
  if (result != ParseResult::kCommand) return result;
  if (!count || *count > limits_.max_arguments) return fail("invalid multibulk length");
  if (*count > kMaxUnauthenticatedArguments && limits_.unauthenticated) return fail("unauthenticated multibulk length");
  remaining_ = std::max<int64_t>(*count, 0);
  position_ = buffer.find('\r', position_) + 2;
  return ParseResult::kCommand;
}

ParseResult RequestParser::read_length(std::string_view buffer) {
  if (position_ >= buffer.size()) return ParseResult::kNeedMore;
  std::optional<int64_t> length;
  const ParseResult result = read_number(buffer, "too big bulk count string", length);
  if (result != ParseResult::kCommand) return result;
  const char type = buffer[position_];
  if (type != '$') {
    const char shown = type == '\r' || type == '\n' ? ' ' : type;
    return fail(std::string("expected '$', got '") + shown + "'");
  }
  if (!length || *length < 0 || static_cast<uint64_t>(*length) > limits_.max_bulk_bytes) {
    return fail("invalid bulk length");
  }
  if (*length > kMaxUnauthenticatedBytes && limits_.unauthenticated) return fail("unauthenticated bulk length");
  bulk_length_ = *length;
  position_ = buffer.find('\r', position_) + 2;
  return ParseResult::kCommand;
}

ParseResult RequestParser::parse_inline(std::string_view buffer, Arguments& args) {
  const size_t end = find_byte(buffer, 0, '\n', limits_.max_inline_bytes + 1);
  if (end == std::string_view::npos) {
    return buffer.size() > limits_.max_inline_bytes ? fail("too big inline request") : ParseResult::kNeedMore;
  }
  std::string_view line = buffer.substr(0, end);
  if (line.ends_with('\r')) line.remove_suffix(1);
  std::optional<std::vector<std::string>> words = split_words(line);
  if (!words) return fail("unbalanced quotes in request");
  words_ = std::move(*words);
  for (const std::string& word : words_) args.push_back(word);
  position_ = end + 1;
  return ParseResult::kCommand;
}

ParseResult RequestParser::fail(std::string_view text) {
  error_ = "ERR Protocol error: ";
  error_ += text;
  return ParseResult::kError;
}

void RequestParser::restart() {
  position_ = 0;
  remaining_ = -1;
  bulk_length_ = -1;
  ranges_.clear();
  if (ranges_.capacity() > kKeepRanges) ranges_.shrink_to_fit();
}

}  // namespace onggi
