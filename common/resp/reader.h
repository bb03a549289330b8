// Replies out of bytes, RESP2 and RESP3: for the CLI, for tests, and for forwarding (H3).
//
// reply_size() walks one reply without building anything; ReplyReader builds values from a stream. Both refuse what is
// malformed, nested too deeply or larger than the limit, and allocate no more than the bytes that really came.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"

namespace onggi {

struct Reply {
  enum class Type : uint8_t {
    kSimple,     // text
    kError,      // text, with its code and without the '-'
    kInteger,    // integer
    kBulk,       // text
    kNull,       // also $-1 and *-1
    kArray,      // elements
    kMap,        // elements: key, value, key, value ...
    kSet,        // elements
    kPush,       // elements
    kDouble,     // text as sent, number
    kBoolean,    // integer 0 or 1
    kBigNumber,  // text
    kVerbatim,   // text; format
  };
  Type type = Type::kNull;
  int64_t integer = 0;
  double number = 0;
  std::string text;
  std::string format;
  std::vector<Reply> elements;

  bool is_error() const { return type == Type::kError; }
  bool is_null() const { return type == Type::kNull; }
  bool operator==(const Reply&) const = default;
};

inline constexpr size_t kMaxReplyDepth = 64;
inline constexpr uint64_t kMaxReplyBytes = 1ull << 30;

// Finds the end of a reply that arrives in pieces, without walking its beginning again.
class ReplyScanner {
 public:
  // The size of the reply at the start of `buffer`, with any attribute before it; nullopt: it is not complete yet, call
  // again with the same bytes and more. After a size or an error: restart() first.
  Result<std::optional<size_t>> scan(std::string_view buffer);
  void restart();

 private:
  struct Open {
    uint64_t remaining = 0;  // values still to come
    bool attribute = false;  // goes before a value and is none itself
  };
  enum class Step : uint8_t { kAdvanced, kPartial };

  Result<Step> step(std::string_view buffer);
  Result<Step> open(uint64_t values, bool attribute, size_t after);
  void value_done();

  size_t position_ = 0;
  std::vector<Open> open_;
  bool done_ = false;
};

// One scan from the start.
Result<std::optional<size_t>> reply_size(std::string_view buffer);

// The reply at the start of `buffer`, which must be complete: as many bytes as reply_size() said.
Reply parse_reply(std::string_view buffer);

// Collects bytes as they come, gives replies as they get complete.
class ReplyReader {
 public:
  void append(std::string_view bytes) { buffer_.append(bytes); }
  // The next reply, nullopt when more bytes are needed. After an error the stream can't go on.
  Result<std::optional<Reply>> next();
  size_t buffered() const { return buffer_.size() - begin_; }

 private:
  std::string buffer_;
  size_t begin_ = 0;
  ReplyScanner scanner_;
};

// For people and tests: one line, e.g. ["a", 1, (nil)].
std::string to_string(const Reply& reply);

}  // namespace onggi
