// How the values of directives are read and shown: numbers, memory sizes, yes/no, names. Texts of errors are Redis's,
// as CONFIG SET shows them.
//
// Pure functions; the templates make one accessor pair a field of Config, so that a directive stays one row.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

#include "common/result.h"
#include "node/config.h"

namespace onggi::directive {

using Args = std::span<const std::string>;

// "1gb", "64mb", "100": bytes; kb, mb, gb are powers of 1024, k, m, g of 1000. nullopt: not a size.
std::optional<uint64_t> parse_memory(std::string_view text);
std::optional<int64_t> parse_integer(std::string_view text);

// Exactly one argument, or an error.
Result<std::string_view> one(Args args);
Result<int64_t> number(Args args, int64_t least, int64_t most);
Result<uint64_t> memory(Args args, uint64_t least, uint64_t most);
Result<bool> yes_no(Args args);
// One of the names of `choices`, whatever its case; gives the index.
Result<size_t> choice(Args args, std::span<const std::string_view> choices);

// ---- accessors of one field
template <auto Field>
std::string get_number(const Config& config) {
  return std::to_string(config.*Field);
}

template <auto Field, int64_t Least, int64_t Most>
Result<void> set_number(Config& config, Args args) {
  auto value = number(args, Least, Most);
  if (!value) return value.error();
  using Value = std::remove_reference_t<decltype(config.*Field)>;
  config.*Field = static_cast<Value>(*value);
  return {};
}

template <auto Field, uint64_t Least, uint64_t Most = std::numeric_limits<int64_t>::max()>
Result<void> set_memory(Config& config, Args args) {
  auto value = memory(args, Least, Most);
  if (!value) return value.error();
  config.*Field = *value;
  return {};
}

template <auto Field>
std::string get_yes_no(const Config& config) {
  return config.*Field ? "yes" : "no";
}

template <auto Field>
Result<void> set_yes_no(Config& config, Args args) {
  auto value = yes_no(args);
  if (!value) return value.error();
  config.*Field = *value;
  return {};
}

template <auto Field>
std::string get_text(const Config& config) {
  return config.*Field;
}

template <auto Field>
Result<void> set_text(Config& config, Args args) {
  auto value = one(args);
  if (!value) return value.error();
  config.*Field = std::string(*value);
  return {};
}

}  // namespace onggi::directive
