// Numbers, times and durations in text, see text.hpp.
#include "text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <system_error>

namespace backtest {

namespace {

constexpr Ticks longest = Ticks{1} << 62;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// The digits of `text` at `at`, as a number. **Returns** -1 if one of them is none.
int digits(std::string_view text, std::size_t at, std::size_t count) {
  if (at + count > text.size()) return -1;
  int number = 0;
  for (std::size_t i = at; i < at + count; ++i) {
    if (!is_digit(text[i])) return -1;
    number = number * 10 + (text[i] - '0');
  }
  return number;
}

/// `name`: three letters.
int month_named(std::string_view name) {
  constexpr std::string_view names = "JanFebMarAprMayJunJulAugSepOctNovDec";
  for (std::size_t at = 0; at < names.size(); at += 3)
    if (names[at] == name[0] && names[at + 1] == name[1] && names[at + 2] == name[2])
      return static_cast<int>(at / 3) + 1;
  return -1;
}

struct Civil {
  int year, month, day, hour, minute, second;
};

/// **Returns** seconds since 1970, or nothing if there is no such time.
std::optional<Ticks> seconds_since_1970(const Civil& civil) {
  using namespace std::chrono;
  if (civil.year < 1970 || civil.year > 2200 || civil.month < 1 || civil.day < 1) return {};
  const year_month_day date{year{civil.year}, month{static_cast<unsigned>(civil.month)},
                            day{static_cast<unsigned>(civil.day)}};
  if (!date.ok()) return {};
  const bool is_time = civil.hour >= 0 && civil.hour <= 23 && civil.minute >= 0 &&
                       civil.minute <= 59 && civil.second >= 0 && civil.second <= 60;
  if (!is_time) return {};
  const Ticks days = sys_days{date}.time_since_epoch().count();
  return ((days * 24 + civil.hour) * 60 + civil.minute) * 60 + civil.second;
}

/// A zone such as "Z", "+0100", "+01:00" or nothing. **Returns** its seconds east of Greenwich.
std::optional<Ticks> parse_zone(std::string_view text) {
  if (text.empty() || text == "Z" || text == "z") return 0;
  if (text.size() < 5 || (text[0] != '+' && text[0] != '-')) return {};
  const std::size_t minutes_at = text[3] == ':' ? 4 : 3;
  const int hours = digits(text, 1, 2);
  const int minutes = digits(text, minutes_at, 2);
  if (text.size() != minutes_at + 2 || hours < 0 || hours > 23 || minutes < 0 || minutes > 59)
    return {};
  const Ticks east = Ticks{hours} * 3600 + Ticks{minutes} * 60;
  return text[0] == '-' ? -east : east;
}

/// ".123" or ",123" at `at`, in nanoseconds; `at` becomes what is behind it. **Returns** 0 if there is
/// no fraction, and nothing if it has no digits.
std::optional<Ticks> parse_fraction(std::string_view text, std::size_t& at) {
  if (at >= text.size() || (text[at] != '.' && text[at] != ',')) return 0;
  const std::size_t begin = ++at;
  Ticks fraction = 0;
  for (Ticks worth = second / 10; at < text.size() && is_digit(text[at]); ++at, worth /= 10)
    fraction += (text[at] - '0') * worth;
  return at == begin ? std::nullopt : std::optional{fraction};
}

/// **Returns** the time that `local`, with fraction and zone in `text` from `at` on, stands for.
std::optional<LogTime> with_fraction_and_zone(const Civil& civil, std::string_view text,
                                              std::size_t at) {
  const std::size_t begin = at;
  const auto local = seconds_since_1970(civil);
  const auto fraction = parse_fraction(text, at);
  const bool has_fraction = at > begin;
  const auto zone = parse_zone(trimmed(text.substr(at)));
  if (!local || !fraction || !zone) return {};
  return LogTime{(*local - *zone) * second + *fraction, has_fraction};
}

/// "23/Nov/2026:18:54:23 +0000", or HAProxy's "23/Nov/2026:18:54:23.123"
std::optional<LogTime> parse_clf(std::string_view text) {
  if (text.size() < 20 || text[11] != ':' || text[14] != ':' || text[17] != ':') return {};
  return with_fraction_and_zone(
      {digits(text, 7, 4), month_named(text.substr(3, 3)), digits(text, 0, 2), digits(text, 12, 2),
       digits(text, 15, 2), digits(text, 18, 2)},
      text, 20);
}

/// "2026/11/23 - 18:54:23"
std::optional<LogTime> parse_gin(std::string_view text) {
  if (text.size() < 21 || text.substr(10, 3) != " - " || text[15] != ':' || text[18] != ':')
    return {};
  return with_fraction_and_zone({digits(text, 0, 4), digits(text, 5, 2), digits(text, 8, 2),
                                 digits(text, 13, 2), digits(text, 16, 2), digits(text, 19, 2)},
                                text, 21);
}

/// "2026-11-23T18:54:23.123+01:00"
std::optional<LogTime> parse_iso(std::string_view text) {
  if (text.size() < 19 || (text[10] != 'T' && text[10] != ' ') || text[13] != ':' ||
      text[16] != ':')
    return {};
  return with_fraction_and_zone({digits(text, 0, 4), digits(text, 5, 2), digits(text, 8, 2),
                                 digits(text, 11, 2), digits(text, 14, 2), digits(text, 17, 2)},
                                text, 19);
}

/// Since 1970, in the unit that its size tells: until the year 5138 seconds have 11 digits or less.
std::optional<LogTime> parse_epoch(std::string_view text) {
  const std::size_t point = text.find('.');
  const std::size_t whole = point == std::string_view::npos ? text.size() : point;
  const Ticks unit = whole <= 11   ? second
                     : whole <= 14 ? second / 1'000
                     : whole <= 17 ? second / 1'000'000
                                   : 1;
  const auto at = parse_decimal(text, unit);
  if (!at) return {};
  return LogTime{*at, point != std::string_view::npos || unit != second};
}

/// **Returns** how many bytes the first character of `text` has, or 0 if it is no UTF-8.
std::size_t length_of_character(std::string_view text) {
  const auto first = static_cast<unsigned char>(text[0]);
  const std::size_t length = first < 0x80                    ? 1
                             : first >= 0xc2 && first < 0xe0 ? 2
                             : first >= 0xe0 && first < 0xf0 ? 3
                             : first >= 0xf0 && first < 0xf5 ? 4
                                                             : 0;
  if (length > text.size()) return 0;
  for (std::size_t i = 1; i < length; ++i)
    if ((static_cast<unsigned char>(text[i]) & 0xc0) != 0x80) return 0;
  return length;
}

}  // namespace

std::optional<Ticks> parse_decimal(std::string_view text, Ticks unit) {
  constexpr Ticks always_fits = longest / second;  // in units up to a second
  std::size_t at = 0;
  Ticks whole = 0;
  for (; at < text.size() && is_digit(text[at]); ++at) {
    if (whole > longest / 10) return {};
    whole = whole * 10 + (text[at] - '0');
  }
  if ((whole > always_fits || unit > second) && whole > (longest - 1) / unit) return {};
  if (at == text.size()) return at == 0 ? std::nullopt : std::optional{whole * unit};
  if (text[at] != '.' || text.size() == 1) return {};
  Ticks fraction = 0;
  Ticks worth = unit;
  for (++at; at < text.size(); ++at) {
    if (!is_digit(text[at])) return {};
    if (worth > 0) {
      // A digit is worth a tenth of the one before it; below a nanosecond it is cut.
      fraction += worth * (text[at] - '0') / 10;
      worth = worth % 10 == 0 ? worth / 10 : 0;
    }
  }
  return whole * unit + fraction;
}

std::optional<int> parse_count(std::string_view text) {
  if (text.empty() || text.size() > 9) return {};
  const int number = digits(text, 0, text.size());
  return number < 0 ? std::nullopt : std::optional{number};
}

std::optional<Ticks> parse_number(std::string_view text, Ticks unit) {
  if (const auto number = parse_decimal(text, unit)) return number;
  std::string plain{text};
  if (const std::size_t comma = plain.find(','); comma != std::string::npos) {
    if (plain.find_first_of(".,", comma + 1) != std::string::npos) return {};
    plain[comma] = '.';
  }
  double number = 0;
  const char* const end = plain.data() + plain.size();
  const auto [stopped, error] = std::from_chars(plain.data(), end, number);
  if (error != std::errc{} || stopped != end) return {};
  number *= static_cast<double>(unit);
  if (!(number >= 0) || number >= static_cast<double>(longest)) return {};  // NaN is refused, too
  return static_cast<Ticks>(number);
}

std::optional<Ticks> parse_duration(std::string_view text) {
  struct Unit {
    std::string_view name;
    Ticks ticks;
  };
  constexpr std::array units{Unit{"ns", 1},
                             Unit{"us", 1'000},
                             Unit{"\u00b5s", 1'000},  // the micro sign …
                             Unit{"\u03bcs", 1'000},  // … and the Greek letter
                             Unit{"ms", 1'000'000},
                             Unit{"s", second},
                             Unit{"m", 60 * second},
                             Unit{"min", 60 * second},
                             Unit{"h", 3600 * second},
                             Unit{"d", 86'400 * second}};
  Ticks sum = 0;
  do {
    std::size_t end = 0;
    while (end < text.size() && (is_digit(text[end]) || text[end] == '.')) ++end;
    const std::string_view number = text.substr(0, end);
    text = trimmed(text.substr(end));
    const auto is_of_next = [](char c) { return is_digit(c) || c == ' '; };
    const std::string_view name{text.begin(), std::find_if(text.begin(), text.end(), is_of_next)};
    const auto unit = std::find_if(units.begin(), units.end(),
                                   [&](const Unit& known) { return known.name == name; });
    if (unit == units.end()) return {};
    const auto part = parse_decimal(number, unit->ticks);
    if (!part || *part >= longest - sum) return {};
    sum += *part;
    text = trimmed(text.substr(name.size()));
  } while (!text.empty());
  return sum;
}

std::optional<LogTime> parse_time(std::string_view text) {
  if (text.size() > 6 && text[2] == '/' && text[6] == '/') return parse_clf(text);
  if (text.size() > 7 && text[4] == '-' && text[7] == '-') return parse_iso(text);
  if (text.size() > 7 && text[4] == '/' && text[7] == '/') return parse_gin(text);
  return parse_epoch(text);
}

std::string grouped(std::uint64_t number) {
  std::string text = std::to_string(number);
  for (std::size_t at = text.size(); at > 3;) text.insert(at -= 3, ",");
  return text;
}

std::string counted(std::uint64_t number, std::string_view one) {
  return grouped(number).append(" ").append(one).append(number == 1 ? "" : "s");
}

std::string in_words(Ticks duration) {
  if (duration < 0) return "-" + in_words(-duration);
  if (duration == 0) return "0 s";
  if (duration < 10'000) return fmt::format("{} ns", duration);
  if (duration < 10'000'000) return fmt::format("{:.3g} ms", static_cast<double>(duration) / 1e6);
  if (duration < second) return fmt::format("{} ms", duration / 1'000'000);
  if (duration < 100 * second) return fmt::format("{:.3g} s", static_cast<double>(duration) / 1e9);
  const Ticks seconds = duration / second;
  const auto two = [](Ticks large, const char* unit, Ticks small, const char* small_unit) {
    return small == 0 ? fmt::format("{} {}", large, unit)
                      : fmt::format("{} {} {} {}", large, unit, small, small_unit);
  };
  if (seconds < 3600) return two(seconds / 60, "min", seconds % 60, "s");
  if (seconds < 86'400) return two(seconds / 3600, "h", seconds % 3600 / 60, "min");
  return two(seconds / 86'400, "d", seconds % 86'400 / 3600, "h");
}

std::string date_and_time(Ticks time) {
  using namespace std::chrono;
  const Ticks since = second_of(time);
  const Ticks days_since = since >= 0 ? since / 86'400 : -((86'399 - since) / 86'400);
  const year_month_day date{sys_days{days{days_since}}};
  const Ticks in_day = since - days_since * 86'400;
  return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02}", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     in_day / 3600, in_day / 60 % 60, in_day % 60);
}

std::string time_of_day(Ticks time) {
  const Ticks milliseconds = (time - second_of(time) * second) / 1'000'000;
  return date_and_time(time).substr(11) + fmt::format(".{:03}", milliseconds);
}

std::string printable(std::string_view text) {
  std::string shown;
  while (!text.empty()) {
    const std::size_t length = length_of_character(text);
    const auto first = static_cast<unsigned char>(text[0]);
    const bool is_control = first < ' ' || first == 0x7f ||
                            (first == 0xc2 && static_cast<unsigned char>(text[1]) < 0xa0);
    if (length == 0 || is_control) {
      shown += '?';
    } else {
      shown += text.substr(0, length);
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return shown;
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blanks = " \t\r\n";
  const std::size_t first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

}  // namespace backtest
