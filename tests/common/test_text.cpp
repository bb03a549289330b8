// Numbers, words, patterns, ids of runs.
#include <doctest/doctest.h>

#include <limits>

#include "common/glob.h"
#include "common/numbers.h"
#include "common/quoting.h"
#include "common/random.h"
#include "common/run_id.h"
#include "common/text.h"

using namespace onggi;

TEST_CASE("numbers: whole numbers strictly as Redis takes them") {
  CHECK(parse_int64("0") == 0);
  CHECK(parse_int64("-1") == -1);
  CHECK(parse_int64("9223372036854775807") == std::numeric_limits<int64_t>::max());
  CHECK(parse_int64("-9223372036854775808") == std::numeric_limits<int64_t>::min());
  for (const char* bad : {"", "-", "+1", " 1", "1 ", "01", "-0", "-01", "1a", "9223372036854775808",
                          "-9223372036854775809", "99999999999999999999999"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_int64(bad).has_value());
  }
  CHECK(parse_uint64("18446744073709551615") == UINT64_MAX);
  CHECK_FALSE(parse_uint64("18446744073709551616").has_value());
}

TEST_CASE("numbers: written as std::to_string does") {
  Random random(3);
  std::string text;
  for (int i = 0; i < 20000; i++) {
    const auto value = static_cast<int64_t>(random.next() >> random.below(64)) * (random.below(2) == 0 ? 1 : -1);
    text.clear();
    append_int64(text, value);
    CHECK(text == std::to_string(value));
    CHECK(parse_int64(text) == value);
  }
  text.clear();
  append_int64(text, std::numeric_limits<int64_t>::min());
  CHECK(text == "-9223372036854775808");
}

TEST_CASE("numbers: floating") {
  CHECK(format_long_double(*parse_long_double("10.5") + *parse_long_double("0.1")) == "10.6");
  CHECK(format_long_double(*parse_long_double("5.0e3") + 200) == "5200");
  CHECK(format_long_double(-0.0L) == "0");
  CHECK(format_long_double(3) == "3");
  CHECK(format_double(1e300) == "1.0000000000000001e+300");
  CHECK(parse_double("inf").has_value());
  for (const char* bad : {"", " 1", "1 ", "1x", "nan"}) CHECK_FALSE(parse_double(bad).has_value());
}

TEST_CASE("text: small things") {
  CHECK(equals_ignore_case("GeT", "get"));
  CHECK_FALSE(equals_ignore_case("get", "gett"));
  CHECK(split("a,,b", ',') == std::vector<std::string_view>{"a", "", "b"});
  CHECK(split("", ',').empty());
  CHECK(join({"a", "b"}, ", ") == "a, b");
  CHECK(trim(" \ta b\r\n") == "a b");
  CHECK(human_bytes(1023) == "1023B");
  CHECK(human_bytes(1536) == "1.50K");
  CHECK(human_bytes(3ull << 30) == "3.00G");
  CHECK(quoted_for_log("abc", 2) == "\"ab\"...");
}

TEST_CASE("quoting: what is quoted comes back") {
  Random random(5);
  for (int run = 0; run < 2000; run++) {
    std::string text;
    for (uint64_t i = random.below(20); i > 0; i--) text.push_back(static_cast<char>(random.next()));
    const auto words = split_words(quoted(text) + " x");
    REQUIRE(words.has_value());
    CHECK(*words == std::vector<std::string>{text, "x"});
  }
  CHECK(split_words("a  b\tc") == std::vector<std::string>{"a", "b", "c"});
  CHECK(split_words("foo\"bar\"") == std::vector<std::string>{"foobar"});
  CHECK(split_words(R"('it\'s' "\q\x4")") == std::vector<std::string>{"it's", "qx4"});
  CHECK_FALSE(split_words("'a").has_value());
  CHECK_FALSE(split_words("\"a\"b").has_value());
}

TEST_CASE("glob: Redis's patterns") {
  CHECK(glob_match("*", ""));
  CHECK(glob_match("h?llo", "hello"));
  CHECK_FALSE(glob_match("h?llo", "hllo"));
  CHECK(glob_match("h*llo", "heeeello"));
  CHECK(glob_match("h[ae]llo", "hallo"));
  CHECK_FALSE(glob_match("h[ae]llo", "hillo"));
  CHECK(glob_match("h[^e]llo", "hallo"));
  CHECK_FALSE(glob_match("h[^e]llo", "hello"));
  CHECK(glob_match("h[a-b]llo", "hbllo"));
  CHECK(glob_match("h[b-a]llo", "hbllo"));
  CHECK(glob_match("a\\*b", "a*b"));
  CHECK_FALSE(glob_match("a\\*b", "axb"));
  CHECK(glob_match("[\\]]", "]"));
  CHECK(glob_match("*a*b*c", "xxaxxbxxc"));
  CHECK_FALSE(glob_match("*a*b*c", "xxaxxbxxcd"));
  CHECK(glob_match("USER:*", "user:1", GlobCase::kIgnore));
  CHECK_FALSE(glob_match("USER:*", "user:1"));
  CHECK(glob_match("[A-C]x", "bX", GlobCase::kIgnore));
  CHECK(glob_match("", ""));
  CHECK_FALSE(glob_match("", "a"));
}

TEST_CASE("glob: a hostile pattern takes no longer than pattern times text") {
  std::string pattern;
  for (int i = 0; i < 200; i++) pattern += "a*";
  CHECK_FALSE(glob_match(pattern + "b", std::string(20000, 'a')));
}

TEST_CASE("run id: the start of the secret's SHA-256") {
  CHECK(run_id_of("abc").hex == "ba7816bf8f01cfea414140de5dae2223b00361a3");
  CHECK(new_run_secret().size() == 64);
  CHECK(new_run_secret() != new_run_secret());
}
