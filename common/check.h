// ONGGI_CHECK: an invariant of our own, on in release too. A bug is a crash with a message; what a client or a
// peer sent is never checked with this, it is refused.
#pragma once

namespace onggi {

[[noreturn]] void check_failed(const char* condition, const char* file, int line);

}  // namespace onggi

#define ONGGI_CHECK(condition) \
  (static_cast<bool>(condition) ? static_cast<void>(0) : ::onggi::check_failed(#condition, __FILE__, __LINE__))
