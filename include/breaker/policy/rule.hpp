// Rule: what a policy trips on, as data. Text, forecasts and rules chosen at run time share it.
#pragma once

#include <cstdint>

#include "breaker/base/duration.hpp"
#include "breaker/base/ratio.hpp"
#include "breaker/base/ticks.hpp"
#include "breaker/base/version.hpp"

namespace breaker {
BREAKER_ABI_BEGIN

/// What a circuit meets while all is well: the numbers that no library can know.
struct Traffic {
  /// Share of calls that fail. Range: [0, 1), together with `slow` below 1. No default.
  Ratio normal;
  /// Calls per second, on average. Range: 10^-6 to 10^9. No default.
  double calls_per_second;
  /// Share of calls that take longer than the rule's `slower_than`; no such call is taken to fail.
  /// Range: [0, 1). Default: none.
  Ratio slow = {0, 1};
  /// How much longer than the rule's `slower_than` slow calls take, on average, in seconds. For rules on
  /// overdue calls, which need it where `slow` is not 0. Range: 0 to 10^9. Default: not said.
  double slow_excess = 0;

  /// Compares all fields.
  friend constexpr bool operator==(const Traffic& a, const Traffic& b) noexcept {
    const auto are_equal = [](double x, double y) { return x <= y && x >= y; };
    return a.normal == b.normal && are_equal(a.calls_per_second, b.calls_per_second) &&
           a.slow == b.slow && are_equal(a.slow_excess, b.slow_excess);
  }
};

/// Settings of Cusum.
struct CusumSettings {
  /// Share of calls that fail while all is well. Range: above 0, below one half. No default.
  Ratio normal;
  /// Share that is to be found soon. Range: above `normal`, below 1, and far enough from it: twice
  /// is enough from about 1 % on. No default.
  Ratio bad;
  /// Calls per second, on average: the busiest hour's. Range: 10^-6 to 10^9. No default.
  double calls_per_second;
  /// A healthy circuit opens no more often, on average. Range: above 0. No default.
  Duration false_opening_every;
  /// Share of calls that fail right after one that failed, while all is well: more than `normal` where
  /// failures come in clumps. Range: from `normal`, below 1. Default: `normal`, each fails by itself.
  Ratio after_failure = {0, 1};

  friend constexpr bool operator==(const CusumSettings&, const CusumSettings&) noexcept = default;
};

/// What one policy trips on. It does not check itself: a policy checks its settings. What a field
/// is not used for, it leaves at its default.
struct Rule {
  /// What is held against the limit.
  enum class Kind : std::uint8_t {
    row,    ///< Marked calls in a row: `limit` of them trip. Any other call ends the row.
    count,  ///< Marked calls in the window: `limit` of them trip.
    share,  ///< Marked calls of those in the window: `share` trips, once `min_calls` are in.
    /// A number that starts at 0: `on_failure` more for a marked call, `on_success` less for any
    /// other, never below 0. It trips at `limit`.
    score,
    overdue,  ///< Calls that have been out for longer than `slower_than`: `limit` at a time trip.
  };
  /// Which calls are marked. A rule is judged when a marked call comes in.
  enum class Marks : std::uint8_t {
    failed,          ///< Those that failed.
    slow,            ///< Those that took longer than `slower_than`, whether they failed or not.
    failed_or_slow,  ///< Those that did either.
  };

  Kind kind = Kind::row;        ///< What is held against the limit.
  Marks marks = Marks::failed;  ///< Which calls are marked.
  std::uint32_t limit = 0;      ///< Row, count, score, overdue: what trips, or more.
  Ratio share = {0, 1};         ///< Share: what trips, or more. Range: (0, 1].
  std::uint32_t min_calls = 0;  ///< Share: calls that must be in the window.
  /// Count, share: the window holds that many calls; 0: it is one of time.
  std::uint32_t last_calls = 0;
  Ticks within = 0;  ///< Count, share: how long a window of time is, in nanoseconds; else 0.
  std::uint32_t slices = 0;      ///< In how many slices a window of time moves on; else 0.
  Ticks slower_than = 0;         ///< A call that took longer is slow, in nanoseconds; 0: none is.
  std::uint32_t on_failure = 0;  ///< Score: what a marked call adds.
  std::uint32_t on_success = 0;  ///< Score: what any other call takes away.
  /// Score: what it was chosen for, if that was said; else zeros. A circuit's own policy does not keep it.
  CusumSettings chosen_for = {
      .normal = {0, 1}, .bad = {0, 1}, .calls_per_second = 0, .false_opening_every = {}};

  friend constexpr bool operator==(const Rule&, const Rule&) noexcept = default;
};

BREAKER_ABI_END
}  // namespace breaker
