#include "common/config_file.h"

#include <algorithm>
#include <filesystem>

#include "common/json_file.h"
#include "common/numbers.h"
#include "common/quoting.h"
#include "common/text.h"

namespace onggi {

namespace {

constexpr size_t kMaxDirectives = 100000;

Result<void> read_into(const std::string& path, int depth, const std::string& asked_at, std::vector<Directive>& all) {
  const std::string where = asked_at.empty() ? "" : " (included at " + asked_at + ")";
  if (depth > kMaxIncludeDepth) return Error{path + ": too many includes within includes" + where};
  Result<std::string> text = read_whole_file(path);
  if (!text) return Error{"can't read the configuration: " + text.error().message + where};
  Result<std::vector<Directive>> directives = parse_config_text(*text, path);
  if (!directives) return directives.error();
  for (Directive& directive : *directives) {
    if (all.size() >= kMaxDirectives) return Error{path + ": too many directives"};
    if (directive.name != "include") {
      all.push_back(std::move(directive));
      continue;
    }
    if (directive.args.size() != 1) return Error{place(directive) + ": include takes one path"};
    const std::filesystem::path included = std::filesystem::path(path).parent_path() / directive.args[0];
    Result<void> result = read_into(included.string(), depth + 1, place(directive), all);
    if (!result) return result;
  }
  return {};
}

// Edit distance that counts a swap of neighbours as one (optimal string alignment).
size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<size_t> before(b.size() + 1);
  std::vector<size_t> previous(b.size() + 1);
  std::vector<size_t> current(b.size() + 1);
  for (size_t j = 0; j <= b.size(); j++) previous[j] = j;
  for (size_t i = 1; i <= a.size(); i++) {
    current[0] = i;
    for (size_t j = 1; j <= b.size(); j++) {
      const size_t change = previous[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      current[j] = std::min({previous[j] + 1, current[j - 1] + 1, change});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) current[j] = std::min(current[j], before[j - 2] + 1);
    }
    std::swap(before, previous);
    std::swap(previous, current);
  }
  return previous[b.size()];
}

}  // namespace

std::string place(const Directive& directive) {
  return directive.file + ":" + std::to_string(directive.line);
}

Result<std::vector<Directive>> parse_config_text(std::string_view text, const std::string& file) {
  std::vector<Directive> directives;
  int number = 0;
  for (std::string_view line : split(text, '\n')) {
    number++;
    line = trim(line);
    if (line.empty() || line[0] == '#') continue;
    std::optional<std::vector<std::string>> words = split_words(line);
    if (!words) return Error{file + ":" + std::to_string(number) + ": unbalanced quotes: " + quoted_for_log(line)};
    if (words->empty() || (*words)[0].empty()) continue;
    Directive directive{lower((*words)[0]), {}, file, number};
    directive.args.assign(std::make_move_iterator(words->begin() + 1), std::make_move_iterator(words->end()));
    directives.push_back(std::move(directive));
  }
  return directives;
}

Result<std::vector<Directive>> read_config_file(const std::string& path) {
  std::vector<Directive> directives;
  Result<void> result = read_into(path, 0, "", directives);
  if (!result) return result.error();
  return directives;
}

Result<std::vector<Directive>> read_config_arguments(std::span<const std::string> arguments) {
  std::vector<Directive> directives;
  size_t at = 0;
  if (!arguments.empty() && !arguments[0].starts_with("--")) {
    Result<std::vector<Directive>> file = read_config_file(arguments[0]);
    if (!file) return file.error();
    directives = std::move(*file);
    at = 1;
  }
  for (; at < arguments.size(); at++) {
    const std::string& argument = arguments[at];
    if (argument.starts_with("--") && argument.size() > 2) {
      directives.push_back({lower(argument.substr(2)), {}, "command line", static_cast<int>(at + 1)});
    } else if (at == 0 || directives.empty() || directives.back().file != "command line") {
      return Error{"command line: expected --directive, got '" + argument + "'"};
    } else {
      directives.back().args.push_back(argument);
    }
  }
  return directives;
}

std::string_view nearest_name(std::string_view name, std::span<const std::string_view> candidates) {
  if (name.size() > 64) return {};
  const size_t most = std::max<size_t>(1, name.size() / 3);
  std::string_view best;
  size_t best_distance = most + 1;
  for (const std::string_view candidate : candidates) {
    const size_t distance = edit_distance(name, candidate);
    if (distance < best_distance) {
      best_distance = distance;
      best = candidate;
    }
  }
  return best;
}

Error unknown_directive(const Directive& directive, std::span<const std::string_view> candidates) {
  std::string text = "unknown directive '" + directive.name + "' at " + place(directive);
  const std::string_view nearest = nearest_name(directive.name, candidates);
  if (!nearest.empty()) text += ", did you mean '" + std::string(nearest) + "'?";
  return Error{std::move(text)};
}

Result<int64_t> parse_integer(std::string_view text, int64_t least, int64_t most) {
  const std::optional<int64_t> value = parse_int64(text);
  if (!value) return Error{"'" + std::string(text) + "' is not a whole number"};
  if (*value < least || *value > most) {
    return Error{std::string(text) + " is not between " + std::to_string(least) + " and " + std::to_string(most)};
  }
  return *value;
}

Result<bool> parse_yes_no(std::string_view text) {
  if (equals_ignore_case(text, "yes")) return true;
  if (equals_ignore_case(text, "no")) return false;
  return Error{"'" + std::string(text) + "' is neither yes nor no"};
}

Result<uint64_t> parse_memory(std::string_view text, uint64_t least, uint64_t most) {
  const Error bad{"'" + std::string(text) + "' is not an amount of memory (as in 100, 64kb, 512mb, 2gb)"};
  const size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  const std::optional<uint64_t> number = parse_uint64(text.substr(0, digits));
  if (!number) return bad;
  static constexpr std::pair<std::string_view, uint64_t> kUnits[] = {{"", 1},
                                                                     {"b", 1},
                                                                     {"k", 1000},
                                                                     {"kb", 1024},
                                                                     {"m", 1000 * 1000},
                                                                     {"mb", 1024 * 1024},
                                                                     {"g", 1000000000ull},
                                                                     {"gb", 1ull << 30}};
  for (const auto& [unit, factor] : kUnits) {
    if (!equals_ignore_case(text.substr(digits), unit)) continue;
    if (*number > UINT64_MAX / factor) return bad;
    const uint64_t bytes = *number * factor;
    if (bytes < least || bytes > most) {
      return Error{std::string(text) + " is not between " + std::to_string(least) + " and " + std::to_string(most) +
                   " bytes"};
    }
    return bytes;
  }
  return bad;
}

Result<size_t> parse_choice(std::string_view text, std::span<const std::string_view> names) {
  std::string all;
  for (size_t i = 0; i < names.size(); i++) {
    if (equals_ignore_case(text, names[i])) return i;
    all += (i == 0 ? "" : ", ") + std::string(names[i]);
  }
  return Error{"'" + std::string(text) + "' is none of: " + all};
}

}  // namespace onggi
