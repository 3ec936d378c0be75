// forecast: what settings promise. How often a healthy circuit opens, how soon it opens on a sick
// backend, how often a recovery ends wrongly. The compiler can compute it:
//
//   constexpr auto promise = forecast(FailureCount{5, within(10s)}, Config{}, {1_percent, 10});
//   static_assert(promise.at_least > 500);  // seconds
#pragma once

#include <cstdio>
#include <string>
#include <type_traits>

#include "breaker/base/ratio.hpp"
#include "breaker/base/version.hpp"
#include "breaker/config.hpp"
#include "breaker/policy/protocol.hpp"
#include "breaker/policy/rule.hpp"
#include "breaker/policy/trip_rules.hpp"
#include "breaker/text/promise.hpp"
#include "breaker/text/rule.hpp"
#include "breaker/text/runs.hpp"
#include "breaker/text/windows.hpp"

namespace breaker {
BREAKER_ABI_BEGIN

/// What settings promise, as long as calls fail one by one, each by the same chance, and arrive at
/// random. `forecast()` says it. What is infinite never happens.
struct Forecast {
  /// How soon a circuit opens once a share of the calls is bad: for a rule on slow calls slow, for one on
  /// overdue calls they hang, else failed. Exact for a row and a score, right to 2 % for a window that the share brings to its
  /// limit, to a quarter where the limit is reached by chance.
  struct Delay {
    double calls;       ///< On average, in calls.
    double calls_95;    ///< In 95 of 100 times it is no more.
    double seconds;     ///< On average, in seconds.
    double seconds_95;  ///< In 95 of 100 times it is no more, as calls arrive at random.
    /// The share is within a third of what trips (or so is the number of calls in the window, of
    /// `min_calls`): the delay is right to a third or so.
    bool barely;
  };

  /// Whether it is known what trips the circuit: see rule_of(). If not, only the chances of probes
  /// say something; `at_least` is 0, and delays are infinite.
  bool is_stated;
  /// Seconds from closed to falsely open, on average, where nothing but normal failures happens.
  /// Right to a quarter, unless `is_rough`. How long it takes is close to exponential: once in
  /// three times the circuit stays closed that long.
  double false_openings_every;
  /// Seconds; the average is not below. Proven for independent calls; of a share in a window of
  /// time argued.
  double at_least;
  bool exact;  ///< Both are exact, and the same.
  /// `false_openings_every` is no estimate: go by `at_least`. So it is below ten windows.
  bool is_rough;
  Delay at_10;                 ///< Of ten calls one is bad.
  Delay at_20;                 ///< Two are.
  Delay at_50;                 ///< Five are.
  Delay dead;                  ///< All are.
  double closes_on_half_dead;  ///< The chance that a recovery closes where every second call fails.
  double reopens_healthy;  ///< The chance that one opens again where only normal failures happen.
  double
      writes_per_call;  ///< Share of calls that write to the circuit's memory while it is closed.
  Traffic traffic;      ///< For which it holds.
};

/// Stands under every forecast.
inline constexpr const char* forecast_condition =
    "A forecast holds while calls fail one by one and no more often than you said; if your normal "
    "failures come in clumps, expect false openings tens to hundreds of times more often, and let "
    "breaker-backtest count them in your log.";

namespace detail {

constexpr Forecast forecast_of(const TripRules& rules, const Config& config,
                               const Traffic& traffic) {
  breaker::validate(config);
  detail::require_traffic(traffic);
  detail::require_excess(rules, traffic);
  const Promise promise{rules, traffic};
  const Openings openings = promise.openings();
  const auto delay_at = [&](double bad) {
    const Delays delay = promise.delay(bad);
    return Forecast::Delay{.calls = delay.calls.mean,
                           .calls_95 = delay.calls.latest,
                           .seconds = delay.seconds.mean,
                           .seconds_95 = delay.seconds.latest,
                           .barely = delay.barely};
  };
  const int good = config.close_after == Config::as_probes ? config.probes : config.close_after;
  const int bad = config.reopen_after;
  return {.is_stated = promise.is_known(),
          .false_openings_every = openings.every,
          .at_least = openings.at_least,
          .exact = openings.is_exact,
          .is_rough = openings.is_rough,
          .at_10 = delay_at(0.1),
          .at_20 = delay_at(0.2),
          .at_50 = delay_at(0.5),
          .dead = delay_at(1),
          .closes_on_half_dead = detail::comes_first(good, bad, 0.5),
          .reopens_healthy = detail::comes_first(bad, good, 1 - promise.bad_probes()),
          .writes_per_call = promise.writes(),
          .traffic = traffic};
}

/// Not for the compiler: it would try to compute what need not be constant, and take long.
inline Forecast forecast_at_run_time(const TripRules& rules, const Config& config,
                                     const Traffic& traffic) {
  return detail::forecast_of(rules, config, traffic);
}

}  // namespace detail

/// **Returns** what a circuit with `rules` and `config` promises under `traffic`. By a closed form
/// for a row, by what flows over each value of a score, by binomial and Poisson chances for
/// windows. Evidence is empty at the start of a row or score; a delay finds the window full of
/// normal calls. Of several rules that trip alone the rates are added, and the fastest delay is
/// taken; of rules that trip together the longest of each, and `false_openings_every` is
/// `at_least`, which is far too low. Those delays are right where a part that has reached its limit
/// stays there. Probes are taken to answer in the order in which they went out.
/// **Throws** ConfigError naming the field of `traffic` or `config` that is out of its range.
/// **Complexity** microseconds; the last 1000 calls 3 ms. A share in a window of time takes longer the more calls
/// it holds: 3 ms for 600, up to 80 ms for 20,000, 300 ms for 300,000. Allocates numbers for a window.
[[nodiscard]] constexpr Forecast forecast(const TripRules& rules, const Config& config,
                                          const Traffic& traffic) {
  if (std::is_constant_evaluated()) return detail::forecast_of(rules, config, traffic);
  return detail::forecast_at_run_time(rules, config, traffic);
}

/// **Returns** the same for a policy that states its rules: see rule_of().
template <TripPolicy P>
[[nodiscard]] constexpr Forecast forecast(const P& policy, const Config& config,
                                          const Traffic& traffic) {
  return breaker::forecast(breaker::rule_of(policy), config, traffic);
}

namespace detail {

inline std::string number_text(double number) {
  char text[40];
  std::snprintf(text, sizeof text, number < 999.5 ? "%.3g" : "%.0f", number);
  return text;
}

inline std::string percent_text(double share) { return detail::number_text(share * 100) + " %"; }

/// **Returns** a length of time with its unit, in three digits.
inline std::string time_text(double seconds) {
  constexpr double minute = 60;
  constexpr double hour = 60 * minute;
  constexpr double day = 24 * hour;
  constexpr double year = 365.25 * day;
  if (seconds > 1000 * year) return "practically never";
  if (seconds < 1) return detail::number_text(seconds * 1000) + " ms";
  if (seconds < 2 * minute) return detail::number_text(seconds) + " s";
  if (seconds < 2 * hour) return detail::number_text(seconds / minute) + " min";
  if (seconds < 2 * day) return detail::number_text(seconds / hour) + " h";
  if (seconds < 2 * year) return detail::number_text(seconds / day) + " days";
  return detail::number_text(seconds / year) + " years";
}

inline std::string openings_text(const Forecast& promise) {
  if (!promise.is_stated) return "how often it opens is not stated by its policy";
  const std::string at_least = detail::time_text(promise.at_least);
  const std::string every = detail::time_text(promise.false_openings_every);
  if (every == "practically never") return "a false opening practically never";
  if (promise.exact) return "a false opening every " + every;
  if (promise.is_rough) return "a false opening every " + at_least + " at least";
  return "a false opening every " + every + " (" + at_least + " at least)";
}

inline std::string delay_text(const Forecast::Delay& delay) {
  constexpr double year = 365.25 * 24 * 60 * 60;
  if (delay.seconds > year) return "never";  // nobody waits for it
  const std::string after = detail::time_text(delay.seconds);
  if (delay.barely) return "barely, after about " + after;
  return "after " + detail::number_text(delay.calls) + " calls, " + after +
         " (95 %: " + detail::time_text(delay.seconds_95) + ")";
}

}  // namespace detail

/// **Returns** a forecast in words, such as "a false opening every 15.7 min (8.78 min at least) at
/// 10 calls/s, 1 % of them failed; opens on a dead backend after 4.09 calls, 409 ms (95 %: 829 ms);
/// …", and the condition under which it holds. Numbers have three digits. What is infinite, or
/// takes more than 1000 years, is "practically never"; a delay of more than a year "never": the
/// rule does not see such a fault. Within a third of the threshold it sees it "barely".
[[nodiscard]] inline std::string describe(const Forecast& promise) {
  const Traffic& traffic = promise.traffic;
  const auto share = [](Ratio ratio) {
    return detail::percent_text(static_cast<double>(ratio.part()) / ratio.whole());
  };
  std::string text = detail::openings_text(promise) + " at " +
                     detail::number_text(traffic.calls_per_second) + " calls/s, " +
                     share(traffic.normal) + " of them failed";
  if (traffic.slow.part() > 0) text += " and " + share(traffic.slow) + " slow";
  if (promise.is_stated) {
    text += "; opens on a dead backend " + detail::delay_text(promise.dead);
    text += "; half dead: " + detail::delay_text(promise.at_50);
    text += "; one call in five bad: " + detail::delay_text(promise.at_20);
    text += "; one in ten: " + detail::delay_text(promise.at_10);
  }
  text += "; a recovery closes on a half-dead backend in " +
          detail::percent_text(promise.closes_on_half_dead) + ", opens again on a healthy one in " +
          detail::percent_text(promise.reopens_healthy) + " of cases. ";
  return text + forecast_condition;
}

BREAKER_ABI_END
}  // namespace breaker
