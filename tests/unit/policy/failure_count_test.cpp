// FailureCount: n failures in a window.
#include "breaker/policy/failure_count.hpp"

#include <chrono>
#include <cstdint>
#include <string_view>

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
  CHECK(policy.numbers(10 * s) == Numbers{{4, 0}});
  CHECK(policy.fails(11 * s));
}

TEST_CASE("over a time window successes are not counted at all") {
  Asked policy{FailureCount{2, within(10s)}};

  for (int i = 0; i < 1'000; ++i) CHECK_FALSE(policy.succeeds());

  CHECK(policy.numbers() == Numbers{});
  CHECK(policy.is_clean());
  CHECK_FALSE(policy.fails());
  CHECK(policy.fails());
}

TEST_CASE("over a last-N window successes push failures out") {
  Asked policy{FailureCount{2, last_calls<3>()}};
  CHECK_FALSE(policy.fails());
  for (int i = 0; i < 2; ++i) policy.succeeds();

  CHECK_FALSE(policy.fails());
  CHECK(policy.numbers() == Numbers{{1, 3}});
  CHECK(policy.fails());
  CHECK(policy.numbers() == Numbers{{2, 3}});
}

TEST_CASE("a count trips at its boundary whatever it is") {
  const int count = GENERATE(1, 2, 99, 100);
  Asked policy{FailureCount{count, last_calls<100>()}};

  for (int i = 1; i < count; ++i) CHECK_FALSE(policy.fails());

  CHECK(policy.fails());
  CHECK(policy.policy().limits() == Limits{{static_cast<std::uint32_t>(count)}});
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

  CHECK(policy.settle_in(old, Verdict::failure).kind == Standing::Kind::stale);

  CHECK(policy.numbers() == Numbers{{1, 1}});
}

TEST_CASE("a failure count names its numbers: over a time window it has no calls") {
  const FailureCount over_time{2, within(10s)};
  const FailureCount over_calls{2, last_calls<3>()};

  CHECK(over_time.words().rule == std::string_view{"failure_count"});
  CHECK(over_time.words().numbers[0] == std::string_view{"failures"});
  CHECK(over_time.words().numbers[1] == nullptr);
  CHECK(over_time.window_calls() == 0);
  CHECK(over_calls.words().numbers[1] == std::string_view{"calls"});
  CHECK(over_calls.window_calls() == 3);
}

TEST_CASE("one failure is told as one") {
  CircuitBreaker circuit{Config{}, FailureCount{1, within(10s)}};
  circuit.try_acquire().failure();
  CHECK(describe(circuit.why()) ==
        "closed -> open: 1 failure in the window (limit 1); calls are refused for 30000 ms");
}

TEST_CASE("a failure count is refused by the name of what is out of its range") {
  CHECK_THROWS_AS((FailureCount{0, last_calls<3>()}), ConfigError);
  CHECK_NOTHROW(FailureCount{3, last_calls<3>()});
  CHECK_THROWS_AS((FailureCount{4, last_calls<3>()}), ConfigError);
  CHECK_THROWS_AS((FailureCount{0, within(10s)}), ConfigError);
  CHECK_NOTHROW(FailureCount{(1 << 20) - 1, within(10s)});
  CHECK_THROWS_AS((FailureCount{1 << 20, within(10s)}), ConfigError);
}
