// Numbers, times and durations in text, as logs write them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "call.hpp"

namespace backtest {

/// A decimal number such as "0.023" of a unit of `unit` ns, cut to whole nanoseconds.
/// **Returns** nothing if it is not one, is negative, or reaches 2^62 ns (146 years).
std::optional<Ticks> parse_decimal(std::string_view text, Ticks unit);

/// A number of a unit of `unit` ns as programs write it: "0.023", "7.1e-05", "7,5".
/// **Returns** nothing where parse_decimal() of the plain number would.
std::optional<Ticks> parse_number(std::string_view text, Ticks unit);

/// A whole number from 0 to 999999999, nothing else before or behind it.
std::optional<int> parse_count(std::string_view text);

/// A duration: numbers, each with one of ns, us, µs, ms, s, m, min, h, d behind it; "30s", "1m2.5s".
std::optional<Ticks> parse_duration(std::string_view text);

/// When a line was written.
struct LogTime {
  Ticks at;           ///< Since 1970.
  bool has_fraction;  ///< False: it is known to the second only.
};

/// A time as logs write it: "23/Nov/2026:18:54:23 +0000" (also with a fraction, and without a zone),
/// "2026-11-23T18:54:23.123+01:00" (also with a blank, with Z, or without a zone), Gin's
/// "2026/11/23 - 18:54:23", or seconds, milliseconds, microseconds
/// or nanoseconds since 1970, told apart by their size.
std::optional<LogTime> parse_time(std::string_view text);

/// **Returns** 1234567 as "1,234,567".
std::string grouped(std::uint64_t number);
/// **Returns** "1 call", "1,234 calls": `one` is what one is called.
std::string counted(std::uint64_t number, std::string_view one);

/// **Returns** "23 ms", "1.5 s", "2 min 5 s", "3 h 20 min".
std::string in_words(Ticks duration);

/// **Returns** "2026-11-23 18:54:23" (UTC).
std::string date_and_time(Ticks time);
/// **Returns** "18:54:23.123" (UTC).
std::string time_of_day(Ticks time);

/// **Returns** `text` with everything that a terminal could take for a command as '?': control
/// characters, those of C1 too, and what is no UTF-8.
std::string printable(std::string_view text);

/// **Returns** the text without blanks around it.
std::string_view trimmed(std::string_view text);

}  // namespace backtest
