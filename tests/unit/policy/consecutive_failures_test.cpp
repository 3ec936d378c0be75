// ConsecutiveFailures: n failures in a row.
#include "breaker/policy/consecutive_failures.hpp"

#include <cstdint>
#include <string_view>

#include "breaker/breaker.hpp"
#include "breaker/testing/manual_clock.hpp"
#include "support/catch.hpp"

using namespace breaker;

TEST_CASE("the n-th failure in a row trips, not the one before it") {
  const int n = GENERATE(1, 2, 5, 100);
  const auto count = static_cast<std::uint32_t>(n);
  CircuitBreaker circuit{Config{}, ConsecutiveFailures{n}, ManualClock{}};

  for (int i = 1; i < n; ++i) circuit.try_acquire().failure();
  CHECK(circuit.state() == State::closed);
  CHECK(circuit.snapshot().numbers == Numbers{{count - 1}});
  circuit.try_acquire().failure();

  CHECK(circuit.state() == State::open);
  CHECK(circuit.why().numbers == Numbers{{count}});
  CHECK(circuit.why().limits == Limits{{count}});
  CHECK(circuit.why().words->rule == std::string_view{"consecutive_failures"});
}

TEST_CASE("a success ends the row") {
  CircuitBreaker circuit{Config{}, ConsecutiveFailures{3}, ManualClock{}};

  for (int i = 0; i < 10; ++i) {
    circuit.try_acquire().failure();
    circuit.try_acquire().failure();
    circuit.try_acquire().success();
  }

  CHECK(circuit.state() == State::closed);
  CHECK(circuit.snapshot().numbers == Numbers{});
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
  constexpr ConsecutiveFailures policy;

  STATIC_REQUIRE(policy.limits() == Limits{{5}});
  STATIC_REQUIRE(policy.look(InWord{4}).kind == Standing::Kind::below);
  STATIC_REQUIRE(policy.look(InWord{5}).kind == Standing::Kind::at_limit);
  STATIC_REQUIRE(policy == ConsecutiveFailures{5});
  STATIC_REQUIRE(policy != ConsecutiveFailures{4});
}

TEST_CASE("the largest count there is fits the word") {
  constexpr int largest = (1 << 24) - 1;
  constexpr ConsecutiveFailures policy{largest};
  InWord row{largest - 1};

  STATIC_REQUIRE(policy.look(InWord{largest - 1}).kind == Standing::Kind::below);
  CHECK(policy.record(row, {Verdict::failure, 0, 0}).kind == Standing::Kind::at_limit);
  CHECK(row.value == largest);
  CHECK(ConsecutiveFailures{largest} == policy);
  CHECK_THROWS_AS(ConsecutiveFailures{largest + 1}, ConfigError);
  CHECK_THROWS_AS(ConsecutiveFailures{0}, ConfigError);
  CHECK_THROWS_AS(ConsecutiveFailures{-1}, ConfigError);
}

TEST_CASE("the row itself is kept under other settings") {
  CHECK(ConsecutiveFailures{3}.keeps(ConsecutiveFailures{9}));
  CHECK(ConsecutiveFailures{3}.window_calls() == 3);
}
