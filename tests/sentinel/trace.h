// Messages in a few words, for traces. Those that flow all the time have none.
#pragma once

#include <string>

#include "common/messages.h"

namespace onggi::test {

std::string describe(const Message& message);

}  // namespace onggi::test
