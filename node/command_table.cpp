// Finding a command's row by its name, and the keys in a call's arguments by the row.
//
// find() is on the path of every request: no allocation, one hash of the lower-cased name, and nearly always one
// comparison. The rows are constants of the program; the table only points to them.
#include <algorithm>
#include <bit>
#include <optional>

#include "common/check.h"
#include "common/text.h"
#include "node/command.h"

namespace onggi {

namespace {

constexpr size_t kLongestName = 64;  // a longer one names no command

// FNV-1a over the lower-cased bytes.
constexpr uint64_t hash_name(std::string_view name) {
  uint64_t hash = 14695981039346656037ull;
  for (const char c : name) {
    hash ^= static_cast<uint8_t>(to_lower(c));
    hash *= 1099511628211ull;
  }
  return hash ^ (hash >> 32);
}

// `row` is lower case already.
bool names(std::string_view row, std::string_view given) {
  if (row.size() != given.size()) return false;
  for (size_t i = 0; i < row.size(); i++) {
    if (row[i] != to_lower(given[i])) return false;
  }
  return true;
}

bool fits_arity(int arity, size_t args) {
  const auto count = static_cast<int64_t>(args);
  return arity >= 0 ? count == arity : count >= -static_cast<int64_t>(arity);
}

std::optional<size_t> parse_count(std::string_view text) {
  size_t value = 0;
  if (text.empty() || text.size() > 9) return std::nullopt;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + static_cast<size_t>(c - '0');
  }
  return value;
}

}  // namespace

CommandTable::CommandTable() {
  for (const auto table : {string_commands(), hash_commands(), set_commands(), key_commands(), connection_commands(),
                           server_commands(), replication_commands()}) {
    for (const CommandSpec& row : table) sorted_.push_back(&row);
  }
  std::sort(sorted_.begin(), sorted_.end(),
            [](const CommandSpec* a, const CommandSpec* b) { return a->name < b->name; });
  buckets_.resize(std::bit_ceil(sorted_.size() * 4 + 1));
  const size_t mask = buckets_.size() - 1;
  for (const CommandSpec* row : sorted_) {
    ONGGI_CHECK(find(row->name) == nullptr);  // no name twice
    size_t at = hash_name(row->name) & mask;
    while (buckets_[at] != nullptr) at = (at + 1) & mask;
    buckets_[at] = row;
  }
}

const CommandSpec* CommandTable::find(std::string_view name) const {
  if (name.size() > kLongestName) return nullptr;
  const size_t mask = buckets_.size() - 1;
  for (size_t at = hash_name(name) & mask; buckets_[at] != nullptr; at = (at + 1) & mask) {
    if (names(buckets_[at]->name, name)) return buckets_[at];
  }
  return nullptr;
}

const CommandSpec* find_subcommand(const CommandSpec& command, std::string_view name) {
  for (const CommandSpec& row : command.subcommands) {
    if (names(row.name, name)) return &row;
  }
  return nullptr;
}

uint64_t record_bytes(std::span<const std::string_view> args, std::span<const size_t> keys) {
  uint64_t bytes = 0;
  for (const std::string_view arg : args) bytes += kOperationBytes + arg.size();
  for (const size_t key : keys) bytes += kOperationBytes + args[key].size();
  return bytes;
}

void keys_of(const CommandSpec& command, std::span<const std::string_view> args, std::vector<size_t>& indices) {
  indices.clear();
  const CommandSpec* row = &command;
  if (!command.subcommands.empty() && args.size() > 1) {
    row = find_subcommand(command, args[1]);
    if (row == nullptr) return;
  }
  if (!fits_arity(row->arity, args.size())) return;
  if ((row->flags & kMovableKeys) != 0) {
    const auto count = args.size() > 1 ? parse_count(args[1]) : std::nullopt;
    if (!count || *count > args.size() - 2) return;
    for (size_t i = 0; i < *count; i++) indices.push_back(2 + i);
    return;
  }
  if (row->keys.first <= 0 || row->keys.step <= 0) return;
  const auto size = static_cast<int64_t>(args.size());
  const int64_t last = row->keys.last >= 0 ? row->keys.last : size + row->keys.last;
  for (int64_t i = row->keys.first; i <= last && i < size; i += row->keys.step) {
    indices.push_back(static_cast<size_t>(i));
  }
}

}  // namespace onggi
