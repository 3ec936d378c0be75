// in_words: settings as one sentence, in its usual form.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "breaker/base/ratio.hpp"
#include "breaker/base/ticks.hpp"
#include "breaker/base/version.hpp"
#include "breaker/config.hpp"
#include "breaker/policy/rule.hpp"
#include "breaker/policy/trip_rules.hpp"
#include "breaker/text/clauses.hpp"
#include "breaker/text/grammar.hpp"
#include "breaker/text/settings.hpp"

namespace breaker {
BREAKER_ABI_BEGIN

namespace detail {
class Writer;
}

/// Settings in words. The longest that there are have less than 800 letters.
class SettingsText {
 public:
  /// **Returns** the text. Valid as long as this object.
  [[nodiscard]] constexpr std::string_view view() const noexcept { return {text_, size_}; }
  /// **Returns** it, with a zero behind. Valid as long as this object.
  [[nodiscard]] constexpr const char* c_str() const noexcept { return text_; }

 private:
  friend detail::Writer;

  char text_[800] = {};
  std::size_t size_ = 0;
};

namespace detail {

/// Writes values so that a Reader reads them back.
class Writer {
 public:
  [[nodiscard]] constexpr const SettingsText& text() const noexcept { return text_; }

  constexpr Writer& operator<<(std::string_view words) noexcept {
    for (const char letter : words)
      if (text_.size_ + 1 < sizeof text_.text_) text_.text_[text_.size_++] = letter;
    return *this;
  }
  constexpr Writer& operator<<(std::int64_t number) noexcept {
    char digits[24] = {};
    std::size_t first = sizeof digits;
    std::uint64_t rest =
        number < 0 ? 0 - static_cast<std::uint64_t>(number) : static_cast<std::uint64_t>(number);
    do digits[--first] = static_cast<char>('0' + rest % 10);
    while ((rest /= 10) > 0);
    if (number < 0) digits[--first] = '-';
    return *this << std::string_view{digits + first, sizeof digits - first};
  }
  /// `number` / 10^`places`, without zeros at the end.
  constexpr Writer& decimal(std::int64_t number, int places) noexcept {
    for (; places > 0 && number % 10 == 0; --places) number /= 10;
    std::int64_t one = 1;
    for (int i = 0; i != places; ++i) one *= 10;
    *this << number / one;
    if (places > 0) *this << ".";
    for (number %= one; places > 0; --places) {
      one /= 10;
      *this << number / one;
      number %= one;
    }
    return *this;
  }
  /// In the largest unit of which it is a whole number.
  constexpr Writer& time(Ticks ticks) noexcept {
    constexpr TimeUnit units[] = {{"d", in_a_day},           {"h", in_a_day / 24},
                                  {"min", 60 * in_a_second}, {"s", in_a_second},
                                  {"ms", millisecond},       {"us", 1'000}};
    for (const TimeUnit& unit : units)
      if (ticks % unit.ticks == 0) return *this << ticks / unit.ticks << " " << unit.name;
    return *this << ticks << " ns";
  }
  constexpr Writer& percent(Ratio share) noexcept {
    constexpr std::int64_t whole = 1'000'000;
    const std::int64_t parts = share.part() * whole;
    if (share.whole() <= 0 || parts % share.whole() != 0)
      return *this << share.part() << "/" << share.whole();  // no sentence says it
    return decimal(parts / share.whole(), 4) << " %";
  }
  constexpr Writer& rate(double calls_per_second) noexcept {
    const bool is_in_range = calls_per_second >= 0 && calls_per_second <= 1e9;
    const double exact = is_in_range ? calls_per_second * 1e6 : 0;
    const auto below = static_cast<std::int64_t>(exact);
    const std::int64_t nearest = exact - static_cast<double>(below) < 0.5 ? below : below + 1;
    const double said = static_cast<double>(nearest) / 1e6;
    if (said < calls_per_second || said > calls_per_second)
      *this << "about ";  // no sentence says it
    return decimal(nearest, 6) << " calls/s";
  }

 private:
  SettingsText text_;
};

constexpr void write_window(Writer& words, const Rule& rule) noexcept {
  if (rule.last_calls != 0) {
    words << " of the last " << std::int64_t{rule.last_calls} << " calls";
  } else {
    (words << " in ").time(rule.within);
    if (rule.slices != 10) words << " in " << std::int64_t{rule.slices} << " slices";
  }
}

constexpr void write_cusum(Writer& words, const CusumSettings& chosen) noexcept {
  (words << "worse than ").percent(chosen.normal) << " to ";
  words.percent(chosen.bad);
  if (chosen.after_failure.part() != 0)
    (words << ", ").percent(chosen.after_failure) << " after a failure,";
  const Ticks every = chosen.false_opening_every.ticks();
  if (every == 365 * in_a_day) {
    words << " once per year";
  } else {
    (words << " once per ").time(every);
  }
  (words << " at ").rate(chosen.calls_per_second);
}

constexpr void write_rule(Writer& words, const Rule& rule) noexcept {
  if (rule.kind == Rule::Kind::overdue) {  // no sentence says it
    (words << std::int64_t{rule.limit} << " calls over ").time(rule.slower_than);
    return;
  }
  if (rule.marks == Rule::Marks::failed_or_slow) words << "failed or ";
  if (rule.marks != Rule::Marks::failed) (words << "slower than ").time(rule.slower_than) << ": ";
  switch (rule.kind) {
    case Rule::Kind::row:
      words << std::int64_t{rule.limit} << (rule.limit == 1 ? " failure" : " failures")
            << " in a row";
      break;
    case Rule::Kind::count:
      words << std::int64_t{rule.limit} << (rule.limit == 1 ? " failure" : " failures");
      write_window(words, rule);
      break;
    case Rule::Kind::share:
      words.percent(rule.share);
      write_window(words, rule);
      words << ", at least " << std::int64_t{rule.min_calls};
      break;
    case Rule::Kind::score:
    default:
      if (rule.chosen_for.calls_per_second > 0) {
        write_cusum(words, rule.chosen_for);
      } else {  // no sentence says it
        words << "a score of " << std::int64_t{rule.limit} << ", +" << std::int64_t{rule.on_failure}
              << " -" << std::int64_t{rule.on_success};
      }
      break;
  }
}

constexpr void write_rules(Writer& words, const TripRules& rules) noexcept {
  for (int i = 0; i != rules.count; ++i) {
    if (i > 0) words << (rules.trip == TripRules::Trip::on_any ? " or " : " and ");
    write_rule(words, rules.rule[i]);
  }
  if (rules.count == 0) words << "a rule that is not stated";  // no sentence says it
}

constexpr void write_wait(Writer& words, const Backoff& wait) noexcept {
  (words << "; open ").time(wait.first.ticks());
  const long long factor = wait.factor.hundredths();
  const bool grows = factor != 100 || wait.max != wait.first;
  if (grows && factor == 200) words << " doubling";
  if (grows && factor != 200) (words << " times ").decimal(factor, 2);
  if (grows) (words << " to ").time(wait.max.ticks());
  if (wait.jitter.part() != 0) (words << ", ").percent(wait.jitter) << " jitter";
  if (wait.seed != 0) words << ", seed " << std::int64_t{wait.seed};  // no sentence says it
}

constexpr void write_recovery(Writer& words, const Config& config) noexcept {
  const Config usual;
  std::string_view next = "; ";
  const auto clause = [&]() -> Writer& {
    words << next;
    next = ", ";
    return words;
  };
  if (config.probes != usual.probes) clause() << std::int64_t{config.probes} << " probes";
  if (config.close_after != usual.close_after)
    clause() << "closing after " << std::int64_t{config.close_after};
  if (config.reopen_after != usual.reopen_after)
    clause() << "reopening after " << std::int64_t{config.reopen_after};
  if (config.slow_start) clause() << "slow start";
  if (config.probe_lease.is_given()) (clause() << "lease ").time(config.probe_lease.ticks());
}

}  // namespace detail

/// **Returns** `settings` as one sentence, such as "50 % of the last 100 calls, at least 20; open 1 s
/// doubling to 1 min, 20 % jitter; 3 probes": the rules, how long it opens, and what is not as by
/// default. `parse(in_words(settings).view())` gives `settings` back; traffic that is not said comes back as
/// a Cusum states it. What no sentence says, as a window in other than 10 slices, a share of 1/3, a rate of
/// more than six decimals, a Traffic::slow_excess, a score or a seed, is written so that parse() refuses it.
/// **Complexity** linear; allocates nothing.
[[nodiscard]] constexpr SettingsText in_words(const Settings& settings) noexcept {
  const Config& config = settings.config;
  detail::Writer words;
  detail::write_rules(words, settings.rules);
  detail::write_wait(words, config.open_for.backoff());
  detail::write_recovery(words, config);
  if (config.retry_after_max != Config{}.retry_after_max)
    (words << "; retry-after up to ").time(config.retry_after_max.ticks());
  const Traffic& traffic = settings.traffic;
  if (traffic != Settings{}.traffic && traffic != detail::SaidTraffic{}.with(settings.rules)) {
    (words << "; normally ").percent(traffic.normal);
    if (traffic.slow.part() != 0) (words << " and ").percent(traffic.slow) << " slow";
    if (traffic.calls_per_second > 0) (words << " at ").rate(traffic.calls_per_second);
    if (traffic.slow_excess > 0) words << ", slow calls by some time";  // no sentence says it
  }
  if (config.mode == Mode::shadow) words << "; shadow";
  const std::string_view name = settings.name.circuit_name();
  if (!name.empty()) words << "; named " << name;
  return words.text();
}

BREAKER_ABI_END
}  // namespace breaker
