// Members of sets and fields of hashes by chance: SPOP, SRANDMEMBER, HRANDFIELD.
//
// Chance comes from the call, and the log gets what it chose. One chosen difference to Redis: a negative count (with
// repetitions) is at most kMostRepetitions, so that no short request asks for a reply that no memory holds.
#include <algorithm>
#include <string>
#include <unordered_set>
#include <vector>

#include "node/commands/handlers.h"
#include "node/commands/parse.h"

namespace onggi {

namespace {

constexpr int64_t kMostRepetitions = 16ll << 20;
constexpr size_t kSparse = 4;  // fewer than one of so many: draw until there are enough; else look at all

using Members = std::vector<std::string_view>;
using Fields = std::vector<FieldValue>;

std::string_view name_of(std::string_view member) {
  return member;
}
std::string_view name_of(const FieldValue& pair) {
  return pair.first;
}

std::vector<std::string_view> all_of(const SetView& set) {
  Members all;
  all.reserve(set.size());
  set.for_each([&](std::string_view member) {
    all.push_back(member);
    return true;
  });
  return all;
}

std::vector<FieldValue> all_of(const HashView& hash) {
  Fields all;
  all.reserve(hash.size());
  hash.for_each([&](std::string_view field, std::string_view value) {
    all.emplace_back(field, value);
    return true;
  });
  return all;
}

// `count` different ones, in any order; all if there are no more.
template <class View>
auto some_of(const View& view, size_t count, Random& random) {
  using Item = decltype(view.random(random));
  std::vector<Item> chosen;
  if (count < view.size() / kSparse) {
    std::unordered_set<std::string_view> seen;  // membership only: its order is never looked at
    while (chosen.size() < count) {
      const Item item = view.random(random);
      if (seen.insert(name_of(item)).second) chosen.push_back(item);
    }
    return chosen;
  }
  chosen = all_of(view);
  if (count >= chosen.size()) return chosen;
  for (size_t i = 0; i < count; i++) std::swap(chosen[i], chosen[i + random.below(chosen.size() - i)]);
  chosen.resize(count);
  return chosen;
}

// As a count says: so many different ones, or so many draws if it is negative.
template <class View>
auto draw(const View& view, int64_t count, Random& random) {
  if (count >= 0) return some_of(view, static_cast<size_t>(count), random);
  std::vector<decltype(view.random(random))> chosen(static_cast<size_t>(-count));
  for (auto& item : chosen) item = view.random(random);
  return chosen;
}

bool too_many(Call& call, int64_t count) {
  if (count >= -kMostRepetitions) return false;
  call.reply.error(kOutOfRange);
  return true;
}

// ---- SPOP
Outcome pop_one(Call& call) {
  const Found found = find_of_type(call, call[1], ValueType::kSet, Access::kWrite);
  if (found.refused) return Outcome::kDone;
  if (found.entry == nullptr) return reply_null(call);
  const std::string member(SetView(*found.entry).random(call.random));
  const std::string_view view = member;
  call.store.set_remove(call.db(), call[1], {&view, 1});
  call.reply.bulk(member);
  return Outcome::kDone;
}

Outcome pop_some(Call& call, size_t count) {
  const Found found = find_of_type(call, call[1], ValueType::kSet, Access::kWrite);
  if (found.refused) return Outcome::kDone;
  if (found.entry == nullptr || count == 0) {
    call.reply.set_header(0);
    return Outcome::kDone;
  }
  const SetView set(*found.entry);
  const Members chosen = some_of(set, count, call.random);
  size_t bytes = call[1].size();
  for (const std::string_view member : chosen) bytes += member.size();
  if (chosen.size() < set.size() && !fits_record(call, chosen.size() + 1, bytes)) return Outcome::kDone;
  call.reply.set_header(chosen.size());
  for (const std::string_view member : chosen) call.reply.bulk(member);
  if (chosen.size() == set.size()) {
    call.store.remove(call.db(), call[1]);
    return Outcome::kDone;
  }
  // Views of members end with the change that removes them.
  const std::vector<std::string> copies(chosen.begin(), chosen.end());
  call.store.set_remove(call.db(), call[1], Members(copies.begin(), copies.end()));
  return Outcome::kDone;
}

Outcome reply_one(Call& call, const Found& found, std::string_view (*pick)(const Entry&, Random&)) {
  if (found.refused) return Outcome::kDone;
  if (found.entry == nullptr) return reply_null(call);
  call.reply.bulk(pick(*found.entry, call.random));
  return Outcome::kDone;
}

void reply_fields(Call& call, const Fields& chosen, size_t columns) {
  const bool nested = columns == 2 && call.reply.resp() >= 3;
  call.reply.array_header(nested ? chosen.size() : chosen.size() * columns);
  for (const auto& [field, value] : chosen) {
    if (nested) call.reply.array_header(2);
    call.reply.bulk(field);
    if (columns == 2) call.reply.bulk(value);
  }
}

}  // namespace

Outcome spop_command(Call& call) {
  if (call.size() > 3) return reply_error(call, kSyntaxError);
  if (call.size() == 2) return pop_one(call);
  const auto count = natural_argument(call, call[2]);
  return count ? pop_some(call, static_cast<size_t>(*count)) : Outcome::kDone;
}

Outcome srandmember_command(Call& call) {
  if (call.size() > 3) return reply_error(call, kSyntaxError);
  if (call.size() == 2) {
    return reply_one(call, find_of_type(call, call[1], ValueType::kSet, Access::kRead),
                     [](const Entry& entry, Random& random) { return SetView(entry).random(random); });
  }
  const auto count = signed_count_argument(call, call[2]);
  if (!count || too_many(call, *count)) return Outcome::kDone;
  const Found found = find_of_type(call, call[1], ValueType::kSet, Access::kRead);
  if (found.refused) return Outcome::kDone;
  const Members chosen = found.entry == nullptr ? Members() : draw(SetView(*found.entry), *count, call.random);
  call.reply.array_header(chosen.size());
  for (const std::string_view member : chosen) call.reply.bulk(member);
  return Outcome::kDone;
}

Outcome hrandfield_command(Call& call) {
  if (call.size() == 2) {
    return reply_one(call, find_of_type(call, call[1], ValueType::kHash, Access::kRead),
                     [](const Entry& entry, Random& random) { return HashView(entry).random(random).first; });
  }
  const auto count = signed_count_argument(call, call[2]);
  if (!count) return Outcome::kDone;
  const bool with_values = call.size() == 4 && is_word(call[3], "withvalues");
  if (call.size() > 4 || (call.size() == 4 && !with_values)) return reply_error(call, kSyntaxError);
  const int64_t most = INT64_MAX / 2;
  if (with_values && (*count < -most || *count > most)) return reply_error(call, kOutOfRange);
  if (too_many(call, *count)) return Outcome::kDone;
  const Found found = find_of_type(call, call[1], ValueType::kHash, Access::kRead);
  if (found.refused) return Outcome::kDone;
  const Fields chosen = found.entry == nullptr ? Fields() : draw(HashView(*found.entry), *count, call.random);
  reply_fields(call, chosen, with_values ? 2 : 1);
  return Outcome::kDone;
}

}  // namespace onggi
