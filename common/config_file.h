// Configuration as text: Redis's format (a directive and its arguments on a line, quoted as inline commands, '#'
// comments, `include path`), and the command line's `--directive value ...`. Both give one list; what a directive means
// is said by whoever asked (node, sentinel). Every error names the place.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/result.h"

namespace onggi {

struct Directive {
  std::string name;  // lower case
  std::vector<std::string> args;
  std::string file;  // "command line" for those from there
  int line = 0;      // from 1; on the command line: the argument's number
};

inline constexpr int kMaxIncludeDepth = 16;

Result<std::vector<Directive>> parse_config_text(std::string_view text, const std::string& file);

// With includes, in their place; their paths are relative to the including file's folder.
Result<std::vector<Directive>> read_config_file(const std::string& path);

// [CONFIG] [--directive value ...]: the file first, then the command line, so that the latter wins.
Result<std::vector<Directive>> read_config_arguments(std::span<const std::string> arguments);

// "file:line"
std::string place(const Directive& directive);

// The candidate with the smallest edit distance, empty when none is near.
std::string_view nearest_name(std::string_view name, std::span<const std::string_view> candidates);

// "unknown directive 'prot' at redis.conf:3, did you mean 'port'?"
Error unknown_directive(const Directive& directive, std::span<const std::string_view> candidates);

// Values. Errors say what was given and what is taken, as in "'abc' is not a whole number".
Result<int64_t> parse_integer(std::string_view text, int64_t least, int64_t most);
Result<bool> parse_yes_no(std::string_view text);
// 1k = 1000, 1kb = 1024, m, mb, g, gb, b; any case.
Result<uint64_t> parse_memory(std::string_view text, uint64_t least = 0, uint64_t most = UINT64_MAX);
// The index of the name among `names`, any case.
Result<size_t> parse_choice(std::string_view text, std::span<const std::string_view> names);

}  // namespace onggi
