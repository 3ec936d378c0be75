// ConsecutiveFailures: n failures in a row.
#include "breaker/policy/consecutive_failures.hpp"

#include <cstdint>

#include "breaker/breaker.hpp"
#include "breaker/testing/manual_clock.hpp"
#include "support/catch.hpp"

using namespace breaker;

TEST_CASE("the n-th failure in a row trips, not the one before it") {
  const int n = GENERATE(1, 2, 5, 100);
  CircuitBreaker circuit{Config{}, ConsecutiveFailures{n}, ManualClock{}};

  for (int i = 1; i < n; ++i) circuit.try_acquire().failure();
  CHECK(circuit.state() == State::closed);
  CHECK(circuit.snapshot().evidence.failures == static_cast<std::uint32_t>(n) - 1);
  circuit.try_acquire().failure();

  CHECK(circuit.state() == State::open);
  CHECK(circuit.why().evidence.failures == static_cast<std::uint32_t>(n));
  CHECK(circuit.why().limit == Limit{.rule = Rule::consecutive_failures, .count = n});
}

TEST_CASE("a success ends the row") {
  CircuitBreaker circuit{Config{}, ConsecutiveFailures{3}, ManualClock{}};

  for (int i = 0; i < 10; ++i) {
    circuit.try_acquire().failure();
    circuit.try_acquire().failure();
    circuit.try_acquire().success();
  }

  CHECK(circuit.state() == State::closed);
  CHECK(circuit.snapshot().evidence == Evidence{0, 0, 0});
}

TEST_CASE("an ignored call neither ends nor extends the row") {
  CircuitBreaker circuit{Config{}, ConsecutiveFailures{3}, ManualClock{}};
  circuit.try_acquire().failure();
  circuit.try_acquire().failure();

  for (int i = 0; i < 10; ++i) circuit.try_acquire().ignore();
  CHECK(circuit.state() == State::closed);
  circuit.try_acquire().failure();

  CHECK(circuit.state() == State::open);
}

TEST_CASE("the default is five in a row") {
  STATIC_REQUIRE(ConsecutiveFailures{}.limit().count == 5);
  STATIC_REQUIRE_FALSE(ConsecutiveFailures{}.trips_at(4));
  STATIC_REQUIRE(ConsecutiveFailures{}.trips_at(5));
}

TEST_CASE("the largest count there is fits the word") {
  constexpr ConsecutiveFailures policy{0xffffff};

  STATIC_REQUIRE_FALSE(policy.trips_at(0xfffffe));
  STATIC_REQUIRE(policy.trips_at(0xffffff));
  STATIC_REQUIRE(policy.after(0xfffffe, Verdict::failure) == 0xffffff);
}
