// The circuits that are measured, by the names of their rows. Thresholds are out of reach, so that
// they stay closed whatever the dice say.
#pragma once

#include <breaker/breaker.hpp>
#include <breaker/policy/any_rule.hpp>
#include <breaker/text/rule.hpp>
#include <breaker/window/striped_count_window.hpp>
#include <chrono>

#include "support/operation.hpp"

namespace bench {

using namespace std::chrono_literals;
using namespace breaker::literals;

// ---- clocks

using Steady = breaker::SteadyClock;
using Coarse = breaker::CoarseClock;

/// What an event loop would set. It stands still here.
inline const breaker::CachedClock::Time loop_time;
struct Cached : breaker::CachedClock {
  Cached() : CachedClock{loop_time} {}
};
struct Any : breaker::AnyClock {};

// ---- policies

struct Consecutive {
  static auto make() { return breaker::ConsecutiveFailures{(1 << 24) - 1}; }
};
template <int N, int Stripes = 1>
struct LastN {
  static auto make() {
    return breaker::FailureRate{breaker::last_calls<N, Stripes>(),
                                {.threshold = 100_percent, .min_calls = N}};
  }
};
template <int Slices, int Stripes>
struct Timed {
  static auto make() {
    return breaker::FailureRate{breaker::within<Slices, Stripes>(10s), {.threshold = 100_percent}};
  }
};
struct Count {
  static auto make() { return breaker::FailureCount{5, breaker::within(10s)}; }
};
struct SlowCalls {
  static auto make() {
    return breaker::SlowCallRate{{.slower_than = 10s, .threshold = 100_percent}};
  }
};
struct SlowCallsTimed {
  static auto make() {
    return breaker::SlowCallRate{breaker::within<10, 8>(10s),
                                 {.slower_than = 10s, .threshold = 100_percent}};
  }
};
struct Hanging {
  static auto make() { return breaker::Overdue{{.limit = 10s}}; }
};
/// The pair that most services configure: too many failed, or too many slow.
struct AnyOfTwo {
  static auto make() { return breaker::any_of(Timed<10, 8>::make(), SlowCallsTimed::make()); }
};
struct AnyOfTwoCounts {
  static auto make() { return breaker::any_of(Consecutive::make(), LastN<100>::make()); }
};

/// The same rules, as a text at run time would say them.
template <class Policy>
struct AnyRuleAs {
  static auto make() { return breaker::AnyRule<100>{breaker::rule_of(Policy::make())}; }
};
struct Sums {
  static auto make() {
    return breaker::Cusum{{.normal = 1_percent,
                           .bad = 10_percent,
                           .calls_per_second = 1000,
                           .false_opening_every = std::chrono::days{365}}};
  }
};

/// A listener for whom refusals are not counted.
struct Uncounted {
  static constexpr bool counts_refusals = false;
};

// ---- circuits

inline constexpr breaker::Config stays_open{.open_for = 1h};

inline auto is_failure() {
  return breaker::failing_on([](const int& answer) { return answer < 0; });
}
using FailingOnNegative = decltype(is_failure());

template <class Policy>
using PolicyOf = decltype(Policy::make());

/// Judges only exceptions to be failures: the default.
template <class Policy, class Clock = Steady, class Listener = breaker::NoListener>
class Plain : public breaker::CircuitBreaker<Clock, PolicyOf<Policy>, breaker::DefaultClassifier,
                                             Listener> {
 public:
  Plain()
      : breaker::CircuitBreaker<Clock, PolicyOf<Policy>, breaker::DefaultClassifier, Listener>{
            stays_open, Policy::make(), Clock{}} {}
};

/// Judges a negative answer to be a failure.
template <class Policy, class Clock = Steady>
class Judging : public breaker::CircuitBreaker<Clock, PolicyOf<Policy>, FailingOnNegative> {
 public:
  Judging()
      : breaker::CircuitBreaker<Clock, PolicyOf<Policy>, FailingOnNegative>{
            stays_open, Policy::make(), Clock{}, is_failure()} {}
};

}  // namespace bench
