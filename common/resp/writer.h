// Replies into bytes, RESP2 or RESP3: appends to a string that the caller owns. Never fails.
//
// Whoever writes says what the value *is* (a map, a set, null); the writer chooses the form for the connection's
// version. Errors are given with their code and without the leading '-' ("ERR syntax error").
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace onggi {

class ReplyWriter {
 public:
  explicit ReplyWriter(std::string& out, int resp = 2) : out_(out), resp_(resp) {}

  int resp() const { return resp_; }
  std::string& out() { return out_; }

  void ok() { out_.append("+OK\r\n"); }
  void simple_string(std::string_view text);
  void error(std::string_view text);  // line ends become spaces
  void integer(int64_t value);
  void bulk(std::string_view bytes);
  void bulk_integer(int64_t value);  // a number as a bulk string
  void null();                       // RESP2: $-1
  void null_array();                 // RESP2: *-1
  void array_header(size_t elements);
  void map_header(size_t pairs);  // RESP2: an array of twice as many
  void set_header(size_t elements);
  void push_header(size_t elements);                              // RESP2: an array
  void attribute_header(size_t pairs);                            // RESP3 only
  void double_value(double value);                                // RESP2: a bulk string
  void boolean(bool value);                                       // RESP2: 1 or 0
  void big_number(std::string_view digits);                       // RESP2: a bulk string
  void verbatim(std::string_view format, std::string_view text);  // format: 3 characters; RESP2: a bulk string
  void raw(std::string_view bytes) { out_.append(bytes); }

 private:
  void header(char type, uint64_t count);

  std::string& out_;
  int resp_;
};

}  // namespace onggi
