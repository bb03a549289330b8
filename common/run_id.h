// A run's id is the hash of a secret that the run's watcher keeps: whoever shows the secret can speak of the run's
// death (L4).
#pragma once

#include <string>
#include <string_view>

#include "common/types.h"

namespace onggi {

// The first 40 hexadecimal digits of the secret's SHA-256.
RunId run_id_of(std::string_view secret);

// 32 bytes of the kernel's randomness, as hexadecimal digits.
std::string new_run_secret();

}  // namespace onggi
