// Grammar: what sentences say. GUIDE.md has it as a whole.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>

#include "breaker/base/ratio.hpp"
#include "breaker/base/ticks.hpp"
#include "breaker/base/version.hpp"
#include "breaker/policy/cusum.hpp"
#include "breaker/policy/rule.hpp"
#include "breaker/policy/trip_rules.hpp"
#include "breaker/text/cursor.hpp"

namespace breaker {
BREAKER_ABI_BEGIN
namespace detail {

inline constexpr Ticks in_a_second = 1'000 * millisecond;
inline constexpr Ticks in_a_day = Ticks{24} * 60 * 60 * in_a_second;

/// A unit of time by one of its names.
struct TimeUnit {
  std::string_view name;
  Ticks ticks;
};
inline constexpr TimeUnit time_units[] = {
    {"ns", 1},
    {"nanoseconds", 1},
    {"nanosecond", 1},
    {"us", 1'000},
    {"\xc2\xb5s", 1'000},  // both signs that look like a mu
    {"\xce\xbcs", 1'000},
    {"microseconds", 1'000},
    {"microsecond", 1'000},
    {"ms", millisecond},
    {"milliseconds", millisecond},
    {"millisecond", millisecond},
    {"s", in_a_second},
    {"sec", in_a_second},
    {"seconds", in_a_second},
    {"second", in_a_second},
    {"min", 60 * in_a_second},
    {"m", 60 * in_a_second},
    {"minutes", 60 * in_a_second},
    {"minute", 60 * in_a_second},
    {"h", in_a_day / 24},
    {"hours", in_a_day / 24},
    {"hour", in_a_day / 24},
    {"d", in_a_day},
    {"days", in_a_day},
    {"day", in_a_day},
    {"weeks", 7 * in_a_day},
    {"week", 7 * in_a_day},
    {"years", 365 * in_a_day},
    {"year", 365 * in_a_day},
};

/// Reads the parts of a sentence. Each function **returns** whether it could; if not, `wrong_at`
/// and `expected` say where it stopped making sense, and what would.
class Reader {
 public:
  constexpr explicit Reader(std::string_view text) noexcept : cursor_{text} {}

  [[nodiscard]] constexpr std::size_t wrong_at() const noexcept { return wrong_at_; }
  [[nodiscard]] constexpr const char* expected() const noexcept { return expected_; }
  [[nodiscard]] constexpr Cursor& cursor() noexcept { return cursor_; }

  constexpr bool wrong(std::size_t at, const char* expected) noexcept {
    wrong_at_ = at;
    expected_ = expected;
    return false;
  }

  // ---- what a value is made of

  constexpr bool whole(std::int64_t& value, std::int64_t most, const char* range) noexcept {
    const std::size_t at = cursor_.at();
    Decimal number;
    if (!cursor_.take(number, 0) || number.digits < 1 || number.digits > most)
      return wrong(at, range);
    value = number.digits;
    return true;
  }

  /// A share with a percent sign, up to 100 %, with `decimals` decimals at most.
  constexpr bool percent(Ratio& share, int decimals = 4) noexcept {
    const std::size_t at = cursor_.at();
    Decimal number;
    if (!cursor_.take(number, decimals))
      return wrong(at, decimals == 4 ? "a percentage, with at most four decimals"
                                     : "a percentage, with at most one decimal");
    if (!percent_sign()) return wrong(cursor_.at(), "%");
    return as_share(share, number) || wrong(at, "at most 100 %");
  }

  /// A time above 0.
  constexpr bool time(Ticks& ticks, Ticks least = 1, Ticks most = longest_wait,
                      const char* range = "more than 0 and at most 2^34 ms") noexcept {
    const std::size_t at = cursor_.at();
    Decimal number;
    if (!cursor_.take(number, 9)) return wrong(at, "a time, such as 30 s, to the nanosecond");
    Ticks unit = 0;
    if (!time_unit(unit)) return wrong(cursor_.at(), "a unit: ns, us, ms, s, min, h or d");
    return in_ticks(ticks, number, unit, at) &&
           ((ticks >= least && ticks <= most) || wrong(at, range));
  }

  /// Calls per second. `has_unit`: they must say so.
  constexpr bool rate(double& calls_per_second, bool has_unit = true) noexcept {
    const std::size_t at = cursor_.at();
    Decimal number;
    if (!cursor_.take(number, 6)) return wrong(at, "a number, with at most six decimals");
    if (!cursor_.take("calls / s") && !cursor_.take("calls per second") &&
        !cursor_.take("calls a second") && !cursor_.take("/ s") && has_unit)
      return wrong(cursor_.at(), "calls/s");
    const std::int64_t millionths = number.in(6);
    if (millionths < 1 || millionths > 1'000'000'000'000'000)
      return wrong(at, "10^-6 to 10^9 calls/s");
    calls_per_second = static_cast<double>(millionths) / 1e6;
    return true;
  }

  // ---- rules

  /// One to three rules, joined by "or", or by "and".
  constexpr bool rules(TripRules& all) noexcept {
    all = TripRules{};
    for (;;) {
      if (!rule(all.rule[all.count])) return false;
      ++all.count;
      const std::size_t at = cursor_.at();
      const bool is_or = cursor_.take("or");
      if (!is_or && !cursor_.take("and")) return true;
      const auto trip = is_or ? TripRules::Trip::on_any : TripRules::Trip::on_all;
      if (all.count > 1 && trip != all.trip)
        return wrong(at, is_or ? "and, as before" : "or, as before");
      if (all.count == TripRules::most) return wrong(at, "no more than three rules");
      all.trip = trip;
    }
  }

 private:
  constexpr bool percent_sign() noexcept { return cursor_.take("%") || cursor_.take("percent"); }

  static constexpr bool as_share(Ratio& share, const Decimal& percent) noexcept {
    constexpr std::int64_t whole = 1'000'000;
    const std::int64_t parts = percent.in(4);
    if (parts > whole) return false;
    const auto part = static_cast<int>(parts);
    share = parts % 10'000 == 0 ? Ratio{part / 10'000, 100} : Ratio{part, static_cast<int>(whole)};
    if (part == 0) share = Ratio{0, 1};  // as where none is said
    return true;
  }

  constexpr bool time_unit(Ticks& ticks) noexcept {
    for (const TimeUnit& unit : time_units) {
      if (!cursor_.take(unit.name)) continue;
      ticks = unit.ticks;
      return true;
    }
    return false;
  }

  constexpr bool in_ticks(Ticks& ticks, Decimal number, Ticks unit, std::size_t at) noexcept {
    for (; number.decimals > 0 && unit % 10 == 0; --number.decimals) unit /= 10;
    for (; number.decimals > 0; --number.decimals, number.digits /= 10)
      if (number.digits % 10 != 0) return wrong(at, "whole nanoseconds");
    if (number.digits > ticks_max / unit) return wrong(at, "less than 292 years");
    ticks = number.digits * unit;
    return true;
  }

  /// "in 10 s", "of the last 100 calls".
  constexpr bool window(Rule& rule, const char* expected) noexcept {
    if (!cursor_.take("in") && !cursor_.take("of") && !cursor_.take("within") &&
        !cursor_.take("over"))
      return wrong(cursor_.at(), expected);
    cursor_.take("the");
    const bool is_last = cursor_.take("last");
    const std::size_t at = cursor_.at();
    Decimal number;
    Ticks unit = 0;
    if (!cursor_.take(number, 9)) return wrong(at, "how long or how many calls: 10 s, 100 calls");
    if (time_unit(unit)) {
      rule.slices = 10;
      return in_ticks(rule.within, number, unit, at) &&
             ((rule.within >= 10 && rule.within <= longest_wait) || wrong(at, "10 ns to 2^34 ms"));
    }
    if (!cursor_.take("calls") && !cursor_.take("call") && !is_last)
      return wrong(cursor_.at(), "a unit: ns, us, ms, s, min, h or d, or the word calls");
    if (number.decimals > 0 || number.digits < 1 || number.digits > 100'000)
      return wrong(at, "1 to 100000 calls");
    rule.last_calls = static_cast<std::uint32_t>(number.digits);
    return true;
  }

  constexpr bool rule(Rule& rule) noexcept {
    if (cursor_.take("worse than")) return worse_than(rule);
    if (cursor_.take("failed or slower than")) rule.marks = Rule::Marks::failed_or_slow;
    if (rule.marks == Rule::Marks::failed && cursor_.take("slower than"))
      rule.marks = Rule::Marks::slow;
    const bool is_timed = rule.marks != Rule::Marks::failed;
    if (is_timed && !time(rule.slower_than)) return false;
    if (is_timed && !cursor_.take(":")) return wrong(cursor_.at(), "a colon and a share: 50 %");

    const std::size_t at = cursor_.at();
    Decimal number;
    if (!cursor_.take(number, 4))
      return wrong(at,
                   "a rule: 5 failures in a row, 50 % of the last 100 calls, or worse than 1 %");
    if (percent_sign()) return share(rule, number, at);
    if (is_timed) return wrong(cursor_.at(), "%");
    if (cursor_.take("calls over"))
      return wrong(at,
                   "a rule on calls that have ended; for those that hang write Overdue in code");
    if (!cursor_.take("failures") && !cursor_.take("failure"))
      return wrong(cursor_.at(), "failures, or %");
    return count(rule, number, at);
  }

  constexpr bool share(Rule& rule, const Decimal& percentage, std::size_t at) noexcept {
    rule.kind = Rule::Kind::share;
    if (!as_share(rule.share, percentage) || rule.share.part() == 0)
      return wrong(at, "more than 0 % and at most 100 %");
    if (rule.marks == Rule::Marks::failed) cursor_.take("failures");
    if (!window(rule, "a window: in 10 s, or of the last 100 calls")) return false;

    const bool has_size = rule.last_calls != 0;
    rule.min_calls = has_size && rule.last_calls < 20 ? rule.last_calls : 20;
    const std::size_t before = cursor_.at();
    cursor_.take(",");
    if (!cursor_.take("at least") && !cursor_.take("min")) {
      cursor_.go_back_to(before);
      return true;
    }
    std::int64_t calls = 0;
    if (!whole(calls, has_size ? rule.last_calls : (std::numeric_limits<int>::max)(),
               has_size ? "at least 1 call, at most as many as the window holds"
                        : "1 to 2^31 - 1 calls"))
      return false;
    if (!cursor_.take("calls")) cursor_.take("call");
    rule.min_calls = static_cast<std::uint32_t>(calls);
    return true;
  }

  constexpr bool count(Rule& rule, const Decimal& number, std::size_t at) noexcept {
    rule.kind = cursor_.take("in a row") ? Rule::Kind::row : Rule::Kind::count;
    const bool is_row = rule.kind == Rule::Kind::row;
    if (!is_row && !window(rule, "in a row, or a window: in 10 s, of the last 100 calls"))
      return false;
    const std::int64_t most = is_row                 ? (1 << 24) - 1
                              : rule.last_calls != 0 ? rule.last_calls
                                                     : (1 << 20) - 1;
    if (number.decimals > 0 || number.digits < 1 || number.digits > most)
      return wrong(at, is_row                 ? "1 to 2^24 - 1 failures"
                       : rule.last_calls != 0 ? "1 failure, up to as many as the window holds"
                                              : "1 to 2^20 - 1 failures");
    rule.limit = static_cast<std::uint32_t>(number.digits);
    return true;
  }

  /// "worse than 1 % to 10 %, 20 % after a failure, once per year at 1000 calls/s".
  constexpr bool worse_than(Rule& rule) noexcept {
    CusumSettings& wish = rule.chosen_for;
    const std::size_t at = cursor_.at();
    if (!percent(wish.normal)) return false;
    const double normal = detail::as_double(wish.normal);
    if (wish.normal.part() == 0 || normal >= 0.5) return wrong(at, "more than 0 % and below 50 %");
    const Decimal ten_times{wish.normal.part() * (10'000'000LL / wish.normal.whole()), 4};
    const bool fits = as_share(wish.bad, ten_times);
    std::size_t bad_at = cursor_.at();
    const bool has_bad = cursor_.take("to");
    if (has_bad) bad_at = cursor_.at();
    if (has_bad && !percent(wish.bad)) return false;
    const double bad = has_bad || fits ? detail::as_double(wish.bad) : 1;
    if (bad <= normal || bad >= 1)
      return wrong(bad_at, has_bad ? "more than what is normal, and below 100 %"
                                   : "to, and the share that is to be found");
    if (!after_failure(wish, normal) || !how_often(wish)) return false;
    if (!cursor_.take("at")) return wrong(cursor_.at(), "at, and how many calls/s");
    if (!rate(wish.calls_per_second)) return false;
    const CusumLimit found = detail::cusum_of(wish);
    if (found.limit == 0) return wrong(at, "shares that are farther apart");
    rule.kind = Rule::Kind::score;
    rule.limit = found.limit;
    rule.on_failure = found.up;
    rule.on_success = 1;
    return true;
  }

  constexpr bool after_failure(CusumSettings& wish, double normal) noexcept {
    const std::size_t before = cursor_.at();
    cursor_.take(",");
    if (!cursor_.is_at_digit()) {
      cursor_.go_back_to(before);
      return true;
    }
    const std::size_t at = cursor_.at();
    if (!percent(wish.after_failure)) return false;
    const double share = detail::as_double(wish.after_failure);
    if (share < normal || share >= 1) return wrong(at, "from what is normal, below 100 %");
    return cursor_.take("after a failure") || wrong(cursor_.at(), "after a failure");
  }

  constexpr bool how_often(CusumSettings& wish) noexcept {
    const std::size_t before = cursor_.at();
    cursor_.take(",");
    if (!cursor_.take("once per") && !cursor_.take("once in") && !cursor_.take("once a")) {
      cursor_.go_back_to(before);
      wish.false_opening_every = std::chrono::nanoseconds{365 * in_a_day};
      return true;
    }
    Ticks every = 0;
    if (!time_unit(every) && !time(every, 1, ticks_max, "more than 0")) return false;
    wish.false_opening_every = std::chrono::nanoseconds{every};
    return true;
  }

  Cursor cursor_;
  std::size_t wrong_at_ = 0;
  const char* expected_ = nullptr;
};

}  // namespace detail
BREAKER_ABI_END
}  // namespace breaker
