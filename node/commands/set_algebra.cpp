// Intersections, unions and differences of sets, given or kept in a key.
//
// The result is collected as views into the sets; before a key is changed it is copied, for the key may be one of them
// and every view ends with the change. The log gets the result, not the operation.
#include <algorithm>
#include <string>
#include <unordered_set>
#include <vector>

#include "node/commands/handlers.h"
#include "node/commands/parse.h"

namespace onggi {

namespace {

using Sets = std::vector<const Entry*>;         // null: no such key, an empty set
using Members = std::vector<std::string_view>;  // each once

// nullopt: one of the keys holds another type.
std::optional<Sets> sets_of(Call& call, std::span<const std::string_view> keys, Access access) {
  Sets sets;
  sets.reserve(keys.size());
  for (const std::string_view key : keys) {
    const Found found = find_of_type(call, key, ValueType::kSet, access);
    if (found.refused) return std::nullopt;
    sets.push_back(found.entry);
  }
  return sets;
}

// Stops at `limit` members; 0: all.
Members intersect(Sets sets, size_t limit) {
  Members members;
  if (std::ranges::find(sets, nullptr) != sets.end()) return members;
  std::ranges::sort(sets, {}, [](const Entry* entry) { return SetView(*entry).size(); });
  SetView(*sets[0]).for_each([&](std::string_view member) {
    const bool everywhere =
        std::all_of(sets.begin() + 1, sets.end(), [&](const Entry* entry) { return SetView(*entry).contains(member); });
    if (everywhere) members.push_back(member);
    return limit == 0 || members.size() < limit;
  });
  return members;
}

Members unite(const Sets& sets) {
  Members members;
  std::unordered_set<std::string_view> seen;  // membership only: its order is never looked at
  for (const Entry* entry : sets) {
    if (entry == nullptr) continue;
    SetView(*entry).for_each([&](std::string_view member) {
      if (seen.insert(member).second) members.push_back(member);
      return true;
    });
  }
  return members;
}

Members subtract(const Sets& sets) {
  Members members;
  if (sets[0] == nullptr) return members;
  SetView(*sets[0]).for_each([&](std::string_view member) {
    const bool elsewhere = std::any_of(sets.begin() + 1, sets.end(), [&](const Entry* entry) {
      return entry != nullptr && SetView(*entry).contains(member);
    });
    if (!elsewhere) members.push_back(member);
    return true;
  });
  return members;
}

Members intersect_all(const Sets& sets) {
  return intersect(sets, 0);
}

using Algebra = Members (*)(const Sets&);

Outcome give(Call& call, Algebra algebra) {
  const auto sets = sets_of(call, call.args.subspan(1), Access::kRead);
  if (!sets) return Outcome::kDone;
  const Members members = algebra(*sets);
  call.reply.set_header(members.size());
  for (const std::string_view member : members) call.reply.bulk(member);
  return Outcome::kDone;
}

Outcome keep(Call& call, Algebra algebra) {
  const auto sets = sets_of(call, call.args.subspan(2), Access::kWrite);
  if (!sets) return Outcome::kDone;
  Members members = algebra(*sets);
  std::string bytes;
  size_t size = 0;
  for (const std::string_view member : members) size += member.size();
  if (!fits_record(call, members.size() + 2, size + 2 * call[1].size())) return Outcome::kDone;
  bytes.reserve(size);
  for (std::string_view& member : members) {
    bytes.append(member);
    member = {bytes.data() + bytes.size() - member.size(), member.size()};
  }
  if (look_up(call, call[1], Access::kWrite) != nullptr) call.store.remove(call.db(), call[1]);
  if (!members.empty()) call.store.set_add(call.db(), call[1], members);
  return reply_integer(call, static_cast<int64_t>(members.size()));
}

}  // namespace

Outcome sinter_command(Call& call) {
  return give(call, intersect_all);
}
Outcome sinterstore_command(Call& call) {
  return keep(call, intersect_all);
}
Outcome sunion_command(Call& call) {
  return give(call, unite);
}
Outcome sunionstore_command(Call& call) {
  return keep(call, unite);
}
Outcome sdiff_command(Call& call) {
  return give(call, subtract);
}
Outcome sdiffstore_command(Call& call) {
  return keep(call, subtract);
}

Outcome sintercard_command(Call& call) {
  const auto count = parse_int64(call[1]);
  if (!count || *count < 1) return reply_error(call, "ERR numkeys should be greater than 0");
  if (*count > static_cast<int64_t>(call.size()) - 2) {
    return reply_error(call, "ERR Number of keys can't be greater than number of args");
  }
  const auto keys = static_cast<size_t>(*count);
  size_t limit = 0;
  for (size_t i = 2 + keys; i < call.size(); i += 2) {
    if (!is_word(call[i], "limit") || i + 1 == call.size()) return reply_error(call, kSyntaxError);
    const auto given = parse_int64(call[i + 1]);
    if (!given || *given < 0) return reply_error(call, "ERR LIMIT can't be negative");
    limit = static_cast<size_t>(*given);
  }
  const auto sets = sets_of(call, call.args.subspan(2, keys), Access::kRead);
  if (!sets) return Outcome::kDone;
  return reply_integer(call, static_cast<int64_t>(intersect(*sets, limit).size()));
}

}  // namespace onggi
