// The HTTP header `Retry-After`: for how long a server asks to be left alone. Needs no HTTP library.
//
//   breaker::Duration wait = breaker::adapters::parse_retry_after("120");
//   permit.settle(breaker::Verdict::failure, wait);
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string_view>

#include "breaker/base/duration.hpp"
#include "breaker/base/version.hpp"

namespace breaker {
BREAKER_ABI_BEGIN
namespace adapters {

namespace detail {

/// Take a number of `digits` digits off the front of `text`. **Returns** whether it was there.
constexpr bool take_number(std::string_view& text, int digits, int& number) {
  for (number = 0; digits > 0; --digits, text.remove_prefix(1)) {
    if (text.empty() || text[0] < '0' || text[0] > '9') return false;
    number = number * 10 + (text[0] - '0');
  }
  return true;
}

/// Take the name of a month off the front of `text`. **Returns** whether it was there.
constexpr bool take_month(std::string_view& text, int& month) {
  constexpr std::string_view names = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec ";
  const auto at = text.size() < 3 ? names.npos : names.find(text.substr(0, 3));
  if (at == names.npos || at % 4 != 0) return false;
  month = static_cast<int>(at / 4) + 1;
  text.remove_prefix(3);
  return true;
}

/// **Returns** how long it is from `now` to the date, 0 if that is over; not given if `text` is no
/// date of this form: D or d day, b month, y or Y year, h m s time, the rest itself; one, two and four
/// digits. (By hand, for strptime goes by the program's locale.)
constexpr Duration until(std::string_view text, std::string_view form,
                         std::chrono::sys_seconds now) {
  using namespace std::chrono;
  int year = 0, month = 0, day = 0, hours = 0, minutes = 0, seconds = 0;
  for (const char part : form) {
    int* const number = part == 'D' || part == 'd'   ? &day
                        : part == 'Y' || part == 'y' ? &year
                        : part == 'h'                ? &hours
                        : part == 'm'                ? &minutes
                        : part == 's'                ? &seconds
                                                     : nullptr;
    const bool fits = number != nullptr ? take_number(text,
                                                      part == 'D'   ? 1
                                                      : part == 'Y' ? 4
                                                                    : 2,
                                                      *number)
                      : part == 'b'     ? take_month(text, month)
                                        : text.starts_with(part);
    if (!fits) return {};
    if (number == nullptr && part != 'b') text.remove_prefix(1);
    if (part == 'y') {  // of this century, unless that is more than 50 years ahead
      const int this_year{year_month_day{floor<days>(now)}.year()};
      year += this_year - this_year % 100;
      if (year > this_year + 50) year -= 100;
    }
  }
  const year_month_day date = std::chrono::year{year} / month / day;
  if (!text.empty() || !date.ok() || hours > 23 || minutes > 59 || seconds > 60) return {};
  const auto time = sys_days{date} + std::chrono::hours{hours} + std::chrono::minutes{minutes} +
                    std::chrono::seconds{seconds};
  return time > now ? time - now : std::chrono::seconds{0};
}

}  // namespace detail

/// Read the value of a `Retry-After` header: seconds, or a date in any of the three forms of RFC
/// 9110. `now`: what a date is held against. **Returns** the wait, at most 10^9 s, 0 for a date that
/// is over; not given if the value is neither. A date's weekday is not looked at.
constexpr Duration parse_retry_after(
    std::string_view value,
    std::chrono::system_clock::time_point now = std::chrono::system_clock::now()) {
  constexpr std::string_view blanks = " \t";
  value.remove_prefix((std::min)(value.find_first_not_of(blanks), value.size()));
  value = value.substr(0, value.find_last_not_of(blanks) + 1);
  if (value.empty()) return {};
  if (value.find_first_not_of("0123456789") == value.npos) {
    std::int64_t seconds = 0;
    for (const char digit : value)
      seconds = (std::min<std::int64_t>)(seconds * 10 + (digit - '0'), 1'000'000'000);
    return std::chrono::seconds{seconds};
  }
  value.remove_prefix((std::min)(value.find(' '), value.size() - 1) + 1);  // the weekday
  for (const char* form : {"d b Y h:m:s GMT", "d-b-y h:m:s GMT", "b d h:m:s Y", "b  D h:m:s Y"}) {
    const Duration wait = detail::until(value, form, floor<std::chrono::seconds>(now));
    if (wait.is_given()) return wait;
  }
  return {};
}

}  // namespace adapters
BREAKER_ABI_END
}  // namespace breaker
