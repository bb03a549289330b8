// Configuration: the format, includes, the command line, values, and errors that name the place.
#include <doctest/doctest.h>

#include <array>
#include <filesystem>
#include <fstream>

#include "common/config_file.h"
#include "tests/common/folder.h"

using namespace onggi;

TEST_CASE("config: directives, quotes, comments") {
  const auto directives = parse_config_text("# a comment\n\nPort 7000\r\n  save \"\" \nrequirepass 'a b'\n", "f.conf");
  REQUIRE(directives);
  REQUIRE(directives->size() == 3);
  CHECK((*directives)[0].name == "port");
  CHECK((*directives)[0].args == std::vector<std::string>{"7000"});
  CHECK(place((*directives)[0]) == "f.conf:3");
  CHECK((*directives)[1].args == std::vector<std::string>{""});
  CHECK((*directives)[2].args == std::vector<std::string>{"a b"});
  const auto bad = parse_config_text("port 1\nsave \"", "f.conf");
  REQUIRE_FALSE(bad);
  CHECK(bad.error().message.starts_with("f.conf:2: unbalanced quotes"));
}

TEST_CASE("config: includes in their place, relative to the file, and never endless") {
  const Folder folder;
  std::ofstream(folder.path("a.conf")) << "port 1\ninclude sub/b.conf\nport 3\n";
  std::filesystem::create_directory(folder.path("sub"));
  std::ofstream(folder.path("sub/b.conf")) << "port 2\n";
  const auto directives = read_config_file(folder.path("a.conf"));
  REQUIRE(directives);
  REQUIRE(directives->size() == 3);
  CHECK((*directives)[1].args[0] == "2");
  CHECK((*directives)[1].file == folder.path("sub/b.conf"));

  std::ofstream(folder.path("self.conf")) << "include self.conf\n";
  CHECK_FALSE(read_config_file(folder.path("self.conf")));
  std::ofstream(folder.path("gone.conf")) << "port 1\ninclude nowhere.conf\n";
  const auto gone = read_config_file(folder.path("gone.conf"));
  REQUIRE_FALSE(gone);
  CHECK(gone.error().message.find("gone.conf:2") != std::string::npos);
}

TEST_CASE("config: the command line after the file") {
  const Folder folder;
  std::ofstream(folder.path("a.conf")) << "port 1\n";
  const std::vector<std::string> arguments = {folder.path("a.conf"), "--port", "2", "--save", "900", "1", "--managed"};
  const auto directives = read_config_arguments(arguments);
  REQUIRE(directives);
  REQUIRE(directives->size() == 4);
  CHECK((*directives)[1].args == std::vector<std::string>{"2"});
  CHECK(place((*directives)[1]) == "command line:2");
  CHECK((*directives)[2].args == std::vector<std::string>{"900", "1"});
  CHECK((*directives)[3].args.empty());
  const std::vector<std::string> bad = {folder.path("a.conf"), "port"};
  CHECK_FALSE(read_config_arguments(bad));
}

TEST_CASE("config: an unknown directive and the nearest name") {
  static constexpr std::array<std::string_view, 4> kNames = {"port", "bind", "timeout", "maxmemory"};
  CHECK(nearest_name("prot", kNames) == "port");
  CHECK(nearest_name("maxmemry", kNames) == "maxmemory");
  CHECK(nearest_name("xyz", kNames) == "");
  CHECK(unknown_directive({"prot", {}, "redis.conf", 3}, kNames).message ==
        "unknown directive 'prot' at redis.conf:3, did you mean 'port'?");
  CHECK(unknown_directive({"xyz", {}, "redis.conf", 3}, kNames).message == "unknown directive 'xyz' at redis.conf:3");
}

TEST_CASE("config: values") {
  CHECK(*parse_integer("7000", 0, 65535) == 7000);
  CHECK(parse_integer("70000", 0, 65535).error().message == "70000 is not between 0 and 65535");
  CHECK_FALSE(parse_integer("7k", 0, 65535));
  CHECK(*parse_yes_no("YES"));
  CHECK_FALSE(*parse_yes_no("no"));
  CHECK_FALSE(parse_yes_no("true"));
  CHECK(*parse_memory("1k") == 1000);
  CHECK(*parse_memory("1KB") == 1024);
  CHECK(*parse_memory("64mb") == 64u << 20);
  CHECK(*parse_memory("2gb") == 2ull << 30);
  CHECK(*parse_memory("100") == 100);
  for (const char* bad : {"", "mb", "1.5mb", "-1", "1tb", "99999999999gb"}) CHECK_FALSE(parse_memory(bad));
  CHECK_FALSE(parse_memory("1kb", 2048));
  static constexpr std::array<std::string_view, 3> kChoices = {"none", "os", "disk"};
  CHECK(*parse_choice("OS", kChoices) == 1);
  CHECK(parse_choice("x", kChoices).error().message == "'x' is none of: none, os, disk");
}
