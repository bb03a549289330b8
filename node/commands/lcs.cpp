// LCS: the longest common subsequence of two strings.
//
// The table of lengths takes 4 * (n + 1) * (m + 1) bytes while the command runs, at most proto-max-bulk-len.
// Source of the method: Wagner and Fischer, The String-to-String Correction Problem, 1974.
#include <algorithm>
#include <string>
#include <vector>

#include "node/commands/handlers.h"
#include "node/commands/parse.h"
#include "node/services.h"

namespace onggi {

namespace {

struct Wanted {
  bool length = false;
  bool ranges = false;
  bool range_lengths = false;
  int64_t shortest = 0;
};

// A run of equal bytes: a[a_begin ...] is b[b_begin ...].
struct Run {
  size_t a_begin = 0;
  size_t b_begin = 0;
  size_t length = 0;
};

class Lengths {
 public:
  Lengths(std::string_view a, std::string_view b) : columns_(b.size() + 1), cells_((a.size() + 1) * columns_) {
    for (size_t i = 1; i <= a.size(); i++) {
      for (size_t j = 1; j <= b.size(); j++) {
        cell(i, j) = a[i - 1] == b[j - 1] ? at(i - 1, j - 1) + 1 : std::max(at(i - 1, j), at(i, j - 1));
      }
    }
  }
  // Of the subsequence of the first i bytes of a and the first j of b.
  uint32_t at(size_t i, size_t j) const { return cells_[i * columns_ + j]; }

 private:
  uint32_t& cell(size_t i, size_t j) { return cells_[i * columns_ + j]; }

  size_t columns_;
  std::vector<uint32_t> cells_;
};

// The runs of one longest subsequence, last first. Of several, the one that stays longest in a.
std::vector<Run> runs_of(const Lengths& lengths, std::string_view a, std::string_view b) {
  std::vector<Run> runs;
  bool extend = false;
  for (size_t i = a.size(), j = b.size(); i > 0 && j > 0;) {
    if (a[i - 1] == b[j - 1]) {
      i--;
      j--;
      if (!extend) runs.emplace_back();
      runs.back() = {i, j, runs.back().length + 1};
      extend = true;
      continue;
    }
    extend = false;
    if (lengths.at(i - 1, j) > lengths.at(i, j - 1)) {
      i--;
    } else {
      j--;
    }
  }
  return runs;
}

void reply_range(Call& call, size_t begin, size_t length) {
  call.reply.array_header(2);
  call.reply.integer(static_cast<int64_t>(begin));
  call.reply.integer(static_cast<int64_t>(begin + length - 1));
}

void reply_runs(Call& call, const Wanted& wanted, std::vector<Run> runs, uint32_t length) {
  std::erase_if(runs, [&](const Run& run) { return static_cast<int64_t>(run.length) < wanted.shortest; });
  call.reply.map_header(2);
  call.reply.bulk("matches");
  call.reply.array_header(runs.size());
  for (const Run& run : runs) {
    call.reply.array_header(wanted.range_lengths ? 3 : 2);
    reply_range(call, run.a_begin, run.length);
    reply_range(call, run.b_begin, run.length);
    if (wanted.range_lengths) call.reply.integer(static_cast<int64_t>(run.length));
  }
  call.reply.bulk("len");
  call.reply.integer(length);
}

void reply_text(Call& call, std::string_view a, const std::vector<Run>& runs) {
  std::string text;
  for (auto run = runs.rbegin(); run != runs.rend(); ++run) text += a.substr(run->a_begin, run->length);
  call.reply.bulk(text);
}

std::optional<Wanted> parse_options(Call& call) {
  Wanted wanted;
  for (size_t i = 3; i < call.size(); i++) {
    if (is_word(call[i], "idx")) {
      wanted.ranges = true;
    } else if (is_word(call[i], "len")) {
      wanted.length = true;
    } else if (is_word(call[i], "withmatchlen")) {
      wanted.range_lengths = true;
    } else if (is_word(call[i], "minmatchlen") && i + 1 < call.size()) {
      const auto shortest = integer_argument(call, call[++i]);
      if (!shortest) return std::nullopt;
      wanted.shortest = *shortest;
    } else {
      call.reply.error(kSyntaxError);
      return std::nullopt;
    }
  }
  if (wanted.length && wanted.ranges) {
    call.reply.error("ERR If you want both the length and indexes, please just use IDX.");
    return std::nullopt;
  }
  return wanted;
}

}  // namespace

Outcome lcs_command(Call& call) {
  std::string_view texts[2];
  for (size_t i = 0; i < 2; i++) {
    const Entry* entry = look_up(call, call[i + 1], Access::kRead);
    if (entry == nullptr) continue;
    if (type_of(*entry) != ValueType::kString) {
      return reply_error(call, "ERR The specified keys must contain string values");
    }
    texts[i] = string_of(*entry);
  }
  const auto wanted = parse_options(call);
  if (!wanted) return Outcome::kDone;
  const auto [a, b] = texts;
  const uint64_t cells = call.services.config.proto_max_bulk_len / sizeof(uint32_t);
  if (a.size() >= cells || b.size() >= cells || (a.size() + 1) > cells / (b.size() + 1)) {
    return reply_error(call, "ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len");
  }
  const Lengths lengths(a, b);
  const uint32_t length = lengths.at(a.size(), b.size());
  if (wanted->length) return reply_integer(call, length);
  std::vector<Run> runs = runs_of(lengths, a, b);
  if (wanted->ranges) {
    reply_runs(call, *wanted, std::move(runs), length);
  } else {
    reply_text(call, a, runs);
  }
  return Outcome::kDone;
}

}  // namespace onggi
