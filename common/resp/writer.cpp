#include "common/resp/writer.h"

#include <cstring>

#include "common/numbers.h"

namespace onggi {

namespace {
constexpr std::string_view kLineEnd = "\r\n";
}

void ReplyWriter::header(char type, uint64_t count) {
  char line[1 + kMaxInt64Digits + 2];
  line[0] = type;
  size_t size = 1 + format_uint64(count, line + 1);
  line[size++] = '\r';
  line[size++] = '\n';
  out_.append(line, size);
}

void ReplyWriter::simple_string(std::string_view text) {
  out_.push_back('+');
  out_.append(text).append(kLineEnd);
}

void ReplyWriter::error(std::string_view text) {
  out_.push_back('-');
  const size_t begin = out_.size();
  out_.append(text);
  for (size_t i = begin; i < out_.size(); i++) {
    if (out_[i] == '\r' || out_[i] == '\n') out_[i] = ' ';
  }
  out_.append(kLineEnd);
}

void ReplyWriter::integer(int64_t value) {
  char line[1 + kMaxInt64Digits + 2];
  line[0] = ':';
  size_t size = 1 + format_int64(value, line + 1);
  line[size++] = '\r';
  line[size++] = '\n';
  out_.append(line, size);
}

void ReplyWriter::bulk(std::string_view bytes) {
  header('$', bytes.size());
  out_.append(bytes).append(kLineEnd);
}

void ReplyWriter::bulk_integer(int64_t value) {
  char digits[kMaxInt64Digits];
  bulk({digits, format_int64(value, digits)});
}

void ReplyWriter::null() {
  out_.append(resp_ >= 3 ? "_\r\n" : "$-1\r\n");
}

void ReplyWriter::null_array() {
  out_.append(resp_ >= 3 ? "_\r\n" : "*-1\r\n");
}

void ReplyWriter::array_header(size_t elements) {
  header('*', elements);
}

void ReplyWriter::map_header(size_t pairs) {
  if (resp_ >= 3) {
    header('%', pairs);
  } else {
    header('*', 2 * pairs);
  }
}

void ReplyWriter::set_header(size_t elements) {
  header(resp_ >= 3 ? '~' : '*', elements);
}

void ReplyWriter::push_header(size_t elements) {
  header(resp_ >= 3 ? '>' : '*', elements);
}

void ReplyWriter::attribute_header(size_t pairs) {
  header('|', pairs);
}

void ReplyWriter::double_value(double value) {
  const std::string text = format_double(value);
  if (resp_ < 3) return bulk(text);
  out_.push_back(',');
  out_.append(text).append(kLineEnd);
}

void ReplyWriter::boolean(bool value) {
  if (resp_ >= 3) {
    out_.append(value ? "#t\r\n" : "#f\r\n");
  } else {
    integer(value ? 1 : 0);
  }
}

void ReplyWriter::big_number(std::string_view digits) {
  if (resp_ < 3) return bulk(digits);
  out_.push_back('(');
  out_.append(digits).append(kLineEnd);
}

void ReplyWriter::verbatim(std::string_view format, std::string_view text) {
  if (resp_ < 3) return bulk(text);
  header('=', text.size() + 4);
  out_.append(format.substr(0, 3)).append(":").append(text).append(kLineEnd);
}

}  // namespace onggi
