// Numbers, times and durations as logs write them.
#include "text.hpp"

#include <string>

#include "support/catch.hpp"

using namespace backtest;

TEST_CASE("a decimal number is read exactly, and what is below a nanosecond is cut") {
  CHECK(parse_decimal("0.023", second) == 23'000'000);
  CHECK(parse_decimal("12", second) == 12 * second);
  CHECK(parse_decimal("0.1", 1) == 0);
  CHECK(parse_decimal("1.9999999999", second) == 1'999'999'999);
  CHECK(parse_decimal(".5", second) == 500'000'000);
  CHECK(parse_decimal("1.", second) == second);
}

TEST_CASE("what is no decimal number is not taken for one") {
  for (const char* text : {"", "-", ".", "-1", "+1", "1e3", "1 ", "0x1", "1.2.3", "nan"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_decimal(text, second));
  }
  CHECK_FALSE(parse_decimal("99999999999999999999", 1));
  CHECK_FALSE(parse_decimal("44444444444444444444",
                            1));  // 4444444444444444444 fits, ten times that does not
  CHECK_FALSE(parse_decimal("9999999999", second));
  CHECK(parse_decimal("4611686018427387903", 1) == (Ticks{1} << 62) - 1);
  CHECK_FALSE(parse_decimal("4611686018427387904", 1));
  CHECK_FALSE(parse_decimal("4611686018427387910", 1));
  CHECK_FALSE(parse_decimal("4611686019", second));
  CHECK(parse_decimal("4611686018", second) == 4'611'686'018 * second);
}

TEST_CASE("the same instant is read from every way to write it") {
  const Ticks instant = Ticks{1'795'460'063} * second;
  CHECK(parse_time("23/Nov/2026:18:54:23 +0000")->at == instant);
  CHECK(parse_time("23/Nov/2026:20:24:23 +0130")->at == instant);
  CHECK(parse_time("2026-11-23T18:54:23Z")->at == instant);
  CHECK(parse_time("2026-11-23 18:54:23")->at == instant);
  CHECK(parse_time("2026-11-23T13:54:23-05:00")->at == instant);
  CHECK(parse_time("2026-11-23T18:54:23.000+00:00")->at == instant);
  CHECK(parse_time("1795460063")->at == instant);
  CHECK(parse_time("1795460063.000")->at == instant);
  CHECK(parse_time("1795460063000")->at == instant);
  CHECK(parse_time("1795460063000000")->at == instant);
  CHECK(parse_time("1795460063000000000")->at == instant);
}

TEST_CASE("a time knows whether it has a fraction of a second") {
  CHECK_FALSE(parse_time("23/Nov/2026:18:54:23 +0000")->has_fraction);
  CHECK_FALSE(parse_time("2026-11-23T18:54:23+01:00")->has_fraction);
  CHECK_FALSE(parse_time("1795460063")->has_fraction);
  CHECK(parse_time("2026-11-23T18:54:23.5Z")->has_fraction);
  CHECK(parse_time("1795460063.250")->at % second == second / 4);
  CHECK(parse_time("1795460063250")->has_fraction);
}

TEST_CASE("a time that can't be is none") {
  for (const char* text :
       {"", "-", "yesterday", "31/Feb/2026:18:54:23 +0000", "23/Nov/2026:25:54:23 +0000",
        "23/Nov/2026:18:54:23 +9", "23/Now/2026:18:54:23 +0000", "2026-13-01T00:00:00Z",
        "2026-11-23T18:54:23.Z", "2026-11-23T18:54:23+1:00", "23/Nov/2026", "1/2/3", "-5",
        "1969-12-31T23:59:59Z"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_time(text));
  }
}

TEST_CASE("a duration has a unit") {
  CHECK(parse_duration("30s") == 30 * second);
  CHECK(parse_duration("1.5ms") == 1'500'000);
  CHECK(parse_duration("5 min") == 300 * second);
  CHECK(parse_duration("2h") == 7200 * second);
  CHECK_FALSE(parse_duration("30"));
  CHECK_FALSE(parse_duration("s"));
  CHECK_FALSE(parse_duration("3 weeks"));
}

TEST_CASE("durations and times are told in words") {
  CHECK(in_words(0) == "0 s");
  CHECK(in_words(23'400'000) == "23 ms");
  CHECK(in_words(1'500'000) == "1.5 ms");
  CHECK(in_words(60 * second) == "60 s");
  CHECK(in_words(125 * second) == "2 min 5 s");
  CHECK(in_words(3 * 3600 * second + 1200 * second) == "3 h 20 min");
  CHECK(date_and_time(Ticks{1'795'460'063} * second) == "2026-11-23 18:54:23");
  CHECK(time_of_day(Ticks{1'795'460'063} * second + 123'456'789) == "18:54:23.123");
}

TEST_CASE("one is told in the singular") {
  CHECK(counted(0, "call") == "0 calls");
  CHECK(counted(1, "call") == "1 call");
  CHECK(counted(1'234, "call") == "1,234 calls");
}

TEST_CASE("nothing in a log can command a terminal") {
  CHECK(printable("a\x1b[31mb\nc\x7f") == "a?[31mb?c?");
}

TEST_CASE("numbers are read as programs write them") {
  CHECK(parse_number("7.1e-05", second) == 71'000);
  CHECK(parse_number("7,5", second) == 7'500'000'000);
  CHECK(parse_number("0.023", second) == 23'000'000);
  for (const char* none : {"", "-5", "1,2,3", "1,2.3", "nan", "inf", "1e300", "5x"})
    CHECK_FALSE(parse_number(none, second));
}

TEST_CASE("durations of several parts, and of both letters for micro, are read") {
  CHECK(parse_duration("1m2.5s") == 62'500'000'000);
  CHECK(parse_duration("474.5\u00b5s") == 474'500);
  CHECK(parse_duration("474.5\u03bcs") == 474'500);
  CHECK_FALSE(parse_duration("1m2"));
  CHECK_FALSE(parse_duration("100000000000000d100000000000000d"));
}

TEST_CASE("times of HAProxy and Gin are read") {
  CHECK(parse_time("23/Nov/2026:18:54:23.655")->at == 1'795'460'063'655'000'000);
  CHECK(parse_time("23/Nov/2026:18:54:23.655")->has_fraction);
  CHECK(parse_time("2026/11/23 - 18:54:23")->at == 1'795'460'063'000'000'000);
  CHECK_FALSE(parse_time("2026/11/23 + 18:54:23"));
}

TEST_CASE("nothing that a terminal takes for a command is shown, in either form") {
  CHECK(printable("a\x1b[31m\u009b31m\x9b\x7f\u00e4\xe4") == "a?[31m?31m??\u00e4?");
}
