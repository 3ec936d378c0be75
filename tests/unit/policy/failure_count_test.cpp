// FailureCount: n failures in a window.
#include "breaker/policy/failure_count.hpp"

#include <chrono>

#include "breaker/breaker.hpp"
#include "support/catch.hpp"
#include "unit/policy/policy_test.hpp"

using namespace breaker;
using namespace std::chrono_literals;
using policy_test::Asked;

namespace {

constexpr Ticks s = 1'000'000'000;

/// Stands still, and counts how often it is read.
struct CountingClock {
  using rep = std::chrono::nanoseconds::rep;
  using period = std::chrono::nanoseconds::period;
  using duration = std::chrono::nanoseconds;
  using time_point = std::chrono::time_point<CountingClock, std::chrono::nanoseconds>;
  static constexpr bool is_steady = true;
  static inline int readings = 0;

  static time_point now() noexcept {
    ++readings;
    return {};
  }
};

}  // namespace

TEST_CASE("five failures in ten seconds trip, four and an old one do not") {
  Asked policy{FailureCount{5, within(10s)}};
  CHECK_FALSE(policy.fails(0));
  for (const Ticks now : {2 * s, 4 * s, 6 * s}) CHECK_FALSE(policy.fails(now));

  CHECK_FALSE(policy.fails(10 * s));  // the first is ten seconds old
  CHECK(policy.evidence(10 * s) == Evidence{0, 4, 0});
  CHECK(policy.fails(11 * s));
}

TEST_CASE("over a time window successes are not counted at all") {
  Asked policy{FailureCount{2, within(10s)}};

  for (int i = 0; i < 1'000; ++i) CHECK_FALSE(policy.succeeds());

  CHECK(policy.evidence() == Evidence{0, 0, 0});
  CHECK(policy.policy().is_clean(StayId{}));
  CHECK_FALSE(policy.fails());
  CHECK(policy.fails());
}

TEST_CASE("over a last-N window successes push failures out") {
  Asked policy{FailureCount{2, last_calls<3>()}};
  CHECK_FALSE(policy.fails());
  for (int i = 0; i < 2; ++i) policy.succeeds();

  CHECK_FALSE(policy.fails());
  CHECK(policy.evidence() == Evidence{3, 1, 0});
  CHECK(policy.fails());
  CHECK(policy.evidence() == Evidence{3, 2, 0});
}

TEST_CASE("a count trips at its boundary whatever it is") {
  const int count = GENERATE(1, 2, 99, 100);
  Asked policy{FailureCount{count, last_calls<100>()}};

  for (int i = 1; i < count; ++i) CHECK_FALSE(policy.fails());

  CHECK(policy.fails());
  CHECK(policy.policy().limit(0) == Limit{.rule = Rule::failure_count, .count = count});
}

TEST_CASE("a circuit reads no clock for the successes of a failure count") {
  CountingClock::readings = 0;
  CircuitBreaker circuit{Config{}, FailureCount{5, within(10s)}, CountingClock{}};

  for (int i = 0; i < 10; ++i) circuit.call([] {});
  CHECK(CountingClock::readings == 0);
  circuit.try_acquire().failure();

  CHECK(CountingClock::readings > 0);
}

TEST_CASE("a failure of a stay that is over is not counted") {
  Asked policy{FailureCount{2, last_calls<10>()}};
  const Stay old = policy.stay();
  policy.enter_next_stay();
  policy.fails();

  Finding finding;
  CHECK_FALSE(policy.policy().record({Verdict::failure, 0, 0}, old, &finding));

  CHECK_FALSE(finding.at_threshold);
  CHECK(policy.evidence().failures == 1);
}
