// TransitionLog: remembers every transition.
#include "breaker/testing/transition_log.hpp"

#include <chrono>
#include <cstddef>

#include "breaker/breaker.hpp"
#include "breaker/testing/manual_clock.hpp"
#include "support/catch.hpp"

using namespace breaker;
using namespace std::chrono_literals;

TEST_CASE("a log starts empty") {
  const TransitionLog log;

  CHECK(log.size() == 0);
  CHECK(log.transitions().empty());
}

TEST_CASE("a log that a circuit holds is read through the one that the test kept") {
  TransitionLog log;
  ManualClock clock;
  CircuitBreaker circuit{Config{.open_for = 10s}, ConsecutiveFailures{1}, clock, log};

  circuit.try_acquire().failure();
  clock.advance(10s);
  circuit.try_acquire().success();

  const auto transitions = log.transitions();
  REQUIRE(log.size() == 3);
  CHECK(transitions[0].reason == Reason::policy);
  CHECK(transitions[1].reason == Reason::wait_over);
  CHECK(transitions[2].reason == Reason::probes_succeeded);
  CHECK(log.last() == circuit.why());
  for (std::size_t i = 0; i < 3; ++i) CHECK(transitions[i].generation == i + 1);
}
