#include "node/directive_values.h"

#include <charconv>

#include "common/text.h"

namespace onggi::directive {

namespace {

struct Unit {
  std::string_view name;
  uint64_t factor;
};

constexpr Unit kUnits[] = {{"", 1},        {"b", 1},           {"k", 1000},       {"kb", 1ull << 10},
                           {"m", 1000000}, {"mb", 1ull << 20}, {"g", 1000000000}, {"gb", 1ull << 30}};

std::string between(const std::string& least, const std::string& most) {
  return "argument must be between " + least + " and " + most + " inclusive";
}

}  // namespace

std::optional<uint64_t> parse_memory(std::string_view text) {
  uint64_t value = 0;
  const char* end = text.data() + text.size();
  auto [rest, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || rest == text.data()) return std::nullopt;
  const std::string_view unit(rest, static_cast<size_t>(end - rest));
  for (const Unit& known : kUnits) {
    if (!equals_ignore_case(unit, known.name)) continue;
    if (value > std::numeric_limits<uint64_t>::max() / known.factor) return std::nullopt;
    return value * known.factor;
  }
  return std::nullopt;
}

std::optional<int64_t> parse_integer(std::string_view text) {
  int64_t value = 0;
  const char* end = text.data() + text.size();
  auto [rest, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || rest != end) return std::nullopt;
  return value;
}

Result<std::string_view> one(Args args) {
  if (args.size() != 1) return Error{"wrong number of arguments"};
  return std::string_view(args[0]);
}

Result<int64_t> number(Args args, int64_t least, int64_t most) {
  auto text = one(args);
  if (!text) return text.error();
  const auto value = parse_integer(*text);
  if (!value) return Error{"argument couldn't be parsed into an integer"};
  if (*value < least || *value > most) return Error{between(std::to_string(least), std::to_string(most))};
  return *value;
}

Result<uint64_t> memory(Args args, uint64_t least, uint64_t most) {
  auto text = one(args);
  if (!text) return text.error();
  const auto value = parse_memory(*text);
  if (!value) return Error{"argument must be a memory value"};
  if (*value < least || *value > most) return Error{between(std::to_string(least), std::to_string(most))};
  return *value;
}

Result<bool> yes_no(Args args) {
  auto text = one(args);
  if (!text) return text.error();
  if (equals_ignore_case(*text, "yes")) return true;
  if (equals_ignore_case(*text, "no")) return false;
  return Error{"argument must be 'yes' or 'no'"};
}

Result<size_t> choice(Args args, std::span<const std::string_view> choices) {
  auto text = one(args);
  if (!text) return text.error();
  std::string names;
  for (size_t i = 0; i < choices.size(); i++) {
    if (equals_ignore_case(*text, choices[i])) return i;
    names += (i == 0 ? "" : ", ") + std::string(choices[i]);
  }
  return Error{"argument(s) must be one of the following: " + names};
}

}  // namespace onggi::directive
