// onggi-cli: redis-cli's ways for one command, a pipe or a prompt; follows the master; shows the cluster.
#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

#include "cli/live.h"
#include "cli/options.h"
#include "cli/shell.h"

int main(int argc, char** argv) {
  const char* password = std::getenv("REDISCLI_AUTH");
  auto options = onggi::parse_cli_options(std::vector<std::string>(argv + 1, argv + argc), password ? password : "");
  if (!options) {
    std::cerr << options.error().message << '\n';
    return onggi::kExitFailed;
  }
  switch (options->mode) {
    case onggi::Mode::kShowHelp:
      std::cout << options->help;
      return onggi::kExitDone;
    case onggi::Mode::kStatus:
      return onggi::show_status(*options);
    case onggi::Mode::kWatch:
      return onggi::show_watch(*options);
    case onggi::Mode::kCommand:
      break;
  }
  return onggi::Shell(*std::move(options)).run();
}
