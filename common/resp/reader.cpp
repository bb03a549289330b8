#include "common/resp/reader.h"

#include <algorithm>
#include <cstdlib>

#include "common/check.h"
#include "common/numbers.h"
#include "common/quoting.h"

namespace onggi {

namespace {

constexpr size_t kMaxLineBytes = 1 << 20;

bool is_bulk(char type) {
  return type == '$' || type == '=' || type == '!';
}

// Values that follow the header of an aggregate with this count.
uint64_t values_in(char type, uint64_t count) {
  return type == '%' || type == '|' ? 2 * count : count;
}

// "-1" is RESP2's null for '$' and '*'.
Result<std::optional<uint64_t>> parse_count(char type, std::string_view text) {
  if (text == "-1" && (type == '$' || type == '*')) return std::optional<uint64_t>();
  const std::optional<uint64_t> count = parse_uint64(text);
  if (!count || *count > kMaxReplyBytes) {
    return Error{std::string("Protocol error: invalid length after '") + type + "': " + quoted(text.substr(0, 32))};
  }
  return count;
}

Error unknown_type(char type) {
  return Error{"Protocol error, got " + quoted(std::string_view(&type, 1)) + " as reply type byte"};
}

}  // namespace

void ReplyScanner::restart() {
  position_ = 0;
  open_.clear();
  done_ = false;
}

Result<std::optional<size_t>> ReplyScanner::scan(std::string_view buffer) {
  while (!done_) {
    Result<Step> result = step(buffer);
    if (!result) return result.error();
    if (*result == Step::kPartial) return std::optional<size_t>();
    if (position_ > kMaxReplyBytes) return Error{"Protocol error: too large a reply"};
  }
  return std::optional<size_t>(position_);
}

Result<ReplyScanner::Step> ReplyScanner::step(std::string_view buffer) {
  if (position_ >= buffer.size()) return Step::kPartial;
  const char type = buffer[position_];
  if (std::string_view("+-:$*_#,(=!%~>|").find(type) == std::string_view::npos) return unknown_type(type);
  const size_t line_end = buffer.find("\r\n", position_);
  if (line_end == std::string_view::npos) {
    if (buffer.size() - position_ > kMaxLineBytes) return Error{"Protocol error: too long a line"};
    return Step::kPartial;
  }
  const std::string_view text = buffer.substr(position_ + 1, line_end - position_ - 1);
  const size_t after = line_end + 2;
  const bool aggregate = type == '*' || type == '%' || type == '~' || type == '>' || type == '|';
  if (!aggregate && !is_bulk(type)) {
    if (type == ':' && !parse_int64(text)) return Error{"Protocol error: bad integer " + quoted(text.substr(0, 32))};
    if (type == ',' && text != "nan" && text != "-nan" && !parse_double(text)) {
      return Error{"Protocol error: bad double " + quoted(text.substr(0, 32))};
    }
    if (type == '#' && text != "t" && text != "f") return Error{"Protocol error: bad boolean"};
    if (type == '_' && !text.empty()) return Error{"Protocol error: bad null"};
    position_ = after;
    value_done();
    return Step::kAdvanced;
  }
  Result<std::optional<uint64_t>> count = parse_count(type, text);
  if (!count) return count.error();
  if (aggregate) return open(*count ? values_in(type, **count) : 0, type == '|', after);
  const size_t end = *count ? after + **count + 2 : after;
  if (buffer.size() < end) return Step::kPartial;
  if (*count && buffer.substr(end - 2, 2) != "\r\n") return Error{"Protocol error: bad end of a bulk string"};
  if (type == '=' && (**count < 4 || buffer[after + 3] != ':')) return Error{"Protocol error: bad verbatim string"};
  position_ = end;
  value_done();
  return Step::kAdvanced;
}

Result<ReplyScanner::Step> ReplyScanner::open(uint64_t values, bool attribute, size_t after) {
  position_ = after;
  if (values == 0) {
    if (!attribute) value_done();
    return Step::kAdvanced;
  }
  if (open_.size() >= kMaxReplyDepth) return Error{"Protocol error: too deeply nested a reply"};
  open_.push_back({values, attribute});
  return Step::kAdvanced;
}

void ReplyScanner::value_done() {
  for (;;) {
    if (open_.empty()) {
      done_ = true;
      return;
    }
    if (--open_.back().remaining > 0) return;
    const bool attribute = open_.back().attribute;
    open_.pop_back();
    if (attribute) return;  // its value comes now
  }
}

Result<std::optional<size_t>> reply_size(std::string_view buffer) {
  ReplyScanner scanner;
  return scanner.scan(buffer);
}

namespace {

// Builds values from bytes that a scanner found complete and well-formed, no deeper than kMaxReplyDepth.
class Builder {
 public:
  explicit Builder(std::string_view bytes) : rest_(bytes) {}

  Reply value() {
    while (rest_.starts_with('|')) skip_attribute();
    Reply reply;
    const char type = rest_[0];
    const std::string_view text = line();
    if (is_bulk(type)) {
      bulk(type, text, reply);
    } else if (type == '*' || type == '%' || type == '~' || type == '>') {
      aggregate(type, text, reply);
    } else {
      scalar(type, text, reply);
    }
    return reply;
  }

 private:
  std::string_view line() {
    const size_t end = rest_.find("\r\n");
    const std::string_view text = rest_.substr(1, end - 1);
    rest_.remove_prefix(end + 2);
    return text;
  }

  void skip_attribute() {
    const uint64_t values = 2 * parse_uint64(line()).value_or(0);
    for (uint64_t i = 0; i < values; i++) value();
  }

  void bulk(char type, std::string_view text, Reply& reply) {
    if (text == "-1") return;
    const size_t size = parse_uint64(text).value_or(0);
    const std::string_view bytes = rest_.substr(0, size);
    rest_.remove_prefix(size + 2);
    reply.type = type == '$' ? Reply::Type::kBulk : type == '!' ? Reply::Type::kError : Reply::Type::kVerbatim;
    if (type == '=') reply.format = bytes.substr(0, 3);
    reply.text = type == '=' ? bytes.substr(4) : bytes;
  }

  void aggregate(char type, std::string_view text, Reply& reply) {
    if (text == "-1") return;
    const uint64_t values = values_in(type, parse_uint64(text).value_or(0));
    switch (type) {
      case '%':
        reply.type = Reply::Type::kMap;
        break;
      case '~':
        reply.type = Reply::Type::kSet;
        break;
      case '>':
        reply.type = Reply::Type::kPush;
        break;
      default:
        reply.type = Reply::Type::kArray;
    }
    reply.elements.reserve(values);
    for (uint64_t i = 0; i < values; i++) reply.elements.push_back(value());
  }

  static void scalar(char type, std::string_view text, Reply& reply) {
    reply.text = text;
    switch (type) {
      case '+':
        reply.type = Reply::Type::kSimple;
        break;
      case '-':
        reply.type = Reply::Type::kError;
        break;
      case '(':
        reply.type = Reply::Type::kBigNumber;
        break;
      case ',':
        reply.type = Reply::Type::kDouble;
        reply.number = std::strtod(reply.text.c_str(), nullptr);
        break;
      case ':':
        reply = Reply{.type = Reply::Type::kInteger, .integer = parse_int64(text).value_or(0)};
        break;
      case '#':
        reply = Reply{.type = Reply::Type::kBoolean, .integer = text == "t" ? 1 : 0};
        break;
      default:
        reply = Reply{};
    }
  }

  std::string_view rest_;
};

void append_text(const Reply& reply, std::string& out) {
  switch (reply.type) {
    case Reply::Type::kSimple:
    case Reply::Type::kDouble:
    case Reply::Type::kBigNumber:
      out += reply.text;
      return;
    case Reply::Type::kError:
      out += "(error) " + reply.text;
      return;
    case Reply::Type::kInteger:
      append_int64(out, reply.integer);
      return;
    case Reply::Type::kBoolean:
      out += reply.integer != 0 ? "true" : "false";
      return;
    case Reply::Type::kNull:
      out += "(nil)";
      return;
    case Reply::Type::kBulk:
    case Reply::Type::kVerbatim:
      out += quoted(reply.text);
      return;
    default:
      break;
  }
  const bool map = reply.type == Reply::Type::kMap;
  const bool set = reply.type == Reply::Type::kSet;
  if (reply.type == Reply::Type::kPush) out += "push";
  out += map || set ? '{' : '[';
  for (size_t i = 0; i < reply.elements.size(); i++) {
    if (i > 0) out += map && i % 2 == 1 ? ": " : ", ";
    append_text(reply.elements[i], out);
  }
  out += map || set ? '}' : ']';
}

}  // namespace

Reply parse_reply(std::string_view buffer) {
  ONGGI_CHECK(!buffer.empty());
  return Builder(buffer).value();
}

Result<std::optional<Reply>> ReplyReader::next() {
  const std::string_view rest = std::string_view(buffer_).substr(begin_);
  Result<std::optional<size_t>> size = scanner_.scan(rest);
  if (!size) return size.error();
  if (!*size) {
    if (begin_ > 0) {
      buffer_.erase(0, begin_);
      begin_ = 0;
    }
    return std::optional<Reply>();
  }
  std::optional<Reply> reply = parse_reply(rest.substr(0, **size));
  begin_ += **size;
  scanner_.restart();
  return reply;
}

std::string to_string(const Reply& reply) {
  std::string text;
  append_text(reply, text);
  return text;
}

}  // namespace onggi
