// Promise: what one or several rules promise under some traffic, put together from the parts'
// numbers.
#pragma once

#include <cstdint>

#include "breaker/base/config_error.hpp"
#include "breaker/base/ratio.hpp"
#include "breaker/base/version.hpp"
#include "breaker/policy/rule.hpp"
#include "breaker/policy/trip_rules.hpp"
#include "breaker/text/chance.hpp"
#include "breaker/text/delays.hpp"
#include "breaker/text/overdue.hpp"
#include "breaker/text/runs.hpp"
#include "breaker/text/windows.hpp"

namespace breaker {
BREAKER_ABI_BEGIN
namespace detail {

constexpr double share_of(Ratio ratio) noexcept {
  return static_cast<double>(ratio.part()) / ratio.whole();
}

constexpr void require_traffic(const Traffic& traffic) {
  const auto is_share = [](Ratio ratio) {
    return ratio.part() >= 0 && ratio.whole() > 0 && ratio.part() < ratio.whole();
  };
  detail::require_setting(is_share(traffic.normal), "Traffic.normal", traffic.normal.part(),
                          "a share from 0, below 1 (shown: its numerator)");
  detail::require_setting(is_share(traffic.slow) &&
                              detail::share_of(traffic.normal) + detail::share_of(traffic.slow) < 1,
                          "Traffic.slow", traffic.slow.part(),
                          "a share from 0, with Traffic.normal below 1 (shown: its numerator)");
  const double excess = traffic.slow_excess;
  detail::require_setting(excess >= 0 && excess <= 1e9, "Traffic.slow_excess", 0,
                          "0 to 10^9 seconds (shown: nothing)");
  const double calls = traffic.calls_per_second;
  const bool fits = calls >= 1e-6 && calls <= 1e9;
  const bool can_be_shown = calls > -1e15 && calls < 1e15;
  detail::require_setting(fits, "Traffic.calls_per_second",
                          can_be_shown ? static_cast<long long>(calls) : 0,
                          "10^-6 to 10^9 (shown: without its fraction)");
}

/// Calls that are slow without a time by which they are say nothing of how many are overdue.
constexpr void require_excess(const TripRules& rules, const Traffic& traffic) {
  for (int i = 0; i != rules.count; ++i) {
    detail::require_setting(rules.rule[i].kind != Rule::Kind::overdue || traffic.slow.part() == 0 ||
                                traffic.slow_excess > 0,
                            "Traffic.slow_excess", 0,
                            "more than 0 where Traffic.slow is, for calls that are overdue");
  }
}

/// **Returns** the chance that of independent answers `these` good ones come before `those` bad
/// ones, if each is bad by the chance `bad`: at the last good one fewer than `those` have been bad.
constexpr double comes_first(int these, int those, double bad) noexcept {
  double term = 1;
  for (int i = 0; i != these; ++i) term *= 1 - bad;
  double sum = 0;
  for (int j = 0; j != those; ++j) {
    sum += term;
    term *= bad * (these + j) / (j + 1);
  }
  return sum;
}

/// **Returns** how long the n-th call takes to come, except with the chance `tail`, more than on
/// average, if calls come at random, one a second. By Wilson's and Hilferty's approximation of the
/// gamma distribution, to 0.1 % from n = 3 on.
constexpr double late_arrival(double n, double tail) noexcept {
  const double z = tail > 0.04 ? 1.645 : tail > 0.02 ? 1.96 : 2.128;  // of 1, 2, 3 rules
  const double third = 1 - 1 / (9 * n) + z / (3 * detail::root(n));
  return n * third * third * third - n;
}

/// When a circuit opens.
struct Delays {
  Passage calls;
  Passage seconds;
  bool barely;
};

/// What some rules promise.
class Promise {
 public:
  constexpr Promise(const TripRules& rules, const Traffic& traffic) noexcept
      : rules_{rules}, traffic_{traffic} {}

  /// **Returns** whether there are rules, and numbers for each of them.
  [[nodiscard]] constexpr bool is_known() const noexcept {
    for (int i = 0; i != rules_.count; ++i)
      if (!is_known(rules_.rule[i])) return false;
    return rules_.is_stated();
  }

  /// **Returns** how often they open a healthy circuit. The first of several has the sum of the
  /// rates; all together open it no more often than any alone.
  [[nodiscard]] constexpr Openings openings() const {
    if (!is_known()) return {.every = 0, .at_least = 0, .is_exact = false, .is_rough = true};
    if (rules_.count == 1) return openings_of(rules_.rule[0]);
    double rate = 0;
    double most = 0;
    double least = 0;
    bool is_rough = false;
    for (int i = 0; i != rules_.count; ++i) {
      const Openings one = openings_of(rules_.rule[i]);
      rate += 1 / one.every;
      most += 1 / one.at_least;
      least = detail::larger(least, one.at_least);
      is_rough = is_rough || one.is_rough;
    }
    if (is_all()) return {.every = least, .at_least = least, .is_exact = false, .is_rough = true};
    return {.every = detail::one_in(rate),
            .at_least = detail::one_in(most),
            .is_exact = false,
            .is_rough = is_rough};
  }

  /// **Returns** when they open the circuit, once a share `bad` of the calls is.
  [[nodiscard]] constexpr Delays delay(double bad) const {
    if (!is_known()) return {never_passes, never_passes, false};
    constexpr double tail = 0.05;
    Delays found = delay_of(rules_.rule[0], bad, is_all() ? tail / rules_.count : tail);
    for (int i = 1; i != rules_.count; ++i) {
      const Delays other = delay_of(rules_.rule[i], bad, is_all() ? tail / rules_.count : tail);
      const bool is_later = other.seconds.mean > found.seconds.mean;
      if (is_later == is_all()) found = other;
    }
    return found;
  }

  /// **Returns** which share of probes is bad where all is well. A failure is bad for every rule.
  [[nodiscard]] constexpr double bad_probes() const noexcept {
    bool is_slow_bad = rules_.is_stated() && is_all();
    for (int i = 0; i != rules_.count; ++i) {
      const bool is_bad = rules_.rule[i].marks != Rule::Marks::failed;
      is_slow_bad = is_all() ? is_slow_bad && is_bad : is_slow_bad || is_bad;
    }
    return detail::share_of(traffic_.normal) + (is_slow_bad ? detail::share_of(traffic_.slow) : 0);
  }

  /// **Returns** which share of the calls writes: the most of any, as the same calls write to each.
  [[nodiscard]] constexpr double writes() const noexcept {
    if (!is_known()) return 1;
    double most = 0;
    for (int i = 0; i != rules_.count; ++i) most = detail::larger(most, writes_of(rules_.rule[i]));
    return most;
  }

 private:
  static constexpr std::uint32_t largest_score = 1 << 16;

  static constexpr bool is_known(const Rule& rule) noexcept {
    const bool has_window = rule.last_calls != 0 || rule.within > 0;
    switch (rule.kind) {
      case Rule::Kind::row: return rule.limit != 0;
      case Rule::Kind::count: return rule.limit != 0 && has_window;
      case Rule::Kind::share: return rule.share.is_share() && has_window;
      case Rule::Kind::overdue: return rule.limit != 0 && rule.slower_than > 0;
      default: return rule.limit != 0 && rule.limit <= largest_score;
    }
  }

  [[nodiscard]] constexpr bool is_all() const noexcept {
    return rules_.count > 1 && rules_.trip == TripRules::Trip::on_all;
  }

  /// **Returns** the share of calls that are marked where all is well. No slow call is taken to
  /// fail.
  [[nodiscard]] constexpr double marked(const Rule& rule) const noexcept {
    const double failed = rule.marks == Rule::Marks::slow ? 0 : detail::share_of(traffic_.normal);
    return failed + (rule.marks == Rule::Marks::failed ? 0 : detail::share_of(traffic_.slow));
  }

  static constexpr Score score_of(const Rule& rule) noexcept {
    return {rule.on_failure, rule.on_success, rule.limit};
  }

  [[nodiscard]] constexpr Openings in_seconds(double calls) const noexcept {
    const double seconds = calls / traffic_.calls_per_second;
    return {.every = seconds, .at_least = seconds, .is_exact = true, .is_rough = false};
  }

  [[nodiscard]] constexpr Openings openings_of(const Rule& rule) const {
    const double p = marked(rule);
    if (rule.kind == Rule::Kind::row) return in_seconds(detail::row_mean(rule.limit, p));
    if (rule.kind == Rule::Kind::score) return in_seconds(detail::score_mean(score_of(rule), p));
    if (rule.kind == Rule::Kind::overdue) {
      const double slow = detail::share_of(traffic_.slow);
      return detail::overdue_openings({traffic_.calls_per_second * slow, traffic_.slow_excess},
                                      rule.limit);
    }
    if (rule.last_calls == 0) return detail::openings_within(rule, p, traffic_.calls_per_second);
    Openings found = detail::openings_of_last(rule, p);
    found.every /= traffic_.calls_per_second;
    found.at_least /= traffic_.calls_per_second;
    return found;
  }

  [[nodiscard]] constexpr Delays delay_of(const Rule& rule, double bad, double tail) const {
    const double a_second = traffic_.calls_per_second;
    if (rule.kind == Rule::Kind::overdue) return delay_of_hangs(rule, bad, tail);
    const double normal = marked(rule);
    const Jump jump{detail::is_near_limit(rule, normal, a_second) ? 0 : normal, bad};
    const bool is_barely = detail::is_barely_seen(rule, bad, a_second);
    if (rule.last_calls == 0 && rule.within > 0) {
      const Passage found = detail::delay_within(rule, jump, a_second, tail);
      return {{found.mean * a_second, found.latest * a_second}, found, is_barely};
    }
    const Passage found = rule.kind == Rule::Kind::row ? detail::row_passage(rule.limit, bad, tail)
                          : rule.kind == Rule::Kind::score
                              ? detail::score_passage(score_of(rule), bad, tail)
                              : detail::delay_in_last(rule, jump, tail);
    if (found.mean > largest) return {found, found, is_barely};
    // How many calls it takes, and how long these take to come, vary each for itself.
    const double more_calls = found.latest - found.mean;
    const double longer = detail::late_arrival(found.mean, tail);
    const double late = found.mean + detail::root(more_calls * more_calls + longer * longer);
    return {found, {found.mean / a_second, late / a_second}, is_barely};
  }

  /// **Returns** when `rule.limit` calls have hung for longer than `slower_than`, and the next one arrives.
  /// Those that are overdue on a healthy day are not counted.
  [[nodiscard]] constexpr Delays delay_of_hangs(const Rule& rule, double bad,
                                                double tail) const noexcept {
    const double a_second = traffic_.calls_per_second;
    const double hangs = a_second * bad;
    const double mean = rule.limit / hangs + detail::seconds_of(rule.slower_than) + 1 / a_second;
    const double longer = detail::late_arrival(rule.limit, tail) / hangs;
    const double next = detail::late_arrival(1, tail) / a_second;
    const double latest = mean + detail::root(longer * longer + next * next);
    return {{mean * a_second, latest * a_second}, {mean, latest}, false};
  }

  /// **Returns** which share of the calls one rule writes for. A row: a failure, and the success
  /// after it. A score: also the successes that take it back to 0. The last N calls: all, unless
  /// none of them and of those in the window is marked. Overdue: all.
  [[nodiscard]] constexpr double writes_of(const Rule& rule) const noexcept {
    const double p = marked(rule);
    const double up = rule.on_failure;
    switch (rule.kind) {
      case Rule::Kind::row: return p + (1 - p) * p;
      case Rule::Kind::score: {
        const double writes = rule.on_success == 0 ? p : p + p * up / rule.on_success;
        return writes < 1 ? writes : 1;
      }
      case Rule::Kind::overdue: return 1;
      default: break;
    }
    if (rule.last_calls != 0) return 1 - detail::power(1 - p, rule.last_calls + 1.0);
    return rule.kind == Rule::Kind::count ? p : 1;
  }

  TripRules rules_;
  Traffic traffic_;
};

}  // namespace detail
BREAKER_ABI_END
}  // namespace breaker
