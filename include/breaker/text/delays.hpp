// After how many calls a rule trips once more calls are marked than before.
#pragma once

#include "breaker/base/logarithm.hpp"
#include "breaker/base/version.hpp"
#include "breaker/policy/rule.hpp"
#include "breaker/text/chance.hpp"
#include "breaker/text/runs.hpp"
#include "breaker/text/windows.hpp"

namespace breaker {
BREAKER_ABI_BEGIN
namespace detail {

/// A jump of the share of marked calls. Where normal calls alone bring a window to its limit, it
/// can not be full of them: it is taken to be empty.
struct Jump {
  double before;
  double after;
};

/// What is asked of a passage: from when on it goes on by the same chance, and which one; how much
/// may be left; and whether it is counted in calls.
struct Asked {
  double end;
  double hazard;
  double tail;
  bool in_calls;
};

/// **Returns** the passage whose chance to come later than `x` is `later(x)`, which falls. Where it
/// begins to fall late, or has fallen early, few places are asked. **Complexity** some 200 of them
/// at most.
template <class Later>
constexpr Passage passage_of(const Later& later, const Asked& asked) {
  constexpr double nothing = 1e-12;
  constexpr double places = 128;
  const auto place = [&](double x) { return asked.in_calls ? detail::whole_up(x) : x; };
  double last = asked.end;
  while (last > asked.end * 1e-9 && place(last / 2) < last && later(place(last / 2)) < nothing)
    last = place(last / 2);

  const double step = place(last / places);
  Passage passage{0, 0};
  double was = later(0);
  for (double x = 0; x < last; x += step) {
    const double to = x + step < last ? x + step : last;
    const double is = later(to);
    passage.mean += (to - x) * (was + is) / 2 + (asked.in_calls ? (was - is) / 2 : 0);
    was = is;
  }
  const double left = later(asked.end);
  // Each further window leaves no more than this one did.
  const double again = left > nothing ? -detail::ln(left < 1 ? left : 1) / asked.end : 0;
  const double hazard = detail::larger(asked.hazard, again);
  if (left > nothing) passage.mean += left * detail::one_in(hazard);
  if (left > asked.tail) {
    passage.latest = asked.end + detail::until_left(left, asked.tail, hazard);
    return passage;
  }
  double low = 0;
  double high = last;
  const double exact = asked.in_calls ? 1 : last * 1e-4;
  while (high - low > exact) {
    const double middle = asked.in_calls ? detail::whole_of((low + high) / 2) : (low + high) / 2;
    if (later(middle) > asked.tail) {
      low = middle;
    } else {
      high = middle;
    }
  }
  passage.latest = high;
  return passage;
}

/// **Returns** when a full window of the last N calls trips after a jump, in calls. A circuit that has not
/// opened by call j holds less than the limit: of j calls after the jump, and the rest from before.
constexpr Passage delay_in_last(const Rule& rule, const Jump& jump, double tail) {
  const double calls = rule.last_calls;
  const double limit = rule.kind == Rule::Kind::share
                           ? static_cast<double>(detail::least_for(rule.share, rule.last_calls))
                           : static_cast<double>(rule.limit);
  const auto later = [&](double j) {
    return j < 1 ? 1.0
                 : detail::together_below(Binomial{calls - j, jump.before}, Binomial{j, jump.after},
                                          limit);
  };
  // Past the limit a window gains so much at each call, below it comes there by chance.
  const double gains = jump.after - limit / calls;
  const double hazard = detail::larger(detail::crossing_in_last(calls, limit, jump.after), gains);
  return detail::passage_of(later, {calls, hazard, tail, true});
}

/// **Returns** how many calls a second a window of time gains on its limits, if more than nothing.
constexpr double gains_within(const Rule& rule, double p, double a_second, double span) noexcept {
  if (rule.kind == Rule::Kind::count) return p * a_second - rule.limit / span;
  const double share = static_cast<double>(rule.share.part()) / rule.share.whole();
  const double marked = (p - share) * a_second;
  const double calls = a_second - rule.min_calls / span;
  return marked < calls ? marked : calls;
}

/// **Returns** when a window of time trips after a jump, in seconds. It is as long as one whose
/// newest slice is half full.
constexpr Passage delay_within(const Rule& rule, const Jump& jump, double a_second, double tail) {
  const double empty = rule.slices == 0 ? 0 : 0.5 / rule.slices;
  const double span = detail::seconds_of(rule.within) * (1 - empty);
  const auto later = [&](double t) {
    const double marked = a_second * (jump.before * (span - t) + jump.after * t);
    if (t <= 0) return 1.0;
    if (rule.kind == Rule::Kind::count)
      return detail::at_most(Poisson{marked}, static_cast<double>(rule.limit) - 1);
    return 1 - detail::share_is_reached(rule, {marked, a_second * span - marked}, 0, 1e-18);
  };
  const double comes = detail::over_lengths(
      rule, [&](double length) { return detail::crossings(rule, jump.after, a_second, length); });
  return detail::passage_of(
      later, {span, detail::larger(comes, detail::gains_within(rule, jump.after, a_second, span)),
              tail, false});
}

/// **Returns** whether a share `p` is so near to what the rule trips at that a delay is no more
/// than a hint.
constexpr bool is_barely_seen(const Rule& rule, double p, double a_second) noexcept {
  const auto is_near = [](double x, double limit) {
    return x > limit * 0.666 && x < limit * 1.334;
  };
  if (rule.kind == Rule::Kind::row || rule.kind == Rule::Kind::score) return false;
  const double calls =
      rule.last_calls != 0 ? rule.last_calls : a_second * detail::seconds_of(rule.within);
  if (rule.kind == Rule::Kind::count) return is_near(p * calls, rule.limit);
  return is_near(p * rule.share.whole(), rule.share.part()) || calls * 3 < rule.min_calls * 4.0;
}

}  // namespace detail
BREAKER_ABI_END
}  // namespace breaker
