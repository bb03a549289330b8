// Deadlines of keys. The log always gets the absolute time; a deadline in the past removes the key at once.
#include "node/commands/handlers.h"
#include "node/commands/parse.h"

namespace onggi {

namespace {

struct Conditions {
  bool if_none = false;     // NX
  bool if_some = false;     // XX
  bool if_later = false;    // GT; a key without a deadline lives for ever, nothing is later
  bool if_earlier = false;  // LT
};

std::optional<Conditions> conditions(Call& call) {
  Conditions wanted;
  for (const std::string_view option : call.args.subspan(3)) {
    if (is_word(option, "nx")) {
      wanted.if_none = true;
    } else if (is_word(option, "xx")) {
      wanted.if_some = true;
    } else if (is_word(option, "gt")) {
      wanted.if_later = true;
    } else if (is_word(option, "lt")) {
      wanted.if_earlier = true;
    } else {
      call.reply.error("ERR Unsupported option " + std::string(option));
      return std::nullopt;
    }
  }
  if (wanted.if_none && (wanted.if_some || wanted.if_later || wanted.if_earlier)) {
    call.reply.error("ERR NX and XX, GT or LT options at the same time are not compatible");
    return std::nullopt;
  }
  if (wanted.if_later && wanted.if_earlier) {
    call.reply.error("ERR GT and LT options at the same time are not compatible");
    return std::nullopt;
  }
  return wanted;
}

bool hold(const Conditions& wanted, WallTime old, WallTime deadline) {
  const bool has_old = old.ms != 0;
  if (wanted.if_none && has_old) return false;
  if (wanted.if_some && !has_old) return false;
  if (wanted.if_later && (!has_old || deadline <= old)) return false;
  if (wanted.if_earlier && has_old && deadline >= old) return false;
  return true;
}

Outcome set_deadline(Call& call, ExpiryUnit unit, ExpiryBasis basis, std::string_view command) {
  const auto wanted = conditions(call);
  if (!wanted) return Outcome::kDone;
  const auto deadline = any_deadline(call, {call[2], unit, basis}, command);
  if (!deadline) return Outcome::kDone;
  const Entry* entry = look_up_header(call, call[1], Access::kWrite);
  if (entry == nullptr) return reply_integer(call, 0);
  const WallTime old = expiry_of(*entry);
  if (!hold(*wanted, old, *deadline)) return reply_integer(call, 0);
  if (is_past(call, *deadline)) {
    call.store.remove(call.db(), call[1]);
  } else if (*deadline != old) {
    call.store.set_expiry(call.db(), call[1], *deadline);
  }
  return reply_integer(call, 1);
}

// The key's deadline; nullopt: the reply says that there is no key (-2) or no deadline (-1).
std::optional<WallTime> deadline_of(Call& call) {
  const Entry* entry = look_up_header(call, call[1], Access::kRead);
  const WallTime deadline = entry == nullptr ? WallTime{} : expiry_of(*entry);
  if (deadline.ms != 0) return deadline;
  call.reply.integer(entry == nullptr ? -2 : -1);
  return std::nullopt;
}

int64_t rounded_seconds(int64_t milliseconds_left) {
  return milliseconds_left / 1000 + (milliseconds_left % 1000 >= 500 ? 1 : 0);
}

}  // namespace

Outcome expire_command(Call& call) {
  return set_deadline(call, ExpiryUnit::kSeconds, ExpiryBasis::kFromNow, "expire");
}

Outcome pexpire_command(Call& call) {
  return set_deadline(call, ExpiryUnit::kMilliseconds, ExpiryBasis::kFromNow, "pexpire");
}

Outcome expireat_command(Call& call) {
  return set_deadline(call, ExpiryUnit::kSeconds, ExpiryBasis::kAbsolute, "expireat");
}

Outcome pexpireat_command(Call& call) {
  return set_deadline(call, ExpiryUnit::kMilliseconds, ExpiryBasis::kAbsolute, "pexpireat");
}

Outcome ttl_command(Call& call) {
  const auto deadline = deadline_of(call);
  return deadline ? reply_integer(call, rounded_seconds(deadline->ms - call.store.now().ms)) : Outcome::kDone;
}

Outcome pttl_command(Call& call) {
  const auto deadline = deadline_of(call);
  return deadline ? reply_integer(call, deadline->ms - call.store.now().ms) : Outcome::kDone;
}

Outcome expiretime_command(Call& call) {
  const auto deadline = deadline_of(call);
  return deadline ? reply_integer(call, rounded_seconds(deadline->ms)) : Outcome::kDone;
}

Outcome pexpiretime_command(Call& call) {
  const auto deadline = deadline_of(call);
  return deadline ? reply_integer(call, deadline->ms) : Outcome::kDone;
}

Outcome persist_command(Call& call) {
  const Entry* entry = look_up_header(call, call[1], Access::kWrite);
  if (entry == nullptr || expiry_of(*entry).ms == 0) return reply_integer(call, 0);
  call.store.set_expiry(call.db(), call[1], {});
  return reply_integer(call, 1);
}

}  // namespace onggi
