// Runs every scenario of tests/scenarios/node: blocks of commands, a line "----", the expected trace, an empty line.
// ONGGI_REWRITE=1 writes the traces anew: to be reviewed as a diff.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/node/role_world.h"

using namespace onggi;

namespace {

std::string run(const std::string& text, std::string& expected_again) {
  test::World world;
  std::istringstream in(text);
  std::string difference;
  std::string commands;
  for (std::string line; std::getline(in, line);) {
    if (line != "----") {
      expected_again += line + "\n";
      commands += line + "\n";
      if (!line.empty() && line[0] != '#') world.run_line(line);
      continue;
    }
    std::string expected;
    while (std::getline(in, line) && !line.empty()) expected += line + "\n";
    const std::string trace = world.take_trace();
    expected_again += "----\n" + trace + "\n";
    if (trace != expected && difference.empty()) {
      difference = "after\n" + commands + "expected:\n" + expected + "happened:\n" + trace;
    }
    commands.clear();
  }
  return difference;
}

}  // namespace

TEST_CASE("scenarios of the node's role") {
  const std::filesystem::path folder = std::filesystem::path(ONGGI_SOURCE_DIR) / "tests/scenarios/node";
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() == ".txt") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  REQUIRE_FALSE(files.empty());
  for (const auto& path : files) {
    CAPTURE(path.filename().string());
    std::stringstream text;
    text << std::ifstream(path).rdbuf();
    std::string again;
    const std::string difference = run(text.str(), again);
    if (std::getenv("ONGGI_REWRITE") != nullptr) {
      std::ofstream(path) << again;
    } else {
      CHECK_MESSAGE(difference.empty(), difference);
    }
  }
}
