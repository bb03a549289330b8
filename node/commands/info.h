// INFO's text: sections of "name:value" lines. One function a section; each reads, none changes anything.
#pragma once

#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

#include "node/command.h"
#include "node/services.h"

namespace onggi {

class InfoWriter {
 public:
  explicit InfoWriter(std::string& out) : out_(out) {}

  void section(std::string_view title) {
    if (!out_.empty()) out_ += "\r\n";
    out_ += "# ";
    out_ += title;
    out_ += "\r\n";
  }

  void field(std::string_view name, std::string_view value) {
    out_ += name;
    out_ += ':';
    out_ += value;
    out_ += "\r\n";
  }
  void field(std::string_view name, const char* value) { field(name, std::string_view(value)); }
  template <class Number>
  requires std::is_integral_v<Number>
  void field(std::string_view name, Number value) { field(name, std::string_view(std::to_string(value))); }
  // With two decimals.
  void decimal(std::string_view name, double value) {
    char digits[64];
    const auto end = std::to_chars(digits, digits + sizeof digits, value, std::chars_format::fixed, 2).ptr;
    field(name, std::string_view(digits, static_cast<size_t>(end - digits)));
  }

 private:
  std::string& out_;
};

// What a section may read.
struct InfoSource {
  Services& services;
  Store& store;
  Now now;
};

void info_replication(InfoWriter& out, const InfoSource& from);
void info_onggi(InfoWriter& out, const InfoSource& from);
void info_log(InfoWriter& out, const InfoSource& from);
void info_tier(InfoWriter& out, const InfoSource& from);

}  // namespace onggi
