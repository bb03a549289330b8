// Configuration files, a node's and a sentinel's: any text gives a configuration or an error that names the place; what
// CONFIG GET shows of a directive is taken back by CONFIG SET and shown again as the same.
//
//   input := kind(1) text       kind & 1: a sentinel's, else a node's
#include "node/config.h"
#include "common/config_file.h"
#include "common/quoting.h"
#include "sentinel/config.h"
#include "tests/fuzz/input.h"

using namespace onggi;

namespace {

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

void node(const std::vector<Directive>& directives) {
  const auto config = load_config(directives);
  if (!config) {
    fuzz::require(!config.error().message.empty(), "an error says what is wrong");
    return;
  }
  for (const DirectiveSpec& row : onggi::directives()) {
    const std::string shown = row.get(*config);
    Config other = *config;
    std::vector<std::string> words{shown};
    if (row.flags & kMultiple) {
      auto parts = split_words(shown);
      if (!parts || joined(*parts) != shown) continue;  // CONFIG GET quotes no words, as Redis's does not
      words = *parts;
    }
    if (!row.set(other, words)) continue;  // "": not every directive can be set to nothing
    fuzz::require(row.get(other) == shown,
                  "a directive that was read back is shown as before: " + std::string(row.name));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::Input input(data, size);
  const bool sentinel = (input.byte() & 1) != 0;
  const std::string text(input.rest());
  const auto directives = parse_config_text(text, "fuzz.conf");
  if (!directives) {
    fuzz::require(directives.error().message.find("fuzz.conf") != std::string::npos, "an error names the place");
    return 0;
  }
  if (sentinel) {
    const auto config = load_sentinel_config(*directives);
    if (!config) fuzz::require(!config.error().message.empty(), "an error says what is wrong");
  } else {
    node(*directives);
  }
  return 0;
}
