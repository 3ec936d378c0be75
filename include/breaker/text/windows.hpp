// How often a window trips a healthy circuit: an estimate, and a bound that it is never below.
// Calls are marked one by one; in a window of time they arrive at random.
#pragma once

#include <cstddef>
#include <cstdint>

#include "breaker/base/ratio.hpp"
#include "breaker/base/ticks.hpp"
#include "breaker/base/version.hpp"
#include "breaker/policy/rule.hpp"
#include "breaker/text/chance.hpp"

namespace breaker {
BREAKER_ABI_BEGIN
namespace detail {

/// How long a circuit stays closed, in seconds.
struct Openings {
  double every;     ///< On average.
  double at_least;  ///< The average is never below.
  bool is_exact;
  bool is_rough;  ///< `every` is of no use, the bound holds.
};

constexpr double larger(double a, double b) noexcept { return a > b ? a : b; }

constexpr double seconds_of(Ticks time) noexcept { return static_cast<double>(time) / 1e9; }

/// **Returns** a share of `x`, which may be endless.
constexpr double part_of(double share, double x) noexcept { return share > 0 ? share * x : 0; }

/// What is left of a rate of openings, as they come in clumps: a window that was just left reaches
/// the limit again soon. `pull`: how near to the limit the window is on average.
constexpr double first_of_clump(double pull) noexcept { return detail::larger(0.1, 1 - pull); }

/// **Returns** how many marked calls a full window holds at its limit.
constexpr double limit_of(const Rule& rule, double a_second) noexcept {
  if (rule.kind != Rule::Kind::share) return rule.limit;
  const double calls =
      rule.last_calls != 0 ? rule.last_calls : a_second * detail::seconds_of(rule.within);
  return calls * rule.share.part() / rule.share.whole();
}

/// **Returns** whether a share `p` is so near to what a window trips at, or above it, that no
/// formula for rare openings holds.
constexpr bool is_near_limit(const Rule& rule, double p, double a_second) noexcept {
  if (rule.kind == Rule::Kind::row || rule.kind == Rule::Kind::score) return false;
  const double calls =
      rule.last_calls != 0 ? rule.last_calls : a_second * detail::seconds_of(rule.within);
  return p * calls >= 0.75 * detail::limit_of(rule, a_second);
}

// ---- the last N calls

/// `least` of the last `calls` are marked. **Returns** the chance that a call brings the window to
/// that. It is marked, pushes out one that was not, and the others hold one less.
constexpr double crossing_in_last(double calls, double least, double p) noexcept {
  const double q = 1 - p;
  if (least <= 1) return p;
  if (q <= 0) return 0;
  return p * q * Binomial{calls - 1, p}.at(least - 1) *
         detail::first_of_clump(p * (calls - least) / (q * least));
}

/// **Returns** how many marked calls of `calls` are the share.
constexpr std::int64_t least_for(Ratio share, std::int64_t calls) noexcept {
  return (calls * share.part() + share.whole() - 1) / share.whole();
}

/// How a window of calls fills after the circuit closed.
struct Filling {
  double mean;    ///< Calls until it is full or the circuit opens.
  double opened;  ///< The chance that it opened before.
};

/// **Returns** how a window of the last `rule.last_calls` fills: the distribution of marked calls
/// in it is moved on call by call. Exact. **Complexity** O(N·√N).
constexpr Filling filling(const Rule& rule, double p) {
  constexpr double nothing = 1e-60;
  Doubles marked{std::size_t{rule.last_calls} + 2};
  marked[0] = 1;
  std::size_t low = 0;
  std::size_t top = 0;  // nothing lies outside
  Filling filling{0, 0};
  for (std::uint32_t calls = 1; calls <= rule.last_calls; ++calls) {
    filling.mean += 1 - filling.opened;
    for (std::size_t f = ++top; f > low; --f) {
      const double comes = p * marked[f - 1];
      marked[f] *= 1 - p;
      const bool opens =
          calls >= rule.min_calls && rule.share.reached_by(static_cast<std::uint32_t>(f), calls);
      if (opens) {
        filling.opened += comes;
      } else {
        marked[f] += comes;
      }
    }
    marked[low] *= 1 - p;
    while (top > low && marked[top] < nothing) marked[top--] = 0;
    while (low < top && marked[low] < nothing) marked[low++] = 0;
  }
  return filling;
}

/// **Returns** how often a count or a share of the last N calls opens a circuit whose calls are
/// marked by the chance `p`, in calls. The bound: a circuit that forgets at each opening never
/// holds more marked calls than one that does not, and that one stands at its limit by the chance
/// `reached`.
constexpr Openings openings_of_last(const Rule& rule, double p) {
  if (p <= 0) return {endless, endless, true, false};
  const bool is_share = rule.kind == Rule::Kind::share;
  const double calls = rule.last_calls;
  const double limit = is_share
                           ? static_cast<double>(detail::least_for(rule.share, rule.last_calls))
                           : static_cast<double>(rule.limit);
  const double first =
      is_share ? static_cast<double>(detail::least_for(rule.share, rule.min_calls)) : limit;
  const Filling fill = is_share ? detail::filling(rule, p) : Filling{0, 0};
  const double full = detail::larger(0, 1 - fill.opened);
  const double reached = p * detail::at_least(Binomial{calls - 1, p}, limit - 1);
  const double crossing = detail::crossing_in_last(calls, limit, p);
  Openings found{};
  found.every = fill.mean + detail::part_of(full, detail::one_in(crossing));
  found.at_least = detail::larger(detail::part_of(full, detail::one_in(reached)),
                                  detail::larger(first / p, fill.mean));
  found.is_exact = limit <= 1;
  if (found.is_exact) found.at_least = found.every;
  const bool is_near = detail::is_near_limit(rule, p, 0);
  found.is_rough = !found.is_exact && (found.every < 10 * calls || is_near);
  if (is_near && !found.is_exact) found.every = found.at_least;
  return found;
}

// ---- a window of time

/// The calls in a window of time: marked and others arrive at random, each for itself.
struct Arrivals {
  double marked;  ///< How many marked ones it holds, on average.
  double others;
};

/// **Returns** how many others the share of `marked` allows.
constexpr double others_for(const Rule& rule, double marked) noexcept {
  const double part = rule.share.part();
  return detail::whole_of(marked * (rule.share.whole() - part) / part);
}
/// **Returns** how many others `min_calls` ask for beside `marked`.
constexpr double others_from(const Rule& rule, double marked) noexcept {
  return detail::larger(0, rule.min_calls - marked);
}
/// **Returns** the least number of marked calls that can reach the share.
constexpr double least_marked(const Rule& rule) noexcept {
  return detail::larger(1, static_cast<double>(detail::least_for(rule.share, rule.min_calls)));
}

/// **Returns** the chance that the share is reached with `more` marked calls than arrive by chance.
/// `within`: how far it may be below; 0: by its last digits alone.
constexpr double share_is_reached(const Rule& rule, const Arrivals& mean, double more,
                                  double within = 0) noexcept {
  const Poisson marked{mean.marked};
  const Poisson others{mean.others};
  const double most_others = detail::greatest_of(others);
  const double fewest_others = within > 0 ? detail::least_of(others) : 0;
  const auto allowed = [&](double f) {
    const double all = detail::others_for(rule, f);
    return all < most_others ? all : most_others;
  };
  double f = detail::larger(detail::least_marked(rule), detail::least_of(marked) + more);
  Walk at{marked, f - more};
  Walk upper{others, allowed(f)};
  Walk lower = upper;
  double between = 0;
  double sum = 0;
  for (;; ++f, at.up()) {
    if (at.k() > mean.marked && at.chance() <= detail::larger(sum * 1e-17, within)) return sum;
    if (allowed(f) < fewest_others) continue;
    if (between <= 0) {  // so few are not to be expected: no need to walk there
      upper = Walk{others, allowed(f)};
      lower = upper;
    }
    while (upper.k() < allowed(f)) {
      upper.up();
      between += upper.chance();
    }
    while (lower.k() >= detail::others_from(rule, f) &&
           (lower.k() > mean.others || lower.chance() > between * 1e-17)) {
      between += lower.chance();
      lower.down();
    }
    sum += at.chance() * between;
  }
}

/// **Returns** the chance that a marked call brings the share to its limit: without it, it is not
/// reached.
constexpr double share_is_crossed(const Rule& rule, const Arrivals& mean) noexcept {
  const Poisson marked{mean.marked};
  const Poisson others{mean.others};
  double f = detail::larger(detail::least_marked(rule), detail::least_of(marked) + 1);
  double sum = 0;
  for (Walk before{marked, f - 1};; ++f, before.up()) {
    if (before.k() > mean.marked && before.chance() <= sum * 1e-17) return sum;
    const double from = detail::others_from(rule, f);
    const double to = detail::others_for(rule, f);
    const double reached_before = detail::others_for(rule, f - 1);
    const bool fills = rule.min_calls >= f && from <= reached_before;  // as call `min_calls`
    double crossed = fills ? others.at(from) : 0;
    Walk walk{others, detail::larger(from, reached_before + 1)};
    for (; walk.k() <= to; walk.up()) crossed += walk.chance();
    sum += before.chance() * crossed;
  }
}

/// **Returns** the mean of `rate` over the lengths that a window has while its newest slice fills.
/// (A short one reaches a share more often, and `min_calls` less.)
template <class Rate>
constexpr double over_lengths(const Rule& rule, const Rate& rate) noexcept {
  double sum = 0;
  for (int i = 0; i != 4; ++i) {
    const double empty = rule.slices == 0 ? 0 : (i + 0.5) / (4.0 * rule.slices);
    sum += rate(detail::seconds_of(rule.within) * (1 - empty)) / 4;
  }
  return sum;
}

/// **Returns** how often a second a window of `seconds` is brought to its limit.
constexpr double crossings(const Rule& rule, double p, double a_second, double seconds) noexcept {
  const double rate = p * a_second;
  const double mean = rate * seconds;
  if (rule.kind == Rule::Kind::count) {
    const double limit = rule.limit;
    return limit <= 1 ? rate
                      : rate * Poisson{mean}.at(limit - 1) * detail::first_of_clump(mean / limit);
  }
  const double share = static_cast<double>(rule.share.part()) / rule.share.whole();
  const double pull =
      p < share ? p * (1 - share) / ((1 - p) * share) : a_second * seconds / rule.min_calls;
  return rate * detail::first_of_clump(pull) *
         detail::share_is_crossed(rule, {mean, (1 - p) * a_second * seconds});
}

/// **Returns** how often a second a marked call finds the limit reached, in a window of `seconds`
/// that forgets at no opening.
constexpr double reachings(const Rule& rule, double p, double a_second, double seconds) noexcept {
  const double rate = p * a_second;
  if (rule.kind == Rule::Kind::count)
    return rate * detail::at_least(Poisson{rate * seconds}, static_cast<double>(rule.limit) - 1);
  return rate * detail::share_is_reached(rule, {rate * seconds, (1 - p) * a_second * seconds}, 1);
}

/// **Returns** the chance of what comes at a rate while the window fills, at most. Simpson's rule.
template <class Rate>
constexpr double while_filling(const Rule& rule, const Rate& rate) noexcept {
  constexpr int steps = 32;
  const double step = detail::seconds_of(rule.within) / steps;
  double sum = 0;
  for (int i = 0; i <= steps; ++i) {
    const int weight = i == 0 || i == steps ? 1 : i % 2 == 0 ? 2 : 4;
    sum += weight * rate(i * step);
  }
  const double chance = sum * step / 3;
  return chance < 1 ? chance : 1;
}

/// **Returns** how often a count or a share in a window of time opens a circuit.
constexpr Openings openings_within(const Rule& rule, double p, double a_second) noexcept {
  if (p <= 0) return {endless, endless, true, false};
  const bool is_share = rule.kind == Rule::Kind::share;
  const double rate = p * a_second;
  const double span = detail::seconds_of(rule.within);
  const double first = is_share ? detail::least_marked(rule) : rule.limit;
  const auto crossed = [&](double length) { return detail::crossings(rule, p, a_second, length); };
  const auto reached = [&](double length) { return detail::reachings(rule, p, a_second, length); };
  Openings found{};
  found.every = detail::one_in(detail::over_lengths(rule, crossed));
  found.at_least = detail::one_in(reached(span));
  if (is_share) {  // of which some opens while the window fills
    found.every = detail::part_of(1 - detail::while_filling(rule, crossed), found.every);
    found.at_least = detail::part_of(1 - detail::while_filling(rule, reached),
                                     detail::one_in(detail::over_lengths(rule, reached)));
  }
  found.at_least = detail::larger(found.at_least, first / rate);
  found.is_exact = !is_share && rule.limit <= 1;
  if (found.is_exact) found.every = found.at_least;
  const bool is_near = detail::is_near_limit(rule, p, a_second);
  found.is_rough = !found.is_exact && (found.every < 10 * span || is_near);
  if ((is_near && !found.is_exact) || found.every < found.at_least) found.every = found.at_least;
  return found;
}

}  // namespace detail
BREAKER_ABI_END
}  // namespace breaker
