// Cutting and folding lines to a terminal's width.
#include "cli/columns.h"

#include <doctest/doctest.h>

namespace onggi {
namespace {

using Lines = std::vector<std::string>;

TEST_CASE("columns: neither colours nor bytes of a character count") {
  CHECK(columns_of("") == 0);
  CHECK(columns_of("grüße") == 5);
  CHECK(columns_of("\033[1;32mok\033[0m") == 2);
  CHECK(columns_of("\033[") == 0);
}

TEST_CASE("what is cut leaves its colours") {
  CHECK(cut("grüße", 5) == "grüße");
  CHECK(cut("grüße", 3) == "grü");
  CHECK(cut("a \033[31mred\033[0m b", 3) == "a \033[31mr\033[0m");
  CHECK(cut("\033[31mred\033[0m", 3) == "\033[31mred\033[0m");
  CHECK(cut("abc", 0).empty());
}

TEST_CASE("folding") {
  CHECK(fold("", 5) == Lines{""});
  CHECK(fold("ab cd", 5) == Lines{"ab cd"});
  CHECK(fold("ab cd ef", 5) == Lines{"ab cd", "ef"});
  CHECK(fold("ab cde f", 5) == Lines{"ab", "cde f"});
  CHECK(fold("  ab cd", 5) == Lines{"  ab", "  cd"});
  CHECK(fold("abcdefg h", 5) == Lines{"abcde", "fg h"});
  CHECK(fold("grüße an alle", 8) == Lines{"grüße an", "alle"});
  CHECK(fold("abc", 0) == Lines{"a", "b", "c"});
}

}  // namespace
}  // namespace onggi
