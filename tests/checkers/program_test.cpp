// onggi-check as a user runs it: what it prints, and how it ends.
#include <doctest/doctest.h>
#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace {

struct Ended {
  int code = -1;
  std::string output;
};

Ended check(const std::string& history, const std::string& options) {
  std::string folder = (std::filesystem::temp_directory_path() / "onggi-check-XXXXXX").string();
  REQUIRE(mkdtemp(folder.data()) != nullptr);
  const std::string file = folder + "/history.jsonl";
  std::ofstream(file) << history;
  const std::string command = std::string(ONGGI_CHECK_PROGRAM) + " " + options + " " + file + " 2>&1";
  Ended ended;
  FILE* pipe = popen(command.c_str(), "r");
  REQUIRE(pipe != nullptr);
  std::array<char, 4096> part{};
  while (const size_t size = fread(part.data(), 1, part.size(), pipe)) ended.output.append(part.data(), size);
  const int status = pclose(pipe);
  if (WIFEXITED(status)) ended.code = WEXITSTATUS(status);
  std::filesystem::remove_all(folder);
  return ended;
}

constexpr const char* kWrite =
    R"({"client":"c","action":"write","family":"register","key":"r","value":"1","invoked":1,"completed":2,)"
    R"("outcome":"ok","durable":true})"
    "\n";

}  // namespace

TEST_CASE("a clean history ends with 0") {
  const Ended ended = check(std::string(kWrite) + R"({"node":"n","holds":{"r":"1"}})", "");
  CHECK(ended.code == 0);
  CHECK(ended.output.find("ok    acknowledged survives") != std::string::npos);
  CHECK(ended.output.find("FAIL") == std::string::npos);
}

TEST_CASE("a lost write ends with 1, with its line") {
  const Ended ended = check(std::string(kWrite) + R"({"node":"n","holds":{}})", "");
  CHECK(ended.code == 1);
  CHECK(ended.output.find("FAIL  acknowledged survives") != std::string::npos);
  CHECK(ended.output.find("line 1: r = 1, acknowledged at 2.000 s; n holds nothing") != std::string::npos);
  CHECK(ended.output.find("FAIL  registers are linearizable") != std::string::npos);
}

TEST_CASE("--json says the same to programs") {
  const Ended ended = check(std::string(kWrite) + R"({"node":"n","holds":{}})", "--json");
  CHECK(ended.code == 1);
  CHECK(ended.output.find(R"("checker":"acknowledged survives","holds":false)") != std::string::npos);
  CHECK(ended.output.find(R"("lost":1)") != std::string::npos);
  CHECK(ended.output.find(R"("key":"r")") != std::string::npos);
  CHECK(ended.output.find(R"("lines":[1])") != std::string::npos);
}

TEST_CASE("what is not decided is said, and is no violation") {
  const Ended ended = check(kWrite, "");
  CHECK(ended.code == 0);
  CHECK(ended.output.find("?     acknowledged survives") != std::string::npos);
  CHECK(ended.output.find("not decided: nobody looked") != std::string::npos);
}

TEST_CASE("nodes that were not looked at are told of, and a history of nothing is none") {
  const Ended part =
      check(R"({"settings":{"nodes":3}})" + ("\n" + std::string(kWrite)) + R"({"node":"n","holds":{"r":"1"}})", "");
  CHECK(part.code == 0);
  CHECK(part.output.find("not decided: in the end only 1 of 3 nodes were looked at") != std::string::npos);
  const Ended nothing = check(R"({"settings":{"nodes":3}})", "");
  CHECK(nothing.code == 2);
  CHECK(nothing.output.find("no operations") != std::string::npos);
  CHECK(check("", "").code == 2);
}

TEST_CASE("what is no history, and options that mean nothing, end with 2") {
  const Ended bad = check(std::string(kWrite) + "{}", "");
  CHECK(bad.code == 2);
  CHECK(bad.output.find("history.jsonl:2: ") != std::string::npos);
  CHECK(check(kWrite, "--no-such-option").code == 2);
  const Ended help = check(kWrite, "--help");
  CHECK(help.code == 0);
  CHECK(help.output.find("onggi-sim --history") != std::string::npos);
}
