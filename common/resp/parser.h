// Client requests out of bytes: RESP arrays of bulk strings, and inline commands. Pure, in place, resumable.
//
// The caller owns the buffer. Arguments are views into it (those of an inline command: into the parser), valid until
// the next call or until the buffer changes. A large bulk that arrives in pieces is never scanned again: between calls
// the parser remembers where each argument lies, relative to the start of the buffer, so the caller may move the bytes
// but must neither drop nor change those that were not consumed.
//
//   request := '*' count CRLF ( '$' length CRLF bytes CRLF )*count   |   words LF
//
// Source: redis.io/docs/reference/protocol-spec; texts of errors as redis-server 7.0's. One chosen difference: a
// request has at most 1024 * 1024 arguments, where Redis 7.0 takes 2^31.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace onggi {

enum class ParseResult : uint8_t { kCommand, kNeedMore, kError };

struct RequestLimits {
  uint64_t max_bulk_bytes = 512ull << 20;  // proto-max-bulk-len
  int64_t max_arguments = 1024 * 1024;
  size_t max_inline_bytes = 64 * 1024;  // an inline request, and each line with a length
  bool unauthenticated = false;         // a password is needed and was not given: 10 arguments, 16 KB each
};

class RequestParser {
 public:
  RequestParser() = default;
  explicit RequestParser(RequestLimits limits) : limits_(limits) {}

  // Looks for one request at the start of `buffer`. `consumed` is set to the bytes that the caller drops before its
  // next call; it may be more than 0 with kNeedMore too (empty requests are skipped).
  //   kCommand:  `args` holds the request, one argument at least.
  //   kNeedMore: call again with the same bytes and more.
  //   kError:    error() says why; the connection can't go on.
  ParseResult parse(std::string_view buffer, size_t& consumed, std::vector<std::string_view>& args);

  // Nearly every request lies whole in the buffer and has nothing wrong with it. If the one at the start of `buffer` is
  // such a one, appends its arguments and returns its size; else 0, and parse() has its say. It changes nothing here,
  // so that one may look ahead.
  size_t peek_whole(std::string_view buffer, std::vector<std::string_view>& args) const;

  // "ERR Protocol error: ..."
  const std::string& error() const { return error_; }

  RequestLimits& limits() { return limits_; }

 private:
  struct Range {
    size_t begin = 0;
    size_t size = 0;
  };

  using Arguments = std::vector<std::string_view>;

  ParseResult parse_one(std::string_view buffer, Arguments& args);
  ParseResult parse_array(std::string_view buffer, Arguments& args);
  ParseResult parse_inline(std::string_view buffer, Arguments& args);
  // A line "<type><number>\r\n" at position_: kNeedMore, kError, or kCommand with the number (nullopt: not one).
  ParseResult read_number(std::string_view buffer, std::string_view too_long, std::optional<int64_t>& number);
  ParseResult read_count(std::string_view buffer);
  ParseResult read_length(std::string_view buffer);
  ParseResult need_more(std::string_view buffer, const Arguments& args);
  ParseResult fail(std::string_view text);
  void restart();

  RequestLimits limits_;
  size_t position_ = 0;             // the next byte to look at, from the start of the buffer
  int64_t remaining_ = -1;          // arguments still to come; -1: the count was not read yet
  int64_t bulk_length_ = -1;        // of the argument being read; -1: not known yet
  std::vector<Range> ranges_;       // arguments of an incomplete request
  std::vector<std::string> words_;  // an inline request's
  std::string error_;
};

}  // namespace onggi
