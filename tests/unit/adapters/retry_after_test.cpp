// The value of Retry-After: good, bad, and hostile.
#include "breaker/adapters/retry_after.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "support/catch.hpp"

using namespace breaker;
using namespace std::chrono_literals;

namespace {

// RFC 9110's example, and a time just before it.
constexpr auto example = std::chrono::sys_days{std::chrono::year{1994} / 11 / 6} + 8h + 49min + 37s;

std::optional<std::chrono::nanoseconds> parsed(std::string_view value,
                                               std::chrono::system_clock::time_point now) {
  const Duration wait = adapters::parse_retry_after(value, now);
  if (!wait.is_given()) return std::nullopt;
  return std::chrono::nanoseconds{wait.ticks()};
}
std::optional<std::chrono::nanoseconds> parsed(std::string_view value) {
  return parsed(value, example - 1h);
}

}  // namespace

TEST_CASE("Retry-After may be in seconds") {
  CHECK(parsed("0") == 0s);
  CHECK(parsed("1") == 1s);
  CHECK(parsed("120") == 2min);
  CHECK(parsed("  120\t") == 2min);
  CHECK(parsed("000120") == 2min);
}

TEST_CASE("seconds that fit no number are the longest wait there is, never a short or a past one") {
  CHECK(parsed("999999999") == 999'999'999s);
  for (const char* value : {"1000000001", "4294967297", "9223372036854775808",
                            "18446744073709551617", "99999999999999999999999999999999999999999"}) {
    CAPTURE(value);
    CHECK(parsed(value) == 1'000'000'000s);
  }
}

TEST_CASE("Retry-After may be a date, in each form that HTTP knows") {
  CHECK(parsed("Sun, 06 Nov 1994 08:49:37 GMT") == 1h);
  CHECK(parsed("Sunday, 06-Nov-94 08:49:37 GMT") == 1h);
  CHECK(parsed("Sun Nov  6 08:49:37 1994") == 1h);
  CHECK(parsed("Wed Nov 16 08:49:37 1994") == 241h);
  CHECK(parsed(" Sun, 06 Nov 1994 08:49:37 GMT ") == 1h);
}

TEST_CASE("each month is known") {
  constexpr std::string_view names = "JanFebMarAprMayJunJulAugSepOctNovDec";
  for (unsigned month = 1; month <= 12; ++month) {
    const std::string name{names.substr(3 * month - 3, 3)};
    const auto now = std::chrono::sys_days{std::chrono::year{2044} / int(month) / 1};
    CHECK(parsed("Mon, 02 " + name + " 2044 00:00:00 GMT", now) == 24h);
  }
}

TEST_CASE("a date that is over asks for no wait") {
  CHECK(parsed("Sun, 06 Nov 1994 08:49:37 GMT", example) == 0s);
  CHECK(parsed("Sun, 06 Nov 1994 08:49:37 GMT", example + 24h) == 0s);
  CHECK(parsed("Thu, 01 Jan 1970 00:00:00 GMT") == 0s);
}

TEST_CASE("a year of two digits is the next one or the last one, at most 50 years ahead") {
  const auto year_of = [](const char* value, int now) {
    const auto start = std::chrono::sys_days{std::chrono::year{now} / 1 / 1};
    const auto wait = parsed(value, start);
    return std::chrono::year_month_day{floor<std::chrono::days>(start + wait.value())}.year();
  };

  CHECK(year_of("Friday, 01-Jan-27 00:00:00 GMT", 2026) == std::chrono::year{2027});
  CHECK(year_of("Friday, 01-Jan-76 00:00:00 GMT", 2026) == std::chrono::year{2076});
  CHECK(parsed("Friday, 01-Jan-77 00:00:00 GMT",
               std::chrono::sys_days{std::chrono::year{2026} / 1 / 1}) == 0s);
}

TEST_CASE("a leap day in a year of two digits is a date, also a hundred years ago") {
  const auto now = std::chrono::sys_days{std::chrono::year{2026} / 1 / 1};

  CHECK(parsed("Thursday, 29-Feb-96 00:00:00 GMT", now) == 0s);
  CHECK_FALSE(parsed("Friday, 29-Feb-97 00:00:00 GMT", now));
}

TEST_CASE("a leap day and a leap second are dates, the 30th of February is none") {
  const auto now = std::chrono::sys_days{std::chrono::year{2028} / 2 / 28};

  CHECK(parsed("Tue, 29 Feb 2028 00:00:00 GMT", now) == 24h);
  CHECK(parsed("Mon, 28 Feb 2028 23:59:60 GMT", now) == 24h);
  CHECK_FALSE(parsed("Wed, 30 Feb 2028 00:00:00 GMT", now));
  CHECK_FALSE(parsed("Mon, 29 Feb 2027 00:00:00 GMT", now));
}

TEST_CASE("what is neither seconds nor a date asks for nothing") {
  for (const char* value : {"",
                            " ",
                            "\t",
                            "soon",
                            "-1",
                            "+1",
                            "1.5",
                            "1e3",
                            "0x10",
                            "12 0",
                            "120s",
                            "1,2",
                            "é",
                            "Sun, 06 Nov 1994 08:49:37",
                            "Sun, 06 Nov 1994 08:49:37 CET",
                            "06 Nov 1994 08:49:37 GMT",
                            "Sun, 6 Nov 1994 08:49:37 GMT",
                            "Sun, 06 nov 1994 08:49:37 GMT",
                            "Sun, 06 Nov 94 08:49:37 GMT",
                            "Sun, 06 Nov 1994 24:00:00 GMT",
                            "Sun, 06 Nov 1994 08:60:00 GMT",
                            "Sun, 06 Nov 1994 08:49:61 GMT",
                            "Sun, 00 Nov 1994 08:49:37 GMT",
                            "Sun, 06 anF 1994 08:49:37 GMT",
                            "Sun, 06 an  1994 08:49:37 GMT",
                            "Sun, 06 Nov 1994 08:49:37 GMT GMT",
                            "Sun, 06 Nov 1994 08:49:3",
                            "Sun, 06 No",
                            "Sun, ",
                            "Sun,",
                            "Sun Nov 6 08:49:37 1994",
                            "1994-11-06T08:49:37Z"}) {
    CAPTURE(value);
    CHECK_FALSE(parsed(value));
  }
}

TEST_CASE("no beginning of a date, and no byte in it, leads astray") {
  const std::string date = "Sun, 06 Nov 1994 08:49:37 GMT";
  for (std::size_t length = 0; length < date.size(); ++length) {
    CHECK_FALSE(parsed(date.substr(0, length)));
  }
  for (std::size_t at = 4; at < date.size(); ++at) {  // behind the weekday
    std::string broken = date;
    for (int byte = 0; byte < 256; ++byte) {
      broken[at] = static_cast<char>(byte);
      const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
      if (parsed(broken)) CHECK((byte == date[at] || (is_digit(date[at]) && is_digit(broken[at]))));
    }
  }
}

TEST_CASE("the name of a month is three letters at the front, and nothing else is one") {
  int month = 0;
  const auto is_month = [&](std::string_view text) {
    return adapters::detail::take_month(text, month);
  };

  CHECK(is_month("Jan"));
  CHECK(month == 1);
  CHECK(is_month("Dec 1994"));
  CHECK(month == 12);
  for (const char* text : {"", "J", "Ja", "anF", "an Feb", " Jan", "jan", "Dez"}) {
    CAPTURE(text);
    CHECK_FALSE(is_month(text));
  }
}

TEST_CASE("what is behind the name of a month is left") {
  int month = 0;
  std::string_view text = "Feb 1994";

  CHECK(adapters::detail::take_month(text, month));
  CHECK(text == " 1994");
}
