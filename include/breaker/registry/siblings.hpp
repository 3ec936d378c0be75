// Siblings: whether a circuit of a registry fails more than the others do, by more than chance.
//
// One of ten equal servers is half dead. Its circuit's own policy, made for an outage, may not trip; but
// nine siblings say what is normal. Of n calls of this circuit a failed, of N calls of all of them K. If all
// are alike, the number that falls to this one is hypergeometric, exactly, whatever the share of failures
// is. (R. A. Fisher, 1935; with odds other than 1 its noncentral form.)
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include "breaker/base/config_error.hpp"
#include "breaker/base/duration.hpp"
#include "breaker/base/ratio.hpp"
#include "breaker/base/ticks.hpp"
#include "breaker/base/version.hpp"

namespace breaker {
BREAKER_ABI_BEGIN

/// A circuit that normally fails more, or less, than its siblings.
struct SiblingNormal {
  std::string key;  ///< Whose circuit.
  double odds = 1;  ///< Failures to successes, in multiples of its siblings'. Range: above 0.
};

/// How Registry::trip_bad_siblings() judges. A circuit is bad if its share of failures is one
/// that chance gives to one of the siblings at most once in `false_every`; and if that share is `at_least`, and
/// `times` the share of the median sibling. If most are bad, the median is, and none is called bad: their own
/// policies decide.
///
/// What is promised: if calls fail independently, and no circuit's odds of failing exceed the others' by more
/// than its `normal` allows, one is tripped falsely at most once in `false_every` in the whole registry. Nothing
/// is promised for failures that come in bursts of more than `bursts_of`, or for unlike endpoints whose normal
/// nobody stated.
struct Siblings {
  /// At most one false trip in this time. Range: above 0. Default: a year.
  Duration false_every = std::chrono::hours{24 * 365};
  /// How often trip_bad_siblings() is called. Range: above 0, below `false_every`. Default: 1 s.
  Duration look_every = std::chrono::seconds{1};
  /// Range: above 0, up to 100 %. Default: 10 %.
  Ratio at_least = Ratio{1, 10};
  /// Range: 1 or more. Default: 5.
  int times = 5;
  /// How many failures come at once, on average: a connection that breaks fails all its calls. All counts are
  /// divided by it. Range: 1 or more. Default: 1.
  int bursts_of = 1;
  /// Those that are unlike. Default: none.
  std::vector<SiblingNormal> normal = {};
};

/// A circuit that was tripped because of its siblings, with the evidence.
struct BadSibling {
  std::string key;                 ///< Whose circuit.
  std::uint32_t failures;          ///< Of its calls in the window.
  std::uint32_t calls;             ///< Its calls in the window.
  std::uint64_t sibling_failures;  ///< The same of its siblings together.
  std::uint64_t sibling_calls;     ///< As sibling_failures.
  double chance;                   ///< How likely that many failures were by chance, at one look.
  Duration by_chance_every;        ///< How often chance does that to one of the siblings.
};

/// **Returns** what a circuit was tripped for, in words: "31 of 120 calls failed, siblings 9 of 1080; by
/// chance once in 4000 years".
[[nodiscard]] inline std::string describe(const BadSibling& bad) {
  constexpr double day = 86'400e9;
  const auto every = static_cast<double>(bad.by_chance_every.ticks());
  const double years = every / (365.25 * day);
  char text[200];
  std::snprintf(text, sizeof text,
                "%lu of %lu calls failed, siblings %llu of %llu; by chance once in %s%.0f %s",
                static_cast<unsigned long>(bad.failures), static_cast<unsigned long>(bad.calls),
                static_cast<unsigned long long>(bad.sibling_failures),
                static_cast<unsigned long long>(bad.sibling_calls), years > 290 ? "more than " : "",
                years >= 1 ? years : every / day, years >= 1 ? "years" : "days");
  return text;
}

namespace detail {

/// **Throws** ConfigError naming the setting that is out of its range.
inline void validate(const Siblings& rule) {
  require_setting(rule.false_every.ticks() > 0, "Siblings.false_every", rule.false_every.ticks(),
                  "more than 0 (in ns)");
  require_setting(rule.look_every.ticks() > 0 && rule.look_every.ticks() < rule.false_every.ticks(),
                  "Siblings.look_every", rule.look_every.ticks(),
                  "more than 0 and less than false_every (in ns)");
  require_setting(rule.at_least.is_share(), "Siblings.at_least", rule.at_least.part(),
                  "a share above 0 and up to 1 (shown: its numerator)");
  require_setting(rule.times >= 1, "Siblings.times", rule.times, "1 or more");
  require_setting(rule.bursts_of >= 1, "Siblings.bursts_of", rule.bursts_of, "1 or more");
  for (const SiblingNormal& one : rule.normal)
    require_setting(one.odds > 0, "SiblingNormal.odds", static_cast<std::int64_t>(one.odds),
                    "more than 0 (shown: without what is behind the point)");
}

inline double as_number(Ratio ratio) noexcept {
  return static_cast<double>(ratio.part()) / ratio.whole();
}

/// Calls of one circuit.
struct SiblingCalls {
  std::uint64_t failures = 0;
  std::uint64_t calls = 0;

  [[nodiscard]] double share() const noexcept {
    return calls == 0 ? 0 : static_cast<double>(failures) / static_cast<double>(calls);
  }
};

/// **Returns** how likely it is that `own.failures` or more of the failures fall to this circuit's calls, if
/// its odds of failing are `odds` times those of the `others`. Fisher's noncentral hypergeometric tail, by
/// the ratio of each term to the one before: exact except for rounding, no factorials. **Complexity** O(its
/// failures).
inline double chance_of(const SiblingCalls& own, const SiblingCalls& others,
                        double odds = 1) noexcept {
  const auto n = static_cast<double>(own.calls);
  const auto failed = static_cast<double>(own.failures + others.failures);
  const auto well =
      static_cast<double>(others.calls) - failed;  // if all failed here, may be below 0
  // The term for x + 1 failures is that for x, times this.
  const auto step = [&](double x) {
    return odds * (n - x) * (failed - x) / ((x + 1) * (well + x + 1));
  };
  const auto a = static_cast<double>(own.failures);
  double upper = 1;  // relative to the term for a
  for (double x = a, term = 1; x < n && x < failed && term > 1e-17 * upper; ++x)
    upper += term *= step(x);
  if (upper > 1e300) return 1;  // far below what is likely
  double lower = 0;
  for (double x = a - 1, term = 1; x >= 0 && well + x + 1 > 0; --x) {
    term /= step(x);
    lower += term;
    if (term < 1e-17 * lower) break;
  }
  return upper / (upper + lower);
}

/// **Returns** whether the share of circuit number `own` is `times` that of the median of the others: half of
/// them, or more, are that far below.
inline bool is_above_median(const std::vector<SiblingCalls>& all, std::size_t own, int times) {
  std::size_t others = 0;
  std::size_t below = 0;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (i == own || all[i].calls == 0) continue;
    ++others;
    if (times * all[i].share() <= all[own].share()) ++below;
  }
  return below > 0 && 2 * below >= others;
}

/// How one circuit stands beside its siblings.
struct SiblingStanding {
  bool is_bad = false;
  double chance = 1;
  SiblingCalls others = {};
};

/// **Returns** how circuit number `own` stands among `all` whose calls are compared. `sum`: of all; `odds`: its
/// normal; `circuits`: how many are looked at each time.
inline SiblingStanding standing_of(const std::vector<SiblingCalls>& all, std::size_t own,
                                   const SiblingCalls& sum, double odds, std::size_t circuits,
                                   const Siblings& rule) {
  const SiblingCalls& one = all[own];
  SiblingStanding standing;
  standing.others = {sum.failures - one.failures, sum.calls - one.calls};
  if (one.share() <= sum.share() || one.share() < detail::as_number(rule.at_least)) return standing;
  if (!detail::is_above_median(all, own, rule.times)) return standing;
  const auto bursts = static_cast<std::uint64_t>(rule.bursts_of);
  const auto divided = [bursts](const SiblingCalls& calls, std::uint64_t up) {
    const std::uint64_t failures = (calls.failures + up) / bursts;
    const std::uint64_t all_calls = calls.calls / bursts;
    return SiblingCalls{failures, all_calls > failures ? all_calls : failures};
  };
  standing.chance = detail::chance_of(divided(one, 0), divided(standing.others, bursts - 1), odds);
  const double alpha = static_cast<double>(rule.look_every.ticks()) /
                       static_cast<double>(rule.false_every.ticks()) /
                       static_cast<double>(circuits);
  standing.is_bad = standing.chance < alpha;
  return standing;
}

/// **Returns** how often chance does that, at that many looks; not longer than can be said.
inline Duration by_chance_every(double chance, std::size_t circuits,
                                const Siblings& rule) noexcept {
  const double most = static_cast<double>(ticks_max);
  const double every =
      static_cast<double>(rule.look_every.ticks()) / (chance * static_cast<double>(circuits));
  return std::chrono::nanoseconds{every < most ? static_cast<Ticks>(every) : ticks_max};
}

}  // namespace detail
BREAKER_ABI_END
}  // namespace breaker
